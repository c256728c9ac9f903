package blobtest

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

const minPart = 5 << 20 // bytes of any part but the last

// upload is a multipart upload under way.
type upload struct {
	key, id string
	begun   time.Time
	parts   map[int]part
}

type part struct {
	path, etag string
	size       int64
}

// findUpload is called with s.mu held.
func (s *S3) findUpload(key, id string) (*upload, error) {
	for _, u := range s.uploads {
		if u.key == key && u.id == id {
			return u, nil
		}
	}
	return nil, fault{http.StatusNotFound, "NoSuchUpload"}
}

func (s *S3) beginUpload(w http.ResponseWriter, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &upload{key: key, id: s.number("u"), begun: s.clock().UTC(), parts: map[int]part{}}
	s.uploads = append(s.uploads, u)
	return answer(w, http.StatusOK, struct {
		XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string
	}{Bucket: bucket, Key: key, UploadId: u.id})
}

func (s *S3) putPart(w http.ResponseWriter, r *http.Request, key, id, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 10_000 {
		return fault{http.StatusBadRequest, "InvalidArgument"}
	}
	path, etag, size, err := s.keep(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.findUpload(key, id)
	if err != nil { // aborted meanwhile
		os.Remove(path)
		return err
	}
	u.parts[n] = part{path, etag, size}
	w.Header().Set("ETag", `"`+etag+`"`)
	return nil
}

func (s *S3) completeUpload(w http.ResponseWriter, r *http.Request, key, id string) error {
	var asked struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.Part) == 0 {
		return fault{http.StatusBadRequest, "MalformedXML"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.findUpload(key, id)
	if err != nil {
		return err
	}
	var parts []part
	for i, a := range asked.Part {
		p, sent := u.parts[a.PartNumber]
		switch {
		case i > 0 && a.PartNumber <= asked.Part[i-1].PartNumber:
			return fault{http.StatusBadRequest, "InvalidPartOrder"}
		case !sent || p.etag != strings.Trim(a.ETag, `"`):
			return fault{http.StatusBadRequest, "InvalidPart"}
		case i < len(asked.Part)-1 && p.size < minPart:
			return fault{http.StatusBadRequest, "EntityTooSmall"}
		}
		parts = append(parts, p)
	}
	path, etag, size, err := s.join(parts)
	if err != nil {
		return err
	}
	s.store(w, key, path, etag, size)
	s.drop(u)
	return answer(w, http.StatusOK, struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: bucket, Key: key, ETag: etag})
}

// join makes one file of parts. The ETag is the digest of the parts' digests and their number.
func (s *S3) join(parts []part) (path, etag string, size int64, err error) {
	whole, err := os.CreateTemp(s.dir, "object")
	if err != nil {
		return "", "", 0, err
	}
	defer whole.Close()
	sums := md5.New()
	for _, p := range parts {
		file, err := os.Open(p.path)
		if err != nil {
			return "", "", 0, err
		}
		n, err := io.Copy(whole, file)
		file.Close()
		if err != nil {
			return "", "", 0, err
		}
		sum, err := hex.DecodeString(p.etag)
		if err != nil {
			return "", "", 0, err
		}
		sums.Write(sum)
		size += n
	}
	return whole.Name(), fmt.Sprintf("%x-%d", sums.Sum(nil), len(parts)), size, nil
}

func (s *S3) abortUpload(w http.ResponseWriter, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.findUpload(key, id)
	if err != nil {
		return err
	}
	s.drop(u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// drop forgets an upload and its parts; callers hold s.mu.
func (s *S3) drop(u *upload) {
	for _, p := range u.parts {
		os.Remove(p.path)
	}
	s.uploads = slices.DeleteFunc(s.uploads, func(other *upload) bool { return other == u })
}

type listedUpload struct {
	XMLName       xml.Name `xml:"Upload"`
	Key, UploadId string
	Initiated     time.Time
}

// listUploads goes by beginning; the marker is the id of the last upload listed.
func (s *S3) listUploads(w http.ResponseWriter, query url.Values) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := struct {
		XMLName                           xml.Name `xml:"ListMultipartUploadsResult"`
		Bucket, Prefix                    string
		NextKeyMarker, NextUploadIdMarker string
		IsTruncated                       bool
		Uploads                           []listedUpload
	}{Bucket: bucket, Prefix: query.Get("prefix")}
	for _, u := range s.uploads {
		if !strings.HasPrefix(u.key, page.Prefix) || u.id <= query.Get("upload-id-marker") {
			continue
		}
		if len(page.Uploads) == s.pageSize(query.Get("max-uploads")) {
			page.IsTruncated = true
			break
		}
		page.Uploads = append(page.Uploads, listedUpload{Key: u.key, UploadId: u.id, Initiated: u.begun})
		page.NextKeyMarker, page.NextUploadIdMarker = u.key, u.id
	}
	return answer(w, http.StatusOK, page)
}
