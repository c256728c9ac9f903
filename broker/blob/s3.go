package blob

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// S3 keeps contents as objects of a bucket of S3 or of a store that speaks its protocol:
//
//	<prefix>sha256/3f0a…   a content, under its digest
//	<prefix>tmp/…          large uploads under way: the digest is known only at their end
//
// The bucket must have versioning on, and [OpenS3] refuses it otherwise: an object can then be deleted as the one
// version that was looked at, so that a content put again meanwhile stays. S3 answers a write when it is durable,
// and reads see it at once.
//
// Small contents go up in one request, whose SHA-256 the far side checks. Large ones go up in parts, each checked
// likewise, to tmp, and are copied there by the far side, which is one step.
type S3 struct {
	core   minio.Core
	bucket string
	prefix string
}

const (
	partSize = 8 << 20 // bytes of one part: what Put holds in memory, and the largest content sent in one request

	// maxS3Content is the largest content in bytes: what S3 copies in one step. Put lowers its limit to it.
	maxS3Content = 5 << 30

	// abandonedAfter is how old an upload must be to be taken for a dead process's, in stores where the
	// living cannot be told from the dead.
	abandonedAfter = 24 * time.Hour
)

// OpenS3 opens the store in a bucket, under a prefix that is empty or ends in a slash, and removes uploads that were
// abandoned a day ago.
func OpenS3(ctx context.Context, client *minio.Client, bucket, prefix string) (*S3, error) {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		return nil, fmt.Errorf("open bucket %s: prefix %q must end in a slash", bucket, prefix)
	}
	versioning, err := client.GetBucketVersioning(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucket, err)
	}
	if !versioning.Enabled() {
		return nil, fmt.Errorf("open bucket %s: versioning must be on, or a file put again could be deleted", bucket)
	}
	s := &S3{core: minio.Core{Client: client}, bucket: bucket, prefix: prefix}
	if err := s.Sweep(ctx, abandonedAfter); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *S3) key(d Digest) string { return s.prefix + "sha256/" + d.String() }

// Open implements [Store].
func (s *S3) Open(ctx context.Context, d Digest) (io.ReadCloser, Info, error) {
	body, object, _, err := s.core.GetObject(ctx, s.bucket, s.key(d), minio.GetObjectOptions{})
	if err != nil {
		return nil, Info{}, fmt.Errorf("open content: %w", absentS3(err, d))
	}
	info := infoOfS3(object, d)
	return newVerifying(ctx, body, info), info, nil
}

// Stat implements [Store].
func (s *S3) Stat(ctx context.Context, d Digest) (Info, error) {
	object, err := s.core.StatObject(ctx, s.bucket, s.key(d), minio.StatObjectOptions{})
	if err != nil {
		return Info{}, fmt.Errorf("look up content: %w", absentS3(err, d))
	}
	return infoOfS3(object, d), nil
}

// Delete implements [Store]. It removes the version that info names and those before it, the oldest first: were the
// named one to go first, a crash would let an older one come back to light.
func (s *S3) Delete(ctx context.Context, info Info) error {
	var doomed []string
	for object := range s.versions(ctx, s.key(info.Digest), "") {
		if object.Err != nil {
			return fmt.Errorf("delete content %s: %w", info.Digest, object.Err)
		}
		if object.VersionID == info.Version || len(doomed) > 0 { // the newest comes first
			doomed = append(doomed, object.VersionID)
		}
	}
	for i := len(doomed) - 1; i >= 0; i-- {
		if err := s.remove(ctx, s.key(info.Digest), doomed[i]); err != nil {
			return fmt.Errorf("delete content %s: %w", info.Digest, err)
		}
	}
	return nil
}

// List implements [Store].
func (s *S3) List(ctx context.Context, after Digest, limit int) ([]Info, error) {
	if limit <= 0 {
		return nil, nil
	}
	folder := s.prefix + "sha256/"
	var infos []Info
	for object := range s.versions(ctx, folder, s.key(after)) {
		if object.Err != nil {
			return nil, fmt.Errorf("list contents: %w", object.Err)
		}
		d, err := ParseDigest(strings.TrimPrefix(object.Key, folder))
		if err != nil || !object.IsLatest || object.IsDeleteMarker {
			continue
		}
		if infos = append(infos, infoOfS3(object, d)); len(infos) == limit {
			break
		}
	}
	return infos, nil
}

// Sweep aborts and removes uploads that began longer ago than age. An upload that is still under way after that
// fails, and leaves nothing.
func (s *S3) Sweep(ctx context.Context, age time.Duration) error {
	before := time.Now().Add(-age)
	var keyMarker, idMarker string
	for {
		page, err := s.core.ListMultipartUploads(ctx, s.bucket, s.prefix+tmpFolder+"/", keyMarker, idMarker, "", 1000)
		if err != nil {
			return fmt.Errorf("sweep uploads: %w", err)
		}
		for _, upload := range page.Uploads {
			if upload.Initiated.Before(before) {
				if err := s.core.AbortMultipartUpload(ctx, s.bucket, upload.Key, upload.UploadID); err != nil {
					return fmt.Errorf("sweep upload %s: %w", upload.Key, err)
				}
			}
		}
		if !page.IsTruncated {
			break
		}
		keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
	}
	for object := range s.versions(ctx, s.prefix+tmpFolder+"/", "") {
		if object.Err != nil {
			return fmt.Errorf("sweep uploads: %w", object.Err)
		}
		if object.LastModified.Before(before) {
			if err := s.remove(ctx, object.Key, object.VersionID); err != nil {
				return fmt.Errorf("sweep upload %s: %w", object.Key, err)
			}
		}
	}
	return nil
}

func (s *S3) versions(ctx context.Context, prefix, after string) func(func(minio.ObjectInfo) bool) {
	return s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{
		Prefix: prefix, StartAfter: after, WithVersions: true, Recursive: true,
	})
}

func (s *S3) remove(ctx context.Context, key, version string) error {
	return s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{VersionID: version})
}

// infoOfS3 takes whole seconds, for some answers tell no more and others do.
func infoOfS3(object minio.ObjectInfo, d Digest) Info {
	return Info{Digest: d, Size: object.Size, Stored: object.LastModified.Truncate(time.Second), Version: object.VersionID}
}

// absentS3 tells absence from failure. A bucket that is not there is a failure.
func absentS3(err error, d Digest) error {
	if answer := minio.ToErrorResponse(err); answer.Code == minio.NoSuchKey && answer.StatusCode == http.StatusNotFound {
		return &NotFoundError{d}
	}
	return err
}
