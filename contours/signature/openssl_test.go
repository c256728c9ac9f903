package signature

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// openssl runs the independent tool in dir. The tests need it: make test installs it.
func openssl(t testing.TB, dir string, args ...string) {
	t.Helper()
	if out, err := tryOpenssl(dir, args...); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

func tryOpenssl(dir string, args ...string) ([]byte, error) {
	command := exec.Command("openssl", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "OPENSSL_CONF="+filepath.Join(dir, "openssl.cnf"))
	return command.CombinedOutput()
}

// opensslCentre makes a root and a signer by openssl in a directory of its own: ca.pem, ee.pem, ee.key, doc.
func opensslCentre(t testing.TB, key ...string) string {
	t.Helper()
	return opensslCentreWith(t, "", key...)
}

// opensslCentreWith puts config, which may load an engine, before its own.
func opensslCentreWith(t testing.TB, config string, key ...string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "openssl.cnf"), []byte(config+"[req]\ndistinguished_name=dn\n[dn]\n[ee]\nkeyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:FALSE\n"))
	writeFile(t, filepath.Join(dir, "doc"), file)
	if err := os.Mkdir(filepath.Join(dir, "trust"), 0o700); err != nil {
		t.Fatal(err)
	}
	openssl(t, dir, append([]string{"genpkey", "-out", "ca.key"}, key...)...)
	openssl(t, dir, append([]string{"genpkey", "-out", "ee.key"}, key...)...)
	openssl(t, dir, "req", "-new", "-x509", "-utf8", "-key", "ca.key", "-out", "trust/ca.pem", "-subj", "/CN=УЦ openssl", "-days", "30",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
	openssl(t, dir, "req", "-new", "-utf8", "-key", "ee.key", "-out", "ee.csr", "-subj", "/CN=Сидоров")
	openssl(t, dir, "x509", "-req", "-in", "ee.csr", "-CA", "trust/ca.pem", "-CAkey", "ca.key", "-set_serial", "77", "-days", "20",
		"-extfile", "openssl.cnf", "-extensions", "ee", "-out", "ee.pem")
	return dir
}

// opensslSign signs doc and returns the message.
func opensslSign(t testing.TB, dir string, args ...string) []byte {
	t.Helper()
	openssl(t, dir, append([]string{"cms", "-sign", "-binary", "-in", "doc", "-signer", "ee.pem", "-inkey", "ee.key", "-outform", "DER", "-out", "doc.p7s"}, args...)...)
	cms, err := os.ReadFile(filepath.Join(dir, "doc.p7s"))
	if err != nil {
		t.Fatal(err)
	}
	return cms
}

func opensslVerifier(t testing.TB, dir string) *Verifier {
	return NewVerifier(openStore(t, Folder{Domain: "openssl", Path: filepath.Join(dir, "trust")}), allFamilies()...)
}

var (
	rsaKey  = []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}
	p256Key = []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}
	p384Key = []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}
	p521Key = []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"}
)

func TestSignaturesOfOpensslVerify(t *testing.T) {
	pss := func(more ...string) []string { return append([]string{"-keyopt", "rsa_padding_mode:pss"}, more...) }
	keys := []struct {
		name  string
		key   []string
		signs [][]string
	}{
		{"RSA", rsaKey, [][]string{{}, {"-md", "sha384"}, {"-md", "sha512"}, pss(), pss("-md", "sha512"),
			pss("-keyopt", "rsa_pss_saltlen:digest"), pss("-keyopt", "rsa_pss_saltlen:20"), pss("-keyopt", "rsa_pss_saltlen:7")}},
		{"P-256", p256Key, [][]string{{}, {"-md", "sha384"}, {"-md", "sha512"}, {"-keyid"}, {"-certfile", "trust/ca.pem"}}},
		{"P-384", p384Key, [][]string{{"-md", "sha384"}, {}}},
		{"P-521", p521Key, [][]string{{"-md", "sha512"}}},
	}
	for _, k := range keys {
		dir := opensslCentre(t, k.key...)
		verifier := opensslVerifier(t, dir)
		for _, sign := range k.signs {
			t.Run(fmt.Sprint(k.name, sign), func(t *testing.T) {
				cms := opensslSign(t, dir, append(sign, "-cades")...)
				verdict := verifier.Verify(cms, ContentOf(file), time.Now())
				wantVerdict(t, verdict, Valid, "", "")
				if verdict.Signers[0].Signer.CommonName != "Сидоров" || verdict.Signers[0].Signer.Serial != "4d" {
					t.Errorf("signer %+v", verdict.Signers[0].Signer)
				}
				wantVerdict(t, verifier.Verify(cms, ContentOf([]byte("x")), time.Now()), Invalid, SignatureInvalid, fieldDigest)
			})
		}
	}
}

func TestWhatOpensslCanDoOtherwiseIsRefused(t *testing.T) {
	dir := opensslCentre(t, rsaKey...)
	verifier, lenient := opensslVerifier(t, dir), opensslVerifier(t, dir)
	lenient.RequireSigningCertificate = false
	cases := []struct {
		name            string
		args            []string
		strict, lenient Reason
	}{
		{"CMS without CAdES", nil, Malformed, ""},
		{"without attributes", []string{"-noattr"}, Malformed, ""},
		{"SHA-1", []string{"-cades", "-md", "sha1"}, AlgorithmRefused, AlgorithmRefused},
		{"SHA-224", []string{"-cades", "-md", "sha224"}, AlgorithmRefused, AlgorithmRefused},
		{"PSS without salt", []string{"-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:0"}, AlgorithmRefused, AlgorithmRefused},
		{"MGF1 with another digest", []string{"-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512"}, AlgorithmRefused, AlgorithmRefused},
		{"attached", []string{"-cades", "-nodetach"}, Malformed, Malformed},
		{"without certificate", []string{"-cades", "-nocerts"}, Malformed, Malformed},
		{"streamed BER", []string{"-cades", "-nodetach", "-stream"}, Malformed, Malformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cms := opensslSign(t, dir, c.args...)
			for v, reason := range map[*Verifier]Reason{verifier: c.strict, lenient: c.lenient} {
				status := Invalid
				if reason == "" {
					status = Valid
				}
				wantVerdict(t, v.Verify(cms, ContentOf(file), time.Now()), status, reason, "")
			}
		})
	}
	plain := opensslSign(t, dir, "-noattr")
	wantVerdict(t, lenient.Verify(plain, ContentOf([]byte("x")), time.Now()), Invalid, SignatureInvalid, "signature")
}

func TestWeakKeysAreRefused(t *testing.T) {
	for name, key := range map[string][]string{
		"RSA-1024": {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"},
		"P-224":    {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := opensslCentre(t, key...)
			wantVerdict(t, opensslVerifier(t, dir).Verify(opensslSign(t, dir, "-cades"), ContentOf(file), time.Now()), Invalid, AlgorithmRefused, "")
		})
	}
}

func TestTwoSignersByOpenssl(t *testing.T) {
	dir := opensslCentre(t, p256Key...)
	opensslSign(t, dir, "-cades")
	openssl(t, dir, "req", "-new", "-key", "ca.key", "-out", "second.csr", "-subj", "/CN=Second")
	openssl(t, dir, "x509", "-req", "-in", "second.csr", "-CA", "trust/ca.pem", "-CAkey", "ca.key", "-set_serial", "78", "-days", "20",
		"-extfile", "openssl.cnf", "-extensions", "ee", "-out", "second.pem")
	openssl(t, dir, "cms", "-resign", "-binary", "-inform", "DER", "-in", "doc.p7s", "-signer", "second.pem", "-inkey", "ca.key", "-md", "sha256",
		"-cades", "-outform", "DER", "-out", "two.p7s")
	cms, err := os.ReadFile(filepath.Join(dir, "two.p7s"))
	if err != nil {
		t.Fatal(err)
	}
	verdict := opensslVerifier(t, dir).Verify(cms, ContentOf(file), time.Now())
	wantVerdict(t, verdict, Valid, "", "")
	if len(verdict.Signers) != 2 {
		t.Errorf("verdict %+v", verdict)
	}
}

func TestOpensslVerifiesTheEmulator(t *testing.T) {
	e := openEmulator(t)
	for _, algorithm := range []Algorithm{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048} { // openssl 3.0 has no Ed25519 in CMS
		t.Run(string(algorithm), func(t *testing.T) {
			dir := t.TempDir()
			cms := signFile(t, issue(t, e, SignerOptions{Name: "Иванова А. П.", Organisation: "Минсвязи", Algorithm: algorithm}))
			writeFile(t, filepath.Join(dir, "doc"), file)
			writeFile(t, filepath.Join(dir, "other"), append(bytes.Clone(file), 'x'))
			writeFile(t, filepath.Join(dir, "doc.p7s"), cms)
			verify := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "doc.p7s", "-CAfile", filepath.Join(e.Folder().Path, "root.pem"), "-purpose", "any", "-out", "out", "-content"}
			openssl(t, dir, append(verify, "doc")...)
			if out, err := tryOpenssl(dir, append(verify, "other")...); err == nil {
				t.Errorf("openssl verifies another file: %s", out)
			}
		})
	}
}

// openssl verifies certificates of the emulator with every algorithm, Ed25519 too.
func TestOpensslVerifiesCertificatesOfTheEmulator(t *testing.T) {
	e := openEmulator(t)
	for _, algorithm := range []Algorithm{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048, Ed25519} {
		dir := t.TempDir()
		s := issue(t, e, SignerOptions{Algorithm: algorithm})
		if err := writeCertificate(filepath.Join(dir, "ee.pem"), s.Certificate()); err != nil {
			t.Fatal(err)
		}
		openssl(t, dir, "verify", "-x509_strict", "-CAfile", filepath.Join(e.Folder().Path, "root.pem"), "ee.pem")
	}
}

// Ed25519 in CMS has no second tool here: the attributes are checked with crypto/ed25519 alone.
func TestEd25519SignsTheAttributes(t *testing.T) {
	s := issue(t, openEmulator(t), SignerOptions{Algorithm: Ed25519})
	data, flaw := parse(signFile(t, s))
	if flaw != nil {
		t.Fatal(flaw)
	}
	if err := s.Certificate().CheckSignature(x509.PureEd25519, data.signers[0].signed, data.signers[0].signature); err != nil {
		t.Error(err)
	}
}
