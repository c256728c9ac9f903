package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"
)

// Put implements [Store]. More than 5 GiB are refused whatever the limit.
func (s *S3) Put(ctx context.Context, r io.Reader, limit int64, also ...io.Writer) (Info, error) {
	in := newIntake(ctx, r, min(limit, maxS3Content), also)
	var part bytes.Buffer
	whole, err := fill(&part, in)
	if err != nil {
		return Info{}, fmt.Errorf("store content: %w", err)
	}
	var version string
	if whole {
		version, err = s.putWhole(ctx, part.Bytes(), in.digest())
	} else {
		version, err = s.putParts(ctx, &part, in)
	}
	if err != nil {
		return Info{}, fmt.Errorf("store content: %w", err)
	}
	// Not every answer tells the time; the store's clock is asked for by version.
	object, err := s.core.StatObject(ctx, s.bucket, s.key(in.digest()), minio.StatObjectOptions{VersionID: version})
	if err != nil {
		return Info{}, fmt.Errorf("store content %s: %w", in.digest(), err)
	}
	return infoOfS3(object, in.digest()), nil
}

func (s *S3) putWhole(ctx context.Context, content []byte, d Digest) (version string, err error) {
	size := int64(len(content))
	done, err := s.core.PutObject(ctx, s.bucket, s.key(d), bytes.NewReader(content), size, "", d.String(),
		minio.PutObjectOptions{DisableContentSha256: true}) // we give the digest; the client would sign each 64 KiB
	return done.VersionID, err
}

// putParts uploads to tmp and has the far side copy that to its place. Whatever fails, tmp is cleared; what a crash
// leaves there is swept a day later.
func (s *S3) putParts(ctx context.Context, first *bytes.Buffer, in *intake) (version string, err error) {
	tmp := s.prefix + tmpFolder + "/" + rand.Text()
	upload, err := s.core.NewMultipartUpload(ctx, s.bucket, tmp, minio.PutObjectOptions{})
	if err != nil {
		return "", err
	}
	parts, err := s.sendParts(ctx, tmp, upload, first, in)
	var staged minio.UploadInfo
	if err == nil {
		staged, err = s.core.CompleteMultipartUpload(ctx, s.bucket, tmp, upload, parts, minio.PutObjectOptions{})
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // clearing up outlives ctx
	defer cancel()
	if err != nil {
		_ = s.core.AbortMultipartUpload(after, s.bucket, tmp, upload) // the first error is the one to tell
		return "", err
	}
	done, err := s.core.Client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: s.bucket, Object: s.key(in.digest())},
		minio.CopySrcOptions{Bucket: s.bucket, Object: tmp, VersionID: staged.VersionID})
	_ = s.remove(after, tmp, staged.VersionID) // swept later when this fails
	return done.VersionID, err
}

func (s *S3) sendParts(ctx context.Context, key, upload string, part *bytes.Buffer, in *intake) ([]minio.CompletePart, error) {
	var parts []minio.CompletePart
	for last := false; ; {
		sum := sha256.Sum256(part.Bytes())
		sent, err := s.core.PutObjectPart(ctx, s.bucket, key, upload, len(parts)+1, bytes.NewReader(part.Bytes()), int64(part.Len()),
			minio.PutObjectPartOptions{Sha256Hex: hex.EncodeToString(sum[:]), DisableContentSha256: true})
		if err != nil {
			return nil, err
		}
		parts = append(parts, minio.CompletePart{PartNumber: len(parts) + 1, ETag: sent.ETag})
		if last {
			return parts, nil
		}
		if last, err = fill(part, in); err != nil {
			return nil, err
		}
		if part.Len() == 0 {
			return parts, nil
		}
	}
}

// fill reads the next part, and tells whether the content ended with it.
func fill(part *bytes.Buffer, in *intake) (last bool, err error) {
	part.Reset()
	_, err = io.CopyN(part, in, partSize)
	if err == io.EOF {
		return true, nil
	}
	return false, err
}
