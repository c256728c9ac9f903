package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

const octets = "application/octet-stream"

// withQuota starts a hub where head-a may store 100 KiB.
func withQuota(t *testing.T) *site {
	t.Helper()
	rules := strings.Replace(string(contoursExample()), "    preset: basic\n", "    preset: basic\n    quota: 100KiB\n", 1)
	return start(t, brokertest.Options{Rules: []byte(rules)})
}

// chunked sends a body whose length is not announced.
func (s *site) chunked(content string) answer {
	s.t.Helper()
	return s.do("head-a", http.MethodPost, openapi.BasePath+"/uploads", octets, io.MultiReader(strings.NewReader(content)))
}

func (s *site) stores(want int64) {
	s.t.Helper()
	v := read[openapi.ContourView](s.t, s.get("head-a", "/contours/head-a").want(s.t, http.StatusOK))
	if v.Stored == nil || *v.Stored != want || v.Quota != 100<<10 {
		s.t.Errorf("the contour shows %+v, want %d bytes of %d", v, want, 100<<10)
	}
}

func beyondQuota(t *testing.T, a answer) {
	t.Helper()
	if got := a.want(t, http.StatusUnprocessableEntity).codes(t); !has(got, document.QuotaBytes) {
		t.Errorf("codes %v, want %s", got, document.QuotaBytes)
	}
}

func TestUploadsTogetherAreHeldToTheQuotaAndCollectionFreesIt(t *testing.T) {
	s := withQuota(t)
	first, second := strings.Repeat("1", 60<<10), strings.Repeat("2", 60<<10)
	sum := sha256.Sum256([]byte(first))
	s.stores(0)
	s.send("head-a", http.MethodPost, "/uploads", octets, first).want(t, http.StatusCreated)
	s.stores(60 << 10)

	refused := s.send("head-a", http.MethodPost, "/uploads", octets, second)
	beyondQuota(t, refused)
	if p := read[openapi.Problem](t, refused); p.Code != string(document.QuotaBytes) || !strings.Contains(p.Title, "Базовая") || !strings.Contains(p.Title, "122880") {
		t.Errorf("the refusal is told as %+v", p)
	}
	beyondQuota(t, s.chunked(second))
	s.send("head-a", http.MethodPost, "/uploads?sha256="+hex.EncodeToString(sum[:]), octets, first).want(t, http.StatusCreated)
	s.chunked(first).want(t, http.StatusCreated)
	s.stores(60 << 10)
	s.send("sub-a1", http.MethodPost, "/uploads", octets, second).want(t, http.StatusCreated) // another's is its own

	if n, err := s.Collect(t.Context(), time.Now().Add(25*time.Hour)); err != nil || n != 2 {
		t.Fatalf("%d files were removed (%v), want 2", n, err)
	}
	s.stores(0)
	s.send("head-a", http.MethodPost, "/uploads", octets, second).want(t, http.StatusCreated)
	s.stores(60 << 10)
}

func TestAFilePartBeyondTheQuotaRefusesThePacket(t *testing.T) {
	s := withQuota(t)
	s.send("head-a", http.MethodPost, "/uploads", octets, strings.Repeat("1", 60<<10)).want(t, http.StatusCreated)
	p := s.letter("sub-a1")
	p.Document.Files = nil
	text, err := p.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	big := []byte(strings.Repeat("2", 90<<10))
	kind, body := form(t, part{name: "packet", kind: "application/json", content: text}, part{name: "file", file: "a.pdf", kind: octets, content: big})
	beyondQuota(t, s.do("head-a", http.MethodPost, openapi.BasePath+"/packets", kind, body))
	s.stores(60 << 10)
}

func TestAnUploadBeyondTheQuotaIsRefusedBeforeItIsRead(t *testing.T) {
	s := withQuota(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	body, never := io.Pipe()
	defer never.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+openapi.BasePath+"/uploads", body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 1 << 20 // of a body up to 256 KiB net/http reads the rest before it answers
	r.Header.Set("Authorization", "Bearer "+s.keys["head-a"])
	r.Header.Set("Content-Type", octets)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	beyondQuota(t, answer{w.StatusCode, w.Header, text})
}

func TestWhatAContourStoresIsShownToItselfAndToAdministrators(t *testing.T) {
	s := withQuota(t)
	if v := read[openapi.ContourView](t, s.get("admin", "/contours/head-a").want(t, http.StatusOK)); v.Stored == nil || v.Quota == 0 {
		t.Errorf("an administrator sees %+v", v)
	}
	if v := read[openapi.ContourView](t, s.get("sub-a1", "/contours/head-a").want(t, http.StatusOK)); v.Stored != nil || v.Quota != 0 {
		t.Errorf("another contour sees %+v", v)
	}
	if v := read[openapi.ContourView](t, s.get("sub-a1", "/contours/sub-a1").want(t, http.StatusOK)); v.Stored == nil || v.Quota != 0 {
		t.Errorf("a contour without quota sees %+v", v)
	}
}
