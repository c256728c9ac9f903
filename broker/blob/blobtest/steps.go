package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/blob"
)

// Break puts what must fail, in every way in which a sender or the caller can spoil it, small and large, and checks
// the errors and that nothing is visible afterwards. What is left unseen is for each store's own tests to look at.
func Break(t *testing.T, s blob.Store) {
	broken := errors.New("connection lost")
	for _, size := range []int{1000, 9 << 20, 17 << 20} {
		content := Content(size, byte(size>>20))
		cut := io.MultiReader(bytes.NewReader(content), failing{broken})
		if _, err := s.Put(t.Context(), cut, anySize); !errors.Is(err, broken) {
			t.Errorf("reader fails after %d bytes: got %v", size, err)
		}
		if _, err := s.Put(t.Context(), bytes.NewReader(content), anySize, failing{broken}); !errors.Is(err, broken) {
			t.Errorf("writer fails: got %v", err)
		}
		_, err := s.Put(t.Context(), bytes.NewReader(content), int64(size)-1)
		if large := (*blob.TooLargeError)(nil); !errors.As(err, &large) || large.Limit != int64(size)-1 {
			t.Errorf("%d bytes over a limit of one less: got %v", size, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := io.MultiReader(bytes.NewReader(content), calling(cancel), bytes.NewReader(content))
		if _, err := s.Put(ctx, gone, anySize); !errors.Is(err, context.Canceled) {
			t.Errorf("context ends after %d bytes: got %v", size, err)
		}
		_, err = s.Put(t.Context(), blob.Expect(bytes.NewReader(content), blob.Digest{1}), anySize)
		if mismatch := (*blob.MismatchError)(nil); !errors.As(err, &mismatch) {
			t.Errorf("%d bytes other than announced: got %v", size, err)
		}
	}
	if got := list(t, s, blob.Digest{}, 10); len(got) != 0 {
		t.Errorf("still visible: %+v", got)
	}
}

func lists(t *testing.T, s blob.Store) {
	if got := list(t, s, blob.Digest{}, 10); len(got) != 0 {
		t.Fatalf("a new store has %d contents", len(got))
	}
	var want []blob.Info
	for i := range 23 {
		want = append(want, put(t, s, Content(10+i, byte(i))))
	}
	slices.SortFunc(want, func(a, b blob.Info) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	for _, limit := range []int{1, 5, 22, 23, 100} {
		var got []blob.Info
		for after := (blob.Digest{}); ; after = got[len(got)-1].Digest {
			page := list(t, s, after, limit)
			if len(page) > limit {
				t.Fatalf("page of %d, limit %d", len(page), limit)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %d contents, want %d in order", limit, len(got), len(want))
		}
	}
	if got := list(t, s, want[10].Digest, 2); !slices.Equal(got, want[11:13]) {
		t.Errorf("after the 11th: got %+v", got)
	}
}

func put(t *testing.T, s blob.Store, content []byte) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), bytes.NewReader(content), anySize)
	if err != nil {
		t.Fatalf("put: %v", err)
	}
	return info
}

// read may be called by many goroutines, so it reports without ending the test.
func read(t *testing.T, s blob.Store, want blob.Info) []byte {
	t.Helper()
	r, info, err := s.Open(t.Context(), want.Digest)
	if err != nil {
		t.Errorf("open: %v", err)
		return nil
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil || info.Digest != want.Digest || info.Size != want.Size {
		t.Errorf("read: %v, %+v, want %+v", err, info, want)
	}
	return content
}

func stat(t *testing.T, s blob.Store, d blob.Digest) blob.Info {
	t.Helper()
	info, err := s.Stat(t.Context(), d)
	if err != nil {
		t.Fatalf("stat: %v", err)
	}
	return info
}

func list(t *testing.T, s blob.Store, after blob.Digest, limit int) []blob.Info {
	t.Helper()
	infos, err := s.List(t.Context(), after, limit)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return infos
}

func remove(t *testing.T, s blob.Store, info blob.Info) {
	t.Helper()
	if err := s.Delete(t.Context(), info); err != nil {
		t.Fatalf("delete: %v", err)
	}
}

func expectAbsent(t *testing.T, s blob.Store, d blob.Digest) {
	t.Helper()
	_, statErr := s.Stat(t.Context(), d)
	_, _, openErr := s.Open(t.Context(), d)
	for _, err := range []error{statErr, openErr} {
		if absent := (*blob.NotFoundError)(nil); !errors.As(err, &absent) || absent.Digest != d {
			t.Errorf("got %v, want that %s is not found", err, d)
		}
	}
}

// failing fails as a reader and as a writer.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// calling is an empty reader that calls a function when it is read.
type calling func()

func (f calling) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

// Noise is an endless reader of bytes that do not repeat soon; Seed makes another one.
type Noise struct{ Seed uint64 }

func (n *Noise) Read(p []byte) (int, error) {
	for i := range p {
		if i%8 == 0 {
			n.Seed = n.Seed*6364136223846793005 + 1442695040888963407
		}
		p[i] = byte(n.Seed >> (8 * (i % 8)))
	}
	return len(p), nil
}

// Content returns size bytes, the same for the same seed.
func Content(size int, seed byte) []byte {
	content := make([]byte, size)
	_, _ = (&Noise{Seed: uint64(seed) << 32}).Read(content)
	return content
}
