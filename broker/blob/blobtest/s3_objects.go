package blobtest

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// version is one stored version of an object, or a delete marker, which has no file.
type version struct {
	key, id, etag, path string
	size                int64
	modified            time.Time
}

func (v *version) marker() bool { return v.path == "" }

// keep receives a body into a file, and checks the SHA-256 that the client signed.
func (s *S3) keep(r *http.Request) (path, etag string, size int64, err error) {
	file, err := os.CreateTemp(s.dir, "body")
	if err != nil {
		return "", "", 0, err
	}
	defer file.Close()
	whole, sum := sha256.New(), md5.New()
	size, err = io.Copy(io.MultiWriter(file, whole, sum), r.Body)
	switch {
	case err != nil || size != r.ContentLength:
		err = fault{http.StatusBadRequest, "IncompleteBody"}
	case hex.EncodeToString(whole.Sum(nil)) != r.Header.Get("X-Amz-Content-Sha256"):
		err = fault{http.StatusBadRequest, "XAmzContentSHA256Mismatch"}
	}
	if err != nil {
		os.Remove(file.Name())
		return "", "", 0, err
	}
	return file.Name(), hex.EncodeToString(sum.Sum(nil)), size, nil
}

// store adds a version; callers hold s.mu.
func (s *S3) store(w http.ResponseWriter, key, path, etag string, size int64) *version {
	v := &version{key: key, id: s.number("v"), etag: etag, path: path, size: size, modified: s.clock().UTC()}
	s.versions = append(s.versions, v)
	w.Header().Set("ETag", `"`+etag+`"`)
	w.Header().Set("X-Amz-Version-Id", v.id)
	return v
}

func (s *S3) putObject(w http.ResponseWriter, r *http.Request, key string) error {
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		return s.copyObject(w, r, key)
	}
	path, etag, size, err := s.keep(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(w, key, path, etag, size)
	return nil
}

func (s *S3) copyObject(w http.ResponseWriter, r *http.Request, key string) error {
	source, err := url.Parse(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return fault{http.StatusBadRequest, "InvalidArgument"}
	}
	name, sourceKey, _ := strings.Cut(strings.TrimPrefix(source.Path, "/"), "/")
	if name != bucket {
		return fault{http.StatusNotFound, "NoSuchBucket"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.find(sourceKey, source.Query().Get("versionId"))
	if err != nil {
		return err
	}
	if from.size > 5<<30 {
		return fault{http.StatusBadRequest, "InvalidRequest"}
	}
	path := from.path + s.number("copy")
	if err := os.Link(from.path, path); err != nil {
		return err
	}
	v := s.store(w, key, path, from.etag, from.size)
	return answer(w, http.StatusOK, struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		LastModified time.Time
		ETag         string
	}{LastModified: v.modified, ETag: v.etag})
}

// find returns the version with an id, or the current one; callers hold s.mu.
func (s *S3) find(key, id string) (*version, error) {
	for _, v := range slices.Backward(s.versions) {
		if v.key != key || id != "" && v.id != id {
			continue
		}
		if v.marker() {
			break
		}
		return v, nil
	}
	if id != "" {
		return nil, fault{http.StatusNotFound, "NoSuchVersion"}
	}
	return nil, fault{http.StatusNotFound, "NoSuchKey"}
}

func (s *S3) getObject(w http.ResponseWriter, r *http.Request, key, id string) error {
	s.mu.Lock()
	v, err := s.find(key, id)
	var file *os.File
	if err == nil {
		file, err = os.Open(v.path)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("ETag", `"`+v.etag+`"`)
	w.Header().Set("X-Amz-Version-Id", v.id)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", v.modified, file)
	return nil
}

// deleteObject removes a version for good, or hides the object behind a delete marker.
func (s *S3) deleteObject(w http.ResponseWriter, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == "" {
		s.versions = append(s.versions, &version{key: key, id: s.number("v"), modified: s.clock().UTC()})
	}
	s.versions = slices.DeleteFunc(s.versions, func(v *version) bool {
		gone := id != "" && v.key == key && v.id == id
		if gone && !v.marker() {
			os.Remove(v.path)
		}
		return gone
	})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *S3) getVersioning(w http.ResponseWriter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return answer(w, http.StatusOK, struct {
		XMLName xml.Name `xml:"VersioningConfiguration"`
		Status  string
	}{Status: s.versioning})
}

type listedVersion struct {
	XMLName        xml.Name
	Key, VersionId string
	IsLatest       bool
	LastModified   time.Time
	ETag           string
	Size           int64
}

// listVersions goes by key, and within a key from the newest to the oldest.
func (s *S3) listVersions(w http.ResponseWriter, query url.Values) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	page := struct {
		XMLName                            xml.Name `xml:"ListVersionsResult"`
		Name, Prefix                       string
		IsTruncated                        bool
		NextKeyMarker, NextVersionIdMarker string
		Entries                            []listedVersion
	}{Name: bucket, Prefix: query.Get("prefix")}
	ordered := slices.Clone(s.versions)
	slices.Reverse(ordered)
	slices.SortStableFunc(ordered, func(a, b *version) int { return cmp.Compare(a.key, b.key) })
	previous := ""
	for _, v := range ordered {
		latest := v.key != previous
		previous = v.key
		if !strings.HasPrefix(v.key, page.Prefix) || !after(v, query.Get("key-marker"), query.Get("version-id-marker")) {
			continue
		}
		if len(page.Entries) == s.pageSize(query.Get("max-keys")) {
			page.IsTruncated = true
			break
		}
		name := "Version"
		if v.marker() {
			name = "DeleteMarker"
		}
		page.Entries = append(page.Entries, listedVersion{xml.Name{Local: name}, v.key, v.id, latest, v.modified, v.etag, v.size})
		page.NextKeyMarker, page.NextVersionIdMarker = v.key, v.id
	}
	if !page.IsTruncated {
		page.NextKeyMarker, page.NextVersionIdMarker = "", ""
	}
	return answer(w, http.StatusOK, page)
}

// after tells whether v comes after the markers. Ids grow with time, so that within a key the lower come later.
func after(v *version, key, id string) bool {
	return v.key > key || id != "" && v.key == key && v.id < id
}
