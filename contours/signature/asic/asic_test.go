package asic

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestWhatIsWrittenVerifiesAndIsReadAgain(t *testing.T) {
	n := newNotary(t)
	data := n.container(t)
	verdict := n.verify(t, data)
	if verdict.Status != signature.Valid || len(verdict.Signatures) != 1 {
		t.Fatalf("verdict %+v", verdict)
	}
	one := verdict.Signatures[0]
	if one.Verdict.Signers[0].Signer.CommonName != "Иванова А. П." || fmt.Sprint(one.Objects) != "[приказ № 7.txt вложения/перечень.xlsx]" ||
		one.Name != "META-INF/signature001.p7s" || one.Manifest != "META-INF/ASiCManifest001.xml" || !one.Verdict.Emulated {
		t.Errorf("signature %+v", one)
	}
	c, err := open(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Objects() {
		if got := content(t, c, o.Name); got != files()[o.Name] || o.Size != int64(len(got)) || o.MediaType != "text/plain" {
			t.Errorf("%+v holds %q", o, got)
		}
	}
	if _, err := c.Open("нет"); err == nil {
		t.Error("a file that is not there opens")
	}
}

func content(t testing.TB, c *Container, name string) string {
	t.Helper()
	r, err := c.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestMimetypeStandsAtItsKnownPlace(t *testing.T) {
	data := newNotary(t).container(t)
	if got := string(data[30 : 38+len(MediaType)]); got != "mimetype"+MediaType {
		t.Errorf("at octet 30: %q", got)
	}
}

func TestEachSignatureHasAVerdictAndTheWorstCounts(t *testing.T) {
	n := newNotary(t)
	faulty, err := n.emulator.Issue("petrov", signature.SignerOptions{Fault: signature.FaultExpired})
	if err != nil {
		t.Fatal(err)
	}
	incomplete, err := n.emulator.Issue("sidorov", signature.SignerOptions{Fault: signature.FaultBrokenChain})
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(c signature.Content) ([]byte, error) { return n.signer.Sign(signature.ContentOf([]byte("x"))) }
	for name, c := range map[string]struct {
		signs  []func(signature.Content) ([]byte, error)
		status signature.Status
		reason signature.Reason
	}{
		"two good":             {[]func(signature.Content) ([]byte, error){n.signer.Sign, n.signer.Sign}, signature.Valid, ""},
		"second expired":       {[]func(signature.Content) ([]byte, error){n.signer.Sign, faulty.Sign}, signature.Invalid, signature.Untrusted},
		"second incomplete":    {[]func(signature.Content) ([]byte, error){n.signer.Sign, incomplete.Sign}, signature.Undeterminable, signature.ChainIncomplete},
		"incomplete and wrong": {[]func(signature.Content) ([]byte, error){incomplete.Sign, wrong}, signature.Invalid, signature.SignatureInvalid},
		"first of other files": {[]func(signature.Content) ([]byte, error){wrong, n.signer.Sign}, signature.Invalid, signature.SignatureInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			got := n.verify(t, n.container(t, c.signs...))
			if got.Status != c.status || got.Reason != c.reason || len(got.Signatures) != len(c.signs) {
				t.Errorf("verdict %+v", got)
			}
		})
	}
}

// What verifies is what was signed, whatever bit is flipped: times of entries and the like may differ, files may not.
func TestNoFlippedBitChangesWhatVerifies(t *testing.T) {
	n := newNotary(t)
	data := n.container(t)
	valid, packed := 0, packedIn(t, data)
	for i := range data {
		for bit := range 8 {
			if packed[i] && bit != i%8 { // what is packed is held by digests and by CMS: one bit an octet will do
				continue
			}
			data[i] ^= 1 << bit
			c := n.valid(data)
			if c != nil {
				valid++
				if !holdsFiles(t, c) {
					t.Errorf("octet %d bit %d flipped: other files verify", i, bit)
				}
			}
			data[i] ^= 1 << bit
		}
	}
	t.Logf("%d flips in %d octets leave the same files valid", valid, len(data))
	if valid > len(data)/2 {
		t.Errorf("%d flips go unnoticed", valid)
	}
}

// packedIn tells which octets are of files' packed data.
func packedIn(t testing.TB, data []byte) map[int]bool {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	packed := make(map[int]bool)
	for _, f := range archive.File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.CompressedSize64 {
			packed[int(at)+int(i)] = true
		}
	}
	return packed
}

// valid returns the container in data when it is valid.
func (n *notary) valid(data []byte) *Container {
	c, err := open(data, Limits{})
	if err != nil {
		return nil
	}
	v, err := c.Verify(n.verifier, time.Now())
	if err != nil || v.Status != signature.Valid {
		return nil
	}
	return c
}

func holdsFiles(t testing.TB, c *Container) bool {
	t.Helper()
	for _, o := range c.Objects() {
		if content(t, c, o.Name) != files()[o.Name] {
			return false
		}
	}
	return len(c.Objects()) == len(files())
}

func TestAnAlteredFileIsNamed(t *testing.T) {
	n := newNotary(t)
	data := rebuild(t, n.container(t), func(all []*entry) []*entry {
		all[1] = plain(t, all[1].Name, "Приказ № 8")
		return all
	})
	got := n.verify(t, data)
	if one := got.Signatures[0]; got.Status != signature.Invalid || got.Reason != signature.SignatureInvalid || fmt.Sprint(one.Altered) != "[приказ № 7.txt]" ||
		one.Verdict.Text().RU == "" {
		t.Errorf("verdict %+v", got)
	}
}

// Manifests and signatures are by national algorithms; a verifier that allows none of them refuses both.
func TestContainersOfNationalAlgorithms(t *testing.T) {
	n := newNotary(t)
	store := n.store(t)
	all := signature.NewVerifier(store, signature.Std(), signature.GOST(), signature.STB())
	for _, family := range []signature.Family{signature.GOST(), signature.STB()} {
		var signs []func(signature.Content) ([]byte, error)
		for _, algorithm := range []signature.Algorithm{signature.GOST2012256, signature.GOST2012512, signature.BIGN256, signature.ECDSAP256} {
			signer, err := n.emulator.Issue(string(algorithm), signature.SignerOptions{Algorithm: algorithm})
			if err != nil {
				t.Fatal(err)
			}
			signs = append(signs, signer.Sign)
		}
		data := packBy(t, family, signs...)
		for verifier, want := range map[*signature.Verifier]signature.Status{all: signature.Valid, signature.NewVerifier(store, signature.Std()): signature.Invalid} {
			c, err := open(data, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Verify(verifier, time.Now())
			if err != nil || got.Status != want || len(got.Signatures) != 4 {
				t.Errorf("%s: verdict %+v, %v", family.Name(), got, err)
			}
			if last := got.Signatures[3].Verdict; want == signature.Invalid && (last.Reason != signature.AlgorithmRefused || last.Field != "digestAlgorithm") {
				t.Errorf("%s: a digest that is not allowed: %s %s", family.Name(), last.Reason, last.Field)
			}
		}
	}
}

// endless is a file of zeros that is in no memory.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestLargeFilesStream(t *testing.T) {
	n := newNotary(t)
	const size = 64 << 20
	var out bytes.Buffer
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := NewWriter(&out, signature.Std())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add("большой.bin", "", io.LimitReader(endless{}, size)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Sign(n.signer.Sign), w.Close()); err != nil {
		t.Fatal(err)
	}
	if got := n.verify(t, out.Bytes()); got.Status != signature.Valid {
		t.Errorf("verdict %+v", got)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > size/8 {
		t.Errorf("%d octets allocated for a file of %d", used, size)
	}
}

func TestTheWriterWritesNothingThatIsRefused(t *testing.T) {
	n := newNotary(t)
	w, err := NewWriter(io.Discard, signature.Std())
	if err != nil {
		t.Fatal(err)
	}
	if w.Sign(n.signer.Sign) == nil || w.Close() == nil {
		t.Error("an empty container is signed or closed")
	}
	for _, name := range []string{"", "../a", "/a", "a/../b", "a/", "a//b", `a\b`, "C:a", "a\x00b", "META-INF/x", "meta-inf/x", "META-INF", "mimetype", "MIMETYPE", strings.Repeat("a", 600), "\xff"} {
		if err := w.Add(name, "", strings.NewReader("x")); err == nil {
			t.Errorf("%q is added", name)
		}
	}
	if err := w.Add("a", "", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "A", "a/b"} {
		if err := w.Add(name, "", strings.NewReader("x")); err == nil {
			t.Errorf("%q is added beside a", name)
		}
	}
	down := errors.New("down")
	if err := w.Sign(func(signature.Content) ([]byte, error) { return nil, down }); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	if err := w.Sign(n.signer.Sign); err != nil {
		t.Fatal(err)
	}
	if err := w.Add("b", "", strings.NewReader("x")); err == nil {
		t.Error("a file is added behind the signature")
	}
}

func TestFailuresToReadAndToWriteAreErrorsNotVerdicts(t *testing.T) {
	n := newNotary(t)
	data := n.container(t)
	broken := errors.New("disk")
	for left := range 40 {
		r := &failing{data: data, left: left, err: broken}
		c, err := Open(r, int64(len(data)), Limits{})
		if err == nil {
			_, err = c.Verify(n.verifier, time.Now())
		}
		if r.failed && !errors.Is(err, broken) {
			t.Fatalf("after %d reads: %v", left, err)
		}
		if !r.failed {
			if left < 10 {
				t.Error("the test breaks nothing")
			}
			break
		}
	}
	if _, err := NewWriter(failingWriter{broken}, signature.Std()); err == nil {
		w, _ := NewWriter(failingWriter{broken}, signature.Std())
		if err := errors.Join(w.Add("a", "", io.LimitReader(endless{}, 1<<20)), w.Sign(n.signer.Sign), w.Close()); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

// failing reads well for a while.
type failing struct {
	data   []byte
	left   int
	err    error
	failed bool
}

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if f.left--; f.left < 0 {
		f.failed = true
		return 0, f.err
	}
	return bytes.NewReader(f.data).ReadAt(p, at)
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }
