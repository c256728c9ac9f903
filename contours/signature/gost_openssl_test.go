package signature

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// gostConfig is an openssl.cnf that loads the gost engine. Tests with the engine fail under make test, which
// installs it, and say loudly elsewhere that they did not run.
func gostConfig(t testing.TB) string {
	t.Helper()
	version, err := exec.Command("openssl", "version", "-e").Output()
	folder := regexp.MustCompile(`"(.*)"`).FindSubmatch(version)
	if err == nil && folder != nil {
		if _, err = os.Stat(filepath.Join(string(folder[1]), "gost.so")); err == nil {
			return fmt.Sprintf("openssl_conf=c\n[c]\nengines=e\n[e]\ngost=g\n[g]\nengine_id=gost\ndynamic_path=%s/gost.so\ndefault_algorithms=ALL\n", folder[1])
		}
	}
	if os.Getenv("SMDO_TEST_STRICT") == "1" {
		t.Fatalf("openssl with the gost engine: %v; Debian has them in openssl and libengine-gost-openssl", err)
	}
	t.Skipf("!!! NOT TESTED: openssl with the gost engine: %v", err)
	return ""
}

// gostKind is a kind of keys of openssl's gost engine, with the digest that goes with it.
type gostKind struct{ algorithm, set, md string }

func gostKinds() []gostKind {
	return []gostKind{
		{"gost2012_256", "A", "md_gost12_256"}, {"gost2012_256", "B", "md_gost12_256"}, {"gost2012_256", "C", "md_gost12_256"},
		{"gost2012_256", "TCA", "md_gost12_256"}, {"gost2012_256", "TCB", "md_gost12_256"},
		{"gost2012_512", "A", "md_gost12_512"}, {"gost2012_512", "B", "md_gost12_512"}, {"gost2012_512", "C", "md_gost12_512"},
		{"gost2001", "A", "md_gost94"}, {"gost2001", "XA", "md_gost94"},
	}
}

func (k gostKind) centre(t testing.TB) string {
	t.Helper()
	return opensslCentreWith(t, gostConfig(t), "-algorithm", k.algorithm, "-pkeyopt", "paramset:"+k.set)
}

func TestGOSTSignaturesOfOpensslVerify(t *testing.T) {
	for _, k := range gostKinds() {
		t.Run(k.algorithm+" "+k.set, func(t *testing.T) {
			dir := k.centre(t)
			verifier := opensslVerifier(t, dir)
			cms := opensslSign(t, dir, "-cades", "-md", k.md)
			verdict := verifier.Verify(cms, ContentOf(file), time.Now())
			wantVerdict(t, verdict, Valid, "", "")
			if s := verdict.Signers[0]; s.Signer.CommonName != "Сидоров" || s.Family != "gost" || len(s.Chain) != 2 {
				t.Errorf("signer %+v", s)
			}
			wantVerdict(t, verifier.Verify(cms, ContentOf([]byte("x")), time.Now()), Invalid, SignatureInvalid, fieldDigest)
			std := NewVerifier(verifier.trust, Std())
			wantVerdict(t, std.Verify(cms, ContentOf(file), time.Now()), Invalid, AlgorithmRefused, "")
		})
	}
}

func TestNoFlippedBitOfGOSTByOpensslVerifies(t *testing.T) {
	for _, k := range []gostKind{{"gost2012_256", "A", "md_gost12_256"}, {"gost2012_256", "TCA", "md_gost12_256"}, {"gost2001", "A", "md_gost94"}} {
		t.Run(k.algorithm+" "+k.set, func(t *testing.T) {
			dir := k.centre(t)
			flipEveryBit(t, opensslVerifier(t, dir), opensslSign(t, dir, "-cades", "-md", k.md), ContentOf(file), time.Now())
		})
	}
}

// Both roots and signers: openssl builds the chain and checks the message; it does not take another file for this one.
func TestOpensslVerifiesTheEmulatorsGOST(t *testing.T) {
	config, e := gostConfig(t), openEmulator(t)
	for _, algorithm := range []Algorithm{GOST2012256, GOST2012512} {
		t.Run(string(algorithm), func(t *testing.T) {
			dir, root := t.TempDir(), filepath.Join(e.Folder().Path, "root-gost.pem")
			s := issue(t, e, SignerOptions{Name: "Иванова А. П.", Organisation: "Минсвязи", Algorithm: algorithm})
			writeFile(t, filepath.Join(dir, "openssl.cnf"), []byte(config))
			writeFile(t, filepath.Join(dir, "doc"), file)
			writeFile(t, filepath.Join(dir, "other"), append(bytes.Clone(file), 'x'))
			writeFile(t, filepath.Join(dir, "doc.p7s"), signFile(t, s))
			if err := writeCertificate(filepath.Join(dir, "ee.pem"), s.Certificate()); err != nil {
				t.Fatal(err)
			}
			openssl(t, dir, "verify", "-x509_strict", "-CAfile", root, "ee.pem")
			verify := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "doc.p7s", "-CAfile", root, "-purpose", "any", "-out", "out", "-content"}
			openssl(t, dir, append(verify, "doc")...)
			if out, err := tryOpenssl(dir, append(verify, "other")...); err == nil {
				t.Errorf("openssl verifies another file: %s", out)
			}
		})
	}
}
