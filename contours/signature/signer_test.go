package signature

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ownCredential is a self-signed certificate with its key, in files; it is root and signer at once.
func ownCredential(t *testing.T, a Algorithm) (c credential, keyFile, certificateFile string) {
	t.Helper()
	key, err := newKey(a)
	if err != nil {
		t.Fatal(err)
	}
	template := certificateTemplate(pkix.Name{CommonName: "Свой ключ"}, time.Now().Add(-time.Hour), time.Now().AddDate(0, 1, 0))
	template.IsCA, template.KeyUsage = true, x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign
	if c, err = certify(template, key, credential{key, template}); err != nil {
		t.Fatal(err)
	}
	pkcs8, err := marshalPrivate(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keyFile = writeFile(t, filepath.Join(dir, "own.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	certificateFile = writeFile(t, filepath.Join(dir, "own.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.certificate.Raw}))
	return c, keyFile, certificateFile
}

func TestSignaturesWithAKeyInAFileAreRight(t *testing.T) {
	e := openEmulator(t)
	for _, a := range []Algorithm{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048, RSAPSS, Ed25519} {
		t.Run(string(a), func(t *testing.T) {
			c := issue(t, e, SignerOptions{Algorithm: a}).credential
			pkcs8, err := marshalPrivate(c.key)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			key := writeFile(t, filepath.Join(dir, "own.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
			chain := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.certificate.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.Roots()[0].Raw})...)
			s, err := ReadSigner(key, a, writeFile(t, filepath.Join(dir, "own.pem"), chain))
			if err != nil {
				t.Fatal(err)
			}
			cms := signFile(t, s)
			wantVerdict(t, NewVerifier(openStore(t, e.Folder()), Std()).Verify(cms, ContentOf(file), time.Now()), Valid, "", "")
			found, err := Inspect(cms)
			if err != nil || len(found.Certificates) != 2 {
				t.Errorf("%d certificates (%v), want the signer's and the root's", len(found.Certificates), err)
			}
		})
	}
}

func TestKeysThatDoNotSignHereAreRefused(t *testing.T) {
	for _, a := range []Algorithm{GOST2012256, BIGN256} {
		_, key, certificate := ownCredential(t, a)
		if _, err := ReadSigner(key, "", certificate); err == nil || !strings.Contains(err.Error(), "certified provider") {
			t.Errorf("%s: %v", a, err)
		}
	}
	mine, key, certificate := ownCredential(t, ECDSAP256)
	_, otherKey, other := ownCredential(t, ECDSAP256)
	for name, files := range map[string][2]string{
		"another's certificate": {key, other}, "another's key": {otherKey, certificate}, "a certificate as key": {certificate, certificate},
		"a key as certificate": {key, key}, "no key": {key + "x", certificate}, "no certificate": {key, certificate + "x"},
	} {
		if _, err := ReadSigner(files[0], "", files[1]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certify(mine.certificate, weak, mine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSigner(weak, "", c.certificate); err == nil {
		t.Error("RSA of 1024 bits signs")
	}
}

func TestAuthoritiesOfAStoreAreExamined(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	middle := newCentre(t, "РУЦ", root)
	lost := newCentre(t, "Потерянный", newCentre(t, "Чужой", nil))
	forged := newCentre(t, "Подделка", root)
	forged.certificate.Signature[8] ^= 1
	old := newCentre(t, "Старый", nil, func(c *x509.Certificate) { c.NotAfter = moment.AddDate(0, 0, -1) })
	found := trusting(t, root, middle, lost, forged, old).CheckAuthorities(moment)
	want := []struct {
		name   string
		root   bool
		status Status
		field  string
	}{
		{"КУЦ", true, Valid, ""}, {"Старый", true, Invalid, "authority.notAfter"},
		{"Подделка", false, Invalid, "chain.signature"}, {"Потерянный", false, Undeterminable, "chain"}, {"РУЦ", false, Valid, ""},
	}
	if len(found) != len(want) {
		t.Fatalf("%d certificates, want %d", len(found), len(want))
	}
	for i, w := range want {
		got := found[i]
		if got.CommonName != w.name || got.Root != w.root || got.Status != w.status || got.Field != w.field || got.Key != "ECDSA P-256" || got.Family != "std" || got.Domain != "ГосСУОК" {
			t.Errorf("%+v, want %+v", got, w)
		}
		if text := got.Text(); (text.RU == "" || text.EN == "") != (w.status == Valid) {
			t.Errorf("%s: words %+v", w.name, text)
		}
	}
}

func TestInspectionNamesWhatIsUsed(t *testing.T) {
	e := openEmulator(t)
	for a, want := range map[Algorithm][3]string{
		ECDSAP256:   {"sha256", "ECDSA with SHA-256", "ECDSA P-256"},
		RSA2048:     {"sha256", "RSA with SHA-256", "RSA 2048"},
		Ed25519:     {"sha512", "Ed25519", "Ed25519"},
		GOST2012256: {"streebog256", "GOST R 34.10-2012 256", "GOST R 34.10-2012 256, CryptoPro A"},
		GOST2012512: {"streebog512", "GOST R 34.10-2012 512", "GOST R 34.10-2012 512, TC26 512-A"},
		BIGN256:     {"belt-hash", "bign with belt-hash", "bign-curve256v1"},
	} {
		found, err := Inspect(signFile(t, issue(t, e, SignerOptions{Name: "Иванова А. П.", Algorithm: a})))
		if err != nil {
			t.Fatal(err)
		}
		s := found.Signers[0]
		if s.Certificate == nil || s.Certificate.Subject.CommonName != "Иванова А. П." || !s.SigningCertificate || s.SigningTime.IsZero() || s.Stamps != 0 {
			t.Errorf("%s: %+v", a, s)
		}
		if got := [3]string{s.Digest, s.Algorithm, KeyName(s.Certificate.RawSubjectPublicKeyInfo)}; got != want {
			t.Errorf("%s: %q, want %q", a, got, want)
		}
	}
	if _, err := Inspect(file); err == nil {
		t.Error("a file is inspected as a signature")
	}
}
