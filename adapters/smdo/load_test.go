package smdo_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"mime/multipart"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// pattern gives so many octets, and keeps none of them in memory.
type pattern struct{ left int64 }

func (z *pattern) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.left))
	for i := range p[:n] {
		p[i] = byte(z.left) + byte(i)
	}
	z.left -= int64(n)
	return n, nil
}

// A large file goes through the router in memory that does not depend on its size: in, signed, and out again.
func TestALargeFileInBoundedMemory(t *testing.T) {
	const size = 128 << 20
	s := start(t, brokertest.Options{})
	head, sub := s.subscriber("head-a"), s.subscriber("sub-a2")
	letter := head.letter("sub-a2", "500")
	id := head.must(201, "POST", toRouter, letter)["packageId"].(string)

	var most atomic.Int64
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), int64(m.HeapAlloc)))
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	}()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("file", "attach1")
		if err == nil {
			_, err = io.Copy(part, &pattern{size})
		}
		if err == nil {
			err = form.Close()
		}
		_ = w.CloseWithError(err)
	}()
	request, _ := http.NewRequest(http.MethodPost, s.url+toRouter+"/"+id+"/attach", r)
	request.Header.Set("Authorization", "Bearer "+head.token)
	request.Header.Set("Content-Type", form.FormDataContentType())
	if status, text := head.raw(request); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	draft := head.must(200, "GET", toRouter+"/"+id, nil)
	file := draft["attachments"].([]any)[0].(object)
	cms := base64.StdEncoding.EncodeToString(s.signStream("petrov", &pattern{size}))
	head.must(204, "PUT", fmt.Sprintf("%s/%s/attach/%s/signs", toRouter, id, file["id"]), []any{object{"data": cms}})
	head.send(id)

	got := sub.waitFor(1)[0]
	request, _ = http.NewRequest(http.MethodGet, fmt.Sprintf("%s%s/%s/attach/%s", s.url, fromRouter, got["id"], got["attachments"].([]any)[0].(object)["id"]), nil)
	request.Header.Set("Authorization", "Bearer "+sub.token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	sums := [2]hash.Hash{sha256.New(), sha256.New()}
	_, err = io.Copy(sums[0], answer.Body)
	_, _ = io.Copy(sums[1], &pattern{size})
	if err != nil || !bytes.Equal(sums[0].Sum(nil), sums[1].Sum(nil)) {
		t.Errorf("the file came out otherwise than it went in: %v", err)
	}
	close(done)
	<-watched
	if most.Load() > 96<<20 {
		t.Errorf("%d MiB of heap for a file of %d MiB", most.Load()>>20, size>>20)
	}
}

// signStream signs a file that is read once.
func (s *site) signStream(participant string, r io.Reader) []byte {
	s.t.Helper()
	signer, err := s.Emulator.Issue(participant, signature.SignerOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	digests := s.Verifier.NewDigester()
	if _, err := io.Copy(digests, r); err != nil {
		s.t.Fatal(err)
	}
	cms, err := signer.Sign(digests.Content())
	if err != nil {
		s.t.Fatal(err)
	}
	return cms
}

// Contours that poll and have nothing waiting: what each request costs, the client's part included.
func BenchmarkEmptyPoll(b *testing.B) {
	s := start(b, brokertest.Options{})
	head := s.subscriber("head-a")
	for b.Loop() {
		if n := len(head.must(200, "POST", fromRouter, object{"page": 1, "size": 100, "onlyNew": true})["content"].([]any)); n != 0 {
			b.Fatal(n)
		}
	}
}
