package asic

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// files are those of the containers here.
func files() map[string]string {
	return map[string]string{
		"приказ № 7.txt":         "Приказ № 7 «О порядке обмена документами»\r\n",
		"вложения/перечень.xlsx": strings.Repeat("перечень ", 50),
	}
}

// A notary signs containers and verifies them.
type notary struct {
	emulator *signature.Emulator
	signer   signature.Signer
	verifier *signature.Verifier
}

func newNotary(t testing.TB) *notary {
	t.Helper()
	e, err := signature.OpenEmulator(filepath.Join(t.TempDir(), "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := e.Issue("ivanova", signature.SignerOptions{Name: "Иванова А. П."})
	if err != nil {
		t.Fatal(err)
	}
	n := &notary{emulator: e, signer: signer}
	n.verifier = signature.NewVerifier(n.store(t), signature.Std())
	return n
}

// store trusts the roots that the emulator has now.
func (n *notary) store(t testing.TB) *signature.TrustStore {
	t.Helper()
	store, err := signature.OpenTrustStore(n.emulator.Folder())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// container packs files and has each of signs sign them; by default the notary's signer.
func (n *notary) container(t testing.TB, signs ...func(signature.Content) ([]byte, error)) []byte {
	t.Helper()
	if len(signs) == 0 {
		signs = append(signs, n.signer.Sign)
	}
	return packBy(t, signature.Std(), signs...)
}

// packBy packs files with digests of a family.
func packBy(t testing.TB, family signature.Family, signs ...func(signature.Content) ([]byte, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, family)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"приказ № 7.txt", "вложения/перечень.xlsx"} {
		if err := w.Add(name, "text/plain", strings.NewReader(files()[name])); err != nil {
			t.Fatal(err)
		}
	}
	for _, sign := range signs {
		if err := w.Sign(sign); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(data []byte, limits Limits) (*Container, error) {
	return Open(bytes.NewReader(data), int64(len(data)), limits)
}

func (n *notary) verify(t testing.TB, data []byte) Verdict {
	t.Helper()
	c, err := open(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := c.Verify(n.verifier, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func wantRefused(t *testing.T, data []byte, words string) {
	t.Helper()
	_, err := open(data, Limits{})
	if !errors.Is(err, ErrContainer) || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want %q", err, words)
	}
}

// An entry is one of an archive that tests take apart and put together otherwise.
type entry struct {
	zip.FileHeader
	packed []byte
}

func entriesOf(t testing.TB, data []byte) (all []*entry) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		raw, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		packed, err := io.ReadAll(raw)
		if err != nil {
			t.Fatal(err)
		}
		e := &entry{f.FileHeader, packed}
		e.Flags &^= flagDescriptor
		all = append(all, e)
	}
	return all
}

func pack(t testing.TB, all []*entry, finish ...func(*zip.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, e := range all {
		header := e.FileHeader
		w, err := archive.CreateRaw(&header)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.packed) == 0 {
			continue
		}
		if _, err := w.Write(e.packed); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range finish {
		f(archive)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rebuild changes the entries of a container. Without a change the outcome is as good as before.
func rebuild(t testing.TB, data []byte, change func([]*entry) []*entry) []byte {
	t.Helper()
	return pack(t, change(entriesOf(t, data)))
}

// plain is a stored entry with a right sum.
func plain(t testing.TB, name, content string) *entry {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	w, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil && content != "" {
		_, err = io.WriteString(w, content)
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return entriesOf(t, out.Bytes())[0]
}
