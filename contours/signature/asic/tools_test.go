package asic

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// run runs an independent tool in dir. The tests need openssl, zip and unzip.
func run(t testing.TB, dir, name string, args ...string) {
	t.Helper()
	if out, err := try(dir, name, args...); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func try(dir, name string, args ...string) ([]byte, error) {
	command := exec.Command(name, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "OPENSSL_CONF="+os.DevNull, "LC_ALL=C.UTF-8")
	return command.CombinedOutput()
}

func write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestUnzipAndOpensslVerifyWhatWeWrite(t *testing.T) {
	n := newNotary(t)
	dir := t.TempDir()
	write(t, dir, "c.asice", n.container(t))
	run(t, dir, "unzip", "-q", "c.asice", "-d", "out")
	for name, want := range files() {
		if got, err := os.ReadFile(filepath.Join(dir, "out", name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
	verify := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "out/META-INF/signature001.p7s", "-CAfile", filepath.Join(n.emulator.Folder().Path, "root.pem"), "-purpose", "any", "-out", "m", "-content"}
	run(t, dir, "openssl", append(verify, "out/META-INF/ASiCManifest001.xml")...)
	if out, err := try(dir, "openssl", append(verify, "out/mimetype")...); err == nil {
		t.Errorf("openssl verifies another manifest: %s", out)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "out/META-INF/ASiCManifest001.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range files() {
		sum := sha256.Sum256([]byte(want))
		if !bytes.Contains(manifest, []byte(base64.StdEncoding.EncodeToString(sum[:]))) {
			t.Errorf("no digest of %q in the manifest", want)
		}
	}
}

func TestWhatZipAndOpensslMakeVerifies(t *testing.T) {
	dir := t.TempDir()
	document := []byte("Приказ")
	sum := sha256.Sum256(document)
	write(t, dir, "ee.cnf", []byte("[ee]\nkeyUsage=critical,digitalSignature\n"))
	run(t, dir, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "trust.pem", "-subj", "/CN=CA", "-days", "30",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
	run(t, dir, "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "ee.key", "-out", "ee.csr", "-subj", "/CN=EE")
	run(t, dir, "openssl", "x509", "-req", "-in", "ee.csr", "-CA", "trust.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20", "-extfile", "ee.cnf", "-extensions", "ee", "-out", "ee.pem")

	write(t, dir, "c/mimetype", []byte(MediaType))
	write(t, dir, "c/doc.txt", document)
	write(t, dir, "c/META-INF/ASiCManifest.xml", fmt.Appendf(nil, `<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#"><SigReference URI="META-INF/signature.p7s"/>
<DataObjectReference URI="doc.txt"><DigestMethod xmlns="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue xmlns="http://www.w3.org/2000/09/xmldsig#">%s</DigestValue></DataObjectReference></ASiCManifest>`, base64.StdEncoding.EncodeToString(sum[:])))
	run(t, dir, "openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-in", "c/META-INF/ASiCManifest.xml", "-signer", "ee.pem", "-inkey", "ee.key", "-outform", "DER", "-out", "c/META-INF/signature.p7s")
	run(t, filepath.Join(dir, "c"), "zip", "-q", "-X", "-0", "../c.asice", "mimetype")
	run(t, filepath.Join(dir, "c"), "zip", "-q", "-r", "../c.asice", "doc.txt", "META-INF") // with folders, times and owners

	trust := t.TempDir()
	ca, err := os.ReadFile(filepath.Join(dir, "trust.pem"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, trust, "ca.pem", ca)
	store, err := signature.OpenTrustStore(signature.Folder{Domain: "openssl", Path: trust})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "c.asice"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Verify(signature.NewVerifier(store, signature.Std()), time.Now())
	if err != nil || got.Status != signature.Valid {
		t.Errorf("verdict %+v, %v", got, err)
	}
}
