package signature

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestBundlesAsCentresGiveThemOut(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	middle := newCentre(t, "РУЦ", root)
	dir := t.TempDir()
	of := func(c *centre) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.certificate.Raw})
	}
	both := slices.Concat(of(root), of(middle))
	writeFile(t, filepath.Join(dir, "both.pem"), both)
	openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "both.pem", "-outform", "DER", "-out", "both.p7b")
	openssl(t, dir, "crl2pkcs7", "-nocrl", "-certfile", "both.pem", "-out", "both.p7b.pem")
	for _, name := range []string{"both.pem", "both.p7b", "both.p7b.pem"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseBundle(data)
		if err != nil || len(got) != 2 || !slices.ContainsFunc(got, root.certificate.Equal) || !slices.ContainsFunc(got, middle.certificate.Equal) {
			t.Errorf("%s: %d certificates, %v", name, len(got), err)
		}
		if _, err := ParseBundle(data[:len(data)-30]); err == nil && name != "both.pem" {
			t.Errorf("%s, cut short, is read", name)
		}
	}
	if got, err := ParseBundle(root.certificate.Raw); err != nil || len(got) != 1 {
		t.Errorf("DER: %v", err)
	}
	for name, data := range map[string][]byte{"nothing": nil, "garbage": []byte("x"), "a key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), "too long": make([]byte, maxBundle+1)} {
		if _, err := ParseBundle(data); !errors.Is(err, ErrBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParseBundle: nothing panics, and certificates are there or an error is.
func FuzzParseBundle(f *testing.F) {
	root := newCentre(f, "КУЦ", nil)
	f.Add(root.certificate.Raw)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.certificate.Raw}))
	f.Add(root.issue().sign(f, root))
	f.Fuzz(func(t *testing.T, data []byte) {
		if all, err := ParseBundle(data); (err == nil) != (len(all) > 0) {
			t.Errorf("%d certificates, %v", len(all), err)
		}
	})
}
