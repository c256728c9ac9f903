package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func TestAFileOfAPacketOutlivesTheCollectorAndIsReadByBothSides(t *testing.T) {
	s := start(t, brokertest.Options{})
	collect := func(want int) {
		t.Helper()
		if n, err := s.Collect(t.Context(), time.Now().Add(25*time.Hour)); err != nil || n != want {
			t.Errorf("%d files were removed (%v), want %d", n, err, want)
		}
	}
	file := strings.Repeat("смета ", 50_000)
	sum := sha256.Sum256([]byte(file))
	upload := func() {
		t.Helper()
		s.send("head-a", http.MethodPost, "/uploads", "application/octet-stream", file).want(t, http.StatusCreated)
	}
	p := s.letter("sub-a1")
	p.Document.Files = []document.Attachment{{Name: "смета.xlsx", Size: int64(len(file)), SHA256: sum, Signatures: []document.Signature{s.Sign("petrov", []byte(file))}}}

	upload()
	collect(1)
	refused := s.post("head-a", "/packets", p).want(t, http.StatusUnprocessableEntity)
	if got := refused.codes(t); !has(got, document.FileMissing) {
		t.Fatalf("codes %v", got)
	}
	packet := "/packets/" + p.ID.String() + "/files/" + hex.EncodeToString(sum[:])
	s.get("head-a", packet).want(t, http.StatusNotFound) // it never came with that packet

	upload()
	s.post("head-a", "/packets", p).want(t, http.StatusCreated)
	collect(0)
	for _, who := range []string{"head-a", "sub-a1"} {
		if got := s.get(who, packet).want(t, http.StatusOK); string(got.body) != file {
			t.Errorf("%s reads %d bytes, want %d", who, len(got.body), len(file))
		}
	}

	info, err := s.Blobs.Stat(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Blobs.Delete(t.Context(), info); err != nil { // a strange hand
		t.Fatal(err)
	}
	lost := read[openapi.Problem](t, s.get("sub-a1", packet).want(t, http.StatusInternalServerError))
	if !strings.Contains(lost.Detail, "хранилище") {
		t.Errorf("a lost file is told as %+v", lost)
	}
}
