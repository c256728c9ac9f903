package ledger_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/smdo-hub/smdo-hub/receipts/ledger"
)

func keys(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "hub.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func leaves(from, to int) (out [][]byte) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Appendf(nil, "receipt %d", i))
	}
	return out
}

func count(t *testing.T, dir string, v note.Verifier) ledger.Checkpoint {
	t.Helper()
	c, err := ledger.Verify(dir, v, func(no int64, leaf []byte) error {
		if want := fmt.Sprintf("receipt %d", no); string(leaf) != want {
			return fmt.Errorf("leaf %d is %q, want %q", no, leaf, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhateverByteTheWriteStopsAtTheLedgerContinuesAndComesOutTheSame(t *testing.T) {
	signer, verifier := keys(t)
	write := func(dir string, batches ...[][]byte) {
		l, err := ledger.Open(dir, signer, verifier)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for _, b := range batches {
			if err := l.Append(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := t.TempDir()
	write(whole, leaves(0, 3))
	first, _ := os.ReadFile(filepath.Join(whole, "ledger.log"))
	write(whole, leaves(3, 5))
	want, _ := os.ReadFile(filepath.Join(whole, "ledger.log"))

	for cut := len(first); cut < len(want); cut++ {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ledger.log"), want[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if got := count(t, dir, verifier).Leaves; got != 3 {
			t.Fatalf("cut at %d: a reader sees %d leaves, want 3", cut, got)
		}
		write(dir, leaves(3, 5))
		if got, _ := os.ReadFile(filepath.Join(dir, "ledger.log")); string(got) != string(want) {
			t.Fatalf("cut at %d: the continued ledger differs", cut)
		}
	}
}

func TestAFlippedBitBeforeACheckpointIsNoticed(t *testing.T) {
	signer, verifier := keys(t)
	dir := t.TempDir()
	l, err := ledger.Open(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := l.Append(leaves(i, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	name := filepath.Join(dir, "ledger.log")
	good, _ := os.ReadFile(name)
	last := len(good) / 3 * 2 // the last batch may as well be an unfinished tail
	for bit := range last * 8 {
		bad := append([]byte(nil), good...)
		bad[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Verify(dir, verifier, nil); !errors.Is(err, ledger.ErrDamaged) {
			t.Fatalf("bit %d of byte %d flipped: Verify says %v", bit%8, bit/8, err)
		}
	}
	if _, err := ledger.Open(dir, signer, verifier); !errors.Is(err, ledger.ErrDamaged) {
		t.Fatalf("a damaged ledger opens: %v", err)
	}
}

func TestOpeningALargeLedgerStartsAtTheHint(t *testing.T) {
	signer, verifier := keys(t)
	dir := t.TempDir()
	l, err := ledger.Open(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	big := make([]byte, 60<<10)
	for range 20 {
		batch := make([][]byte, 40)
		for i := range batch {
			batch[i] = big
		}
		if err := l.Append(batch); err != nil {
			t.Fatal(err)
		}
	}
	want := l.Head()
	l.Close()
	hint, err := os.ReadFile(filepath.Join(dir, "ledger.hint"))
	if err != nil || string(hint) == "0" {
		t.Fatalf("no hint after 48 MB: %q, %v", hint, err)
	}
	l, err = ledger.Open(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := l.Head(); got.Leaves != want.Leaves || got.Hash != want.Hash {
		t.Errorf("reopened at %d leaves, want %d", got.Leaves, want.Leaves)
	}
}

func TestALeafThatIsTooLargeIsRefusedWhole(t *testing.T) {
	signer, verifier := keys(t)
	dir := t.TempDir()
	l, err := ledger.Open(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Append([][]byte{[]byte("receipt 0"), make([]byte, ledger.MaxLeaf+1)}); err == nil {
		t.Fatal("accepted")
	}
	if err := l.Append(leaves(0, 1)); err != nil {
		t.Fatal(err)
	}
	if got := count(t, dir, verifier).Leaves; got != 1 {
		t.Errorf("%d leaves, want 1", got)
	}
}
