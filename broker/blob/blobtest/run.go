// Package blobtest holds the conformance suite that every store of package blob passes, and a fake of the one far
// system among them, S3.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/blob"
)

const anySize = 1 << 40 // a limit that no test reaches

// Run checks that the stores that open returns, each empty, keep the promises of [blob.Store].
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, promise := range []struct {
		name string
		test func(*testing.T, blob.Store)
	}{
		{"what was put comes back whole", comesBack},
		{"the caller's writers see every byte", tees},
		{"putting twice keeps one content and renews it", twice},
		{"a content of exactly the limit is taken", exactLimit},
		{"a broken upload leaves nothing visible", Break},
		{"an announced digest is checked", announced},
		{"absence is told by type", absence},
		{"deleting takes the version looked at and no other", deletes},
		{"lists page in order of digest", lists},
		{"uploads at once do not mix", atOnce},
		{"a content put again while it is deleted stays", putWins},
		{"a large content takes no large memory", Bounded(128 << 20)},
		{"a context that ended ends the work", ended},
	} {
		t.Run(promise.name, func(t *testing.T) { promise.test(t, open(t)) })
	}
}

func comesBack(t *testing.T, s blob.Store) {
	for _, size := range []int{0, 1, 64 << 10, 128<<10 - 1, 128 << 10, 8<<20 - 1, 8 << 20, 8<<20 + 1, 21 << 20} {
		content := Content(size, 1)
		info := put(t, s, content)
		if want := blob.Digest(sha256.Sum256(content)); info.Digest != want || info.Size != int64(size) {
			t.Errorf("put %d bytes: got %d of %s, want %s", size, info.Size, info.Digest, want)
		}
		if info.Stored.IsZero() || info.Version == "" {
			t.Errorf("put %d bytes: no time or version in %+v", size, info)
		}
		if got := stat(t, s, info.Digest); got != info {
			t.Errorf("stat: got %+v, want %+v", got, info)
		}
		if got := read(t, s, info); !bytes.Equal(got, content) {
			t.Errorf("read %d bytes back: they differ", size)
		}
	}
}

func tees(t *testing.T, s blob.Store) {
	content := Content(9<<20, 1)
	var first, second bytes.Buffer
	if _, err := s.Put(t.Context(), bytes.NewReader(content), anySize, &first, &second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), content) || !bytes.Equal(second.Bytes(), content) {
		t.Error("the writers saw something else")
	}
}

func twice(t *testing.T, s blob.Store) {
	for _, size := range []int{1000, 9 << 20} {
		content := Content(size, 1)
		first, second := put(t, s, content), put(t, s, content)
		if first.Digest != second.Digest || first.Version == second.Version || second.Stored.Before(first.Stored) {
			t.Errorf("put %+v, then %+v", first, second)
		}
		if got := list(t, s, blob.Digest{}, 10); len(got) != 1 || got[0] != second {
			t.Errorf("list: got %+v, want only %+v", got, second)
		}
		if got := read(t, s, second); !bytes.Equal(got, content) {
			t.Error("the content differs")
		}
		remove(t, s, second)
		expectAbsent(t, s, first.Digest)
	}
}

func exactLimit(t *testing.T, s blob.Store) {
	for _, size := range []int{0, 5, 9 << 20} {
		if _, err := s.Put(t.Context(), bytes.NewReader(Content(size, 1)), int64(size)); err != nil {
			t.Errorf("limit and size %d: %v", size, err)
		}
	}
}

func announced(t *testing.T, s blob.Store) {
	content := Content(1000, 1)
	if _, err := s.Put(t.Context(), blob.Expect(bytes.NewReader(content), sha256.Sum256(content)), anySize); err != nil {
		t.Fatal(err)
	}
	other := blob.Digest{1}
	_, err := s.Put(t.Context(), blob.Expect(bytes.NewReader(Content(1000, 2)), other), anySize)
	if mismatch := (*blob.MismatchError)(nil); !errors.As(err, &mismatch) || mismatch.Want != other {
		t.Errorf("got %v, want a mismatch with %s", err, other)
	}
	if got := list(t, s, blob.Digest{}, 10); len(got) != 1 {
		t.Errorf("list: got %d contents, want 1", len(got))
	}
}

func absence(t *testing.T, s blob.Store) {
	expectAbsent(t, s, blob.Digest(sha256.Sum256([]byte("never put"))))
	expectAbsent(t, s, blob.Digest{})
}

func deletes(t *testing.T, s blob.Store) {
	content := Content(300<<10, 1)
	first := put(t, s, content)
	other := put(t, s, Content(300<<10, 2))
	second := put(t, s, content)
	remove(t, s, first)
	if got := stat(t, s, first.Digest); got != second {
		t.Errorf("after deleting the first version: %+v, want %+v", got, second)
	}
	read(t, s, second)
	remove(t, s, second)
	remove(t, s, second)
	expectAbsent(t, s, first.Digest)
	third := put(t, s, content)
	remove(t, s, second)
	if got := read(t, s, third); !bytes.Equal(got, content) {
		t.Error("put after deletion: the content differs")
	}
	read(t, s, other)
}

func atOnce(t *testing.T, s blob.Store) {
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			content := Content(200<<10+i%6, byte(i%6)) // four goroutines put each content
			info, err := s.Put(t.Context(), bytes.NewReader(content), anySize)
			if err != nil {
				t.Error(err)
				return
			}
			if got := read(t, s, info); !bytes.Equal(got, content) {
				t.Errorf("content %d became another", i%6)
			}
		})
	}
	all.Wait()
	if got := list(t, s, blob.Digest{}, 100); len(got) != 6 {
		t.Errorf("list: got %d contents, want 6", len(got))
	}
}

func putWins(t *testing.T, s blob.Store) {
	content := Content(1000, 1)
	old := put(t, s, content)
	for range 20 {
		var newer blob.Info
		start, both := make(chan struct{}), sync.WaitGroup{}
		both.Go(func() {
			<-start
			if err := s.Delete(t.Context(), old); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			<-start
			var err error
			if newer, err = s.Put(t.Context(), bytes.NewReader(content), anySize); err != nil {
				t.Error(err)
			}
		})
		close(start)
		both.Wait()
		if got := read(t, s, newer); !bytes.Equal(got, content) {
			t.Fatal("the content differs")
		}
		old = newer
	}
}

// Bounded returns a test that puts and reads size bytes, and watches the heap of this process meanwhile.
func Bounded(size int64) func(*testing.T, blob.Store) {
	return func(t *testing.T, s blob.Store) {
		const allowed = 64 << 20 // bytes; also holds what servers inside the test process keep
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		watch := &heapWatch{}
		info, err := s.Put(t.Context(), io.TeeReader(io.LimitReader(&Noise{}, size), watch), size)
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := s.Open(t.Context(), info.Digest)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if n, err := io.Copy(struct{ io.Writer }{watch}, r); n != size || err != nil {
			t.Fatalf("read %d of %d bytes back: %v", n, size, err)
		}
		if watch.samples == 0 {
			t.Fatal("the heap was not watched")
		}
		if grown := int64(watch.peak) - int64(before.HeapAlloc); grown > allowed {
			t.Errorf("the heap grew by %d MiB over %d MiB of content", grown>>20, size>>20)
		}
	}
}

// heapWatch takes the heap's size every 8 MiB written to it.
type heapWatch struct {
	written, samples int64
	peak             uint64
}

func (w *heapWatch) Write(p []byte) (int, error) {
	if w.written += int64(len(p)); w.written>>23 > w.samples {
		w.samples = w.written >> 23
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		w.peak = max(w.peak, now.HeapAlloc)
	}
	return len(p), nil
}

func ended(t *testing.T, s blob.Store) {
	info := put(t, s, Content(300<<10, 1))
	ctx, cancel := context.WithCancel(t.Context())
	r, _, err := s.Open(ctx, info.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on: got %v, want %v", err, context.Canceled)
	}
	if _, err := s.Put(ctx, bytes.NewReader(Content(10, 2)), anySize); !errors.Is(err, context.Canceled) {
		t.Errorf("putting: got %v, want %v", err, context.Canceled)
	}
}
