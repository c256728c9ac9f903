package medo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// A large container is written and read file by file: memory does not grow with it.
func TestLargeContainersAreStreams(t *testing.T) {
	const size = 16 << 20
	p := foreigner()
	path := filepath.Join(t.TempDir(), "document.edc.zip")
	before := allocated()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := WriteContainer(f, p, V27, Options{Stamp: stamps}, func(*document.Attachment) (io.ReadCloser, error) { return noise(size), nil }); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenContainer(f, info.Size(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open("document.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != size || err != nil || c.Packet.Document.Files[0].Size != size {
		t.Errorf("%d bytes, %v", n, err)
	}
	if grown := allocated() - before; grown > size/2 {
		t.Errorf("%d bytes were allocated for files of %d", grown, 2*size)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func noise(n int64) io.ReadCloser {
	return io.NopCloser(io.LimitReader(rand.NewChaCha8([32]byte{1}), n))
}

// broken fails at some point, as disks do.
type broken struct{ left int }

var errBroken = errors.New("broken")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// An error while writing is returned, whichever write it is.
func TestWriteErrors(t *testing.T) {
	p := foreigner()
	var whole bytes.Buffer
	if _, err := WriteContainer(&whole, p, V27, Options{Stamp: stamps}, Inline); err != nil {
		t.Fatal(err)
	}
	for left := 0; left < whole.Len(); left += 97 {
		if _, err := WriteContainer(&broken{left}, p, V27, Options{Stamp: stamps}, Inline); !errors.Is(err, errBroken) {
			t.Fatalf("after %d bytes: %v", left, err)
		}
	}
	p.Document.Files[1].Inline = nil
	if _, err := WriteContainer(io.Discard, p, V27, Options{Stamp: stamps}, Inline); err == nil {
		t.Error("written without a file")
	}
}

// What cannot be accepted is answered with what was wrong, also when nobody can tell which message it was.
func TestRefuse(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 20, 0, 0, time.UTC)
	data := strings.Replace(string(sample(t, "document_25.xml")), ` xdms:uid="11111111-1111-4111-8111-111111111111"`, "", 1)
	m, err := Decode([]byte(data), Options{})
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	a := Refuse(m, problems, at)
	if !a.Unreadable() || a.Accepted || a.ErrorCode != "248" || a.Content != "MEDOErrorAcknowledgment" || !strings.Contains(a.Comment, "248") {
		t.Errorf("%+v", a)
	}
	m = decode(t, sample(t, "document_25.xml"))
	a = Refuse(m, slices.Repeat(Problems{{Code: MessageSchema, Field: "document"}}, 200), at)
	if a.Message != m.UID || a.ErrorCode != "" || a.Content != "" || len([]rune(a.Comment)) != maxComment {
		t.Errorf("%+v", a)
	}
	answer := &Message{Version: V27, Kind: KindAcknowledgment, UID: "33333333-3333-4333-8333-333333333333", Created: at, Source: Source{m.UID, "Ведомство Б"}, Acknowledgment: a}
	_, losses := Encode(answer, Options{})
	noLosses(t, losses)
}

func ExampleDecode() {
	data := `<?xml version="1.0" encoding="UTF-8"?>
<communication version="2.7" xmlns="http://www.infpres.com/IEDMS">
  <header type="Квитанция" uid="33333333-3333-4333-8333-333333333333" created="2026-11-23T11:20:00">
    <source uid="bbbbbbbb-0000-4000-8000-000000000002"><organization>Ведомство Б</organization></source></header>
  <acknowledgment uid="11111111-1111-4111-8111-111111111111"><time>2026-11-23T11:20:00</time><accepted>true</accepted></acknowledgment>
</communication>`
	m, err := Decode([]byte(data), Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, _ := m.Report(Options{}, nil)
	fmt.Println(r.Stage, r.Code, r.Packet.MsgID, "by", m.Source.Organization)
	// Output: delivered 0 11111111-1111-4111-8111-111111111111 by Ведомство Б
}
