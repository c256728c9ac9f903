package blob_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/blob/blobtest"
)

func TestS3(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store {
		far := blobtest.NewS3(t)
		far.PageSize = 4 // listings continue
		return openS3(t, far)
	})
}

func TestS3BrokenUploadLeavesNoObjectAndNoParts(t *testing.T) {
	far := blobtest.NewS3(t)
	blobtest.Break(t, openS3(t, far))
	if versions, uploads := far.Keys(); len(versions)+len(uploads) != 0 {
		t.Errorf("left behind: versions of %v, uploads %v", versions, uploads)
	}
}

// The far side is full (F10) at each step of a large upload in turn.
func TestS3FailingFarSideLeavesNothing(t *testing.T) {
	content := string(blobtest.Content(20<<20, 1))
	for name, hit := range map[string]func(r *http.Request) bool{
		"begin":       func(r *http.Request) bool { return r.Method == "POST" && r.URL.Query().Has("uploads") },
		"second part": func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" },
		"complete":    func(r *http.Request) bool { return r.Method == "POST" && r.URL.Query().Has("uploadId") },
		"copy":        func(r *http.Request) bool { return r.Header.Get("X-Amz-Copy-Source") != "" },
	} {
		t.Run(name, func(t *testing.T) {
			far := blobtest.NewS3(t)
			s := openS3(t, far)
			far.Fail = func(r *http.Request) (int, string) {
				if hit(r) {
					return http.StatusInsufficientStorage, "XMinioStorageFull"
				}
				return 0, ""
			}
			if _, err := s.Put(t.Context(), strings.NewReader(content), 1<<30); minio.ToErrorResponse(errors.Unwrap(err)).Code != "XMinioStorageFull" {
				t.Errorf("got %v, want that the storage is full", err)
			}
			if versions, uploads := far.Keys(); len(versions)+len(uploads) != 0 {
				t.Errorf("left behind: versions of %v, uploads %v", versions, uploads)
			}
			far.Fail = nil // space returned
			if read, err := readDir(t, s, putDir(t, s, content).Digest); string(read) != content {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestS3LargeUploadLeavesOnlyTheContent(t *testing.T) {
	far := blobtest.NewS3(t)
	info := putDir(t, openS3(t, far), string(blobtest.Content(20<<20, 1)))
	versions, uploads := far.Keys()
	if want := []string{"hub/sha256/" + info.Digest.String()}; !slices.Equal(versions, want) || len(uploads) != 0 {
		t.Errorf("got versions of %v, uploads %v", versions, uploads)
	}
}

func TestS3SweepsAbandonedUploadsOnly(t *testing.T) {
	far := blobtest.NewS3(t)
	s := openS3(t, far)
	info := putDir(t, s, "an order")
	client, bucket := far.Client(t)
	core := minio.Core{Client: client}
	for range 3 { // what a crash between two requests leaves
		if _, err := core.NewMultipartUpload(t.Context(), bucket, "hub/tmp/parts", minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("x"))
		_, err := core.PutObject(t.Context(), bucket, "hub/tmp/whole", strings.NewReader("x"), 1, "", hex.EncodeToString(sum[:]),
			minio.PutObjectOptions{DisableContentSha256: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	far.PageSize = 2
	before, uploadsBefore := far.Keys()
	openS3(t, far) // all are young
	if versions, uploads := far.Keys(); !slices.Equal(versions, before) || !slices.Equal(uploads, uploadsBefore) || len(versions)+len(uploads) != 7 {
		t.Errorf("a young upload was swept: versions of %v, uploads %v", versions, uploads)
	}
	if err := s.Sweep(t.Context(), -time.Hour); err != nil {
		t.Fatal(err)
	}
	if versions, uploads := far.Keys(); len(versions) != 1 || len(uploads) != 0 {
		t.Errorf("after the sweep: versions of %v, uploads %v, want %s alone", versions, uploads, info.Digest)
	}
}

func TestS3TellsDamage(t *testing.T) {
	far := blobtest.NewS3(t)
	s := openS3(t, far)
	content := strings.Repeat("an order ", 100_000)
	info := putDir(t, s, content)
	for _, damaged := range []string{"X" + content[1:], content[:5000], content + "!"} {
		if err := far.Damage(info.Digest.String(), []byte(damaged)); err != nil {
			t.Fatal(err)
		}
		read, err := readDir(t, s, info.Digest)
		if damage := (*blob.DamagedError)(nil); !errors.As(err, &damage) || len(read) >= len(content) {
			t.Errorf("read %d bytes, got %v, want a damaged content", len(read), err)
		}
	}
}

func TestS3RefusesABucketWithoutVersioning(t *testing.T) {
	far := blobtest.NewS3(t)
	far.SuspendVersioning()
	client, bucket := far.Client(t)
	if _, err := blob.OpenS3(t.Context(), client, bucket, ""); err == nil || !strings.Contains(err.Error(), "versioning") {
		t.Errorf("got %v", err)
	}
}

func openS3(t *testing.T, far *blobtest.S3) *blob.S3 {
	t.Helper()
	client, bucket := far.Client(t)
	s, err := blob.OpenS3(t.Context(), client, bucket, "hub/")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
