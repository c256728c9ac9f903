package blobtest

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 is a fake of an S3 service with one versioned bucket, on a loopback port: what package blob asks of such a
// service, with the rules that it enforces. Bodies are kept as files, so that it takes no memory from the tests.
//
// It checks that requests are signed (V4) with its access key, but not the signature itself; that a body has the
// announced SHA-256; that parts have at least 5 MiB but for the last, and come complete with the right ETags; that what
// is copied, completed or aborted exists. Listings break off after PageSize entries.
type S3 struct {
	PageSize int

	// Fail, when set, is asked before each request is done and may have it refused with a code, say "SlowDown".
	Fail func(r *http.Request) (status int, code string)

	endpoint string
	dir      string
	clock    func() time.Time

	mu         sync.Mutex
	versioning string
	versions   []*version // in order of storing
	uploads    []*upload  // in order of beginning
	last       int        // number last given to a version or upload
}

const (
	bucket    = "documents"
	accessKey = "hub"
	region    = "us-east-1"
)

// NewS3 starts the service. It stops with the test.
func NewS3(t *testing.T) *S3 {
	s := &S3{PageSize: 1000, dir: t.TempDir(), clock: time.Now, versioning: "Enabled"}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.endpoint = strings.TrimPrefix(server.URL, "http://")
	return s
}

// Client returns a client of the service that does not repeat requests, and the bucket's name.
func (s *S3) Client(t *testing.T) (client *minio.Client, bucketName string) {
	t.Helper()
	client, err := minio.New(s.endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, "secret", ""), Region: region, MaxRetries: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, bucket
}

// SuspendVersioning does what an operator might.
func (s *S3) SuspendVersioning() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versioning = "Suspended"
}

// Keys returns the keys of all versions and of all multipart uploads under way.
func (s *S3) Keys() (versions, uploads []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.versions {
		versions = append(versions, v.key)
	}
	for _, u := range s.uploads {
		uploads = append(uploads, u.key)
	}
	return versions, uploads
}

// Damage overwrites the bytes of every version whose key ends in suffix, behind the service's back.
func (s *S3) Damage(suffix string, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.versions {
		if strings.HasSuffix(v.key, suffix) {
			if err := errors.Join(os.Remove(v.path), os.WriteFile(v.path, content, 0o600)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fault is what the service answers instead of doing as asked.
type fault struct {
	status int
	code   string
}

func (f fault) Error() string { return f.code }

var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=` + accessKey + `/\d{8}/` + region +
	`/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$`)

// ServeHTTP does one request.
func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := s.authorize(r)
	if err == nil && s.Fail != nil {
		if status, code := s.Fail(r); status != 0 {
			err = fault{status, code}
		}
	}
	if err == nil {
		err = s.serve(w, r)
	}
	if err == nil {
		return
	}
	told := fault{http.StatusInternalServerError, "InternalError"}
	if !errors.As(err, &told) {
		told.code = "InternalError: " + err.Error()
	}
	if r.Method != http.MethodHead {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 16<<20)) // so that the client reads the answer
	}
	answer(w, told.status, struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: told.code, Message: told.code})
}

func (s *S3) authorize(r *http.Request) error {
	signed := signature.FindStringSubmatch(r.Header.Get("Authorization"))
	if signed == nil {
		return fault{http.StatusForbidden, "AccessDenied"}
	}
	for _, header := range []string{"host", "x-amz-content-sha256", "x-amz-date"} {
		if !strings.Contains(";"+signed[1]+";", ";"+header+";") {
			return fault{http.StatusForbidden, "SignatureDoesNotMatch"}
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at).Abs() > 15*time.Minute {
		return fault{http.StatusForbidden, "RequestTimeTooSkewed"}
	}
	return nil
}

// serve finds the operation by method and query, as S3 does.
func (s *S3) serve(w http.ResponseWriter, r *http.Request) error {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if name != bucket {
		return fault{http.StatusNotFound, "NoSuchBucket"}
	}
	query := r.URL.Query()
	operation := r.Method
	for _, sub := range []string{"versioning", "versions", "uploads", "uploadId"} {
		if query.Has(sub) {
			operation += " " + sub
		}
	}
	if key == "" {
		operation += " bucket"
	}
	switch operation {
	case "GET versioning bucket":
		return s.getVersioning(w)
	case "GET versions bucket":
		return s.listVersions(w, query)
	case "GET uploads bucket":
		return s.listUploads(w, query)
	case "GET", "HEAD":
		return s.getObject(w, r, key, query.Get("versionId"))
	case "PUT":
		return s.putObject(w, r, key)
	case "DELETE":
		return s.deleteObject(w, key, query.Get("versionId"))
	case "POST uploads":
		return s.beginUpload(w, key)
	case "PUT uploadId":
		return s.putPart(w, r, key, query.Get("uploadId"), query.Get("partNumber"))
	case "POST uploadId":
		return s.completeUpload(w, r, key, query.Get("uploadId"))
	case "DELETE uploadId":
		return s.abortUpload(w, key, query.Get("uploadId"))
	}
	return fault{http.StatusNotImplemented, "NotImplemented"}
}

func answer(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	return xml.NewEncoder(w).Encode(body)
}

// number gives versions and uploads their ids; callers hold s.mu.
func (s *S3) number(kind string) string {
	s.last++
	return fmt.Sprintf("%s-%08d", kind, s.last)
}

// pageSize is the smaller of what the client asked for and what the service gives.
func (s *S3) pageSize(asked string) int {
	n, err := strconv.Atoi(cmp.Or(asked, "1000"))
	if err != nil {
		n = 1000
	}
	return min(n, s.PageSize)
}
