package timestamp

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// gostEngine is the part of an openssl.cnf that loads the gost engine. Tests with the engine fail under make test,
// which installs it, and say loudly elsewhere that they did not run.
func gostEngine(t testing.TB) string {
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

func gostOffice(t testing.TB, algorithm, set, md string) office {
	t.Helper()
	o := office{t.TempDir(), "national"}
	o.write(t, "openssl.cnf", fmt.Appendf(nil, `%s[req]
distinguished_name=dn
[dn]
[tsa]
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
[national]
serial=serial
default_policy=1.2.3.4.1
digests=%s,sha256
signer_digest=%s
ess_cert_id_alg=%s
`, gostEngine(t), md, md, md))
	o.write(t, "serial", []byte("1000\n"))
	for _, key := range []string{"ca.key", "tsa.key"} {
		o.openssl(t, "genpkey", "-algorithm", algorithm, "-pkeyopt", "paramset:"+set, "-out", key)
	}
	o.openssl(t, "req", "-new", "-x509", "-utf8", "-key", "ca.key", "-out", "root.pem", "-subj", "/CN=УЦ", "-days", "30",
		"-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
	o.openssl(t, "req", "-new", "-utf8", "-key", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Служба")
	o.openssl(t, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "ca.key", "-set_serial", "5", "-days", "20",
		"-extfile", "openssl.cnf", "-extensions", "tsa", "-out", "tsa.pem")
	return o
}

// The authority signs, digests and names its certificate by national algorithms alone; nothing above a family notices.
func TestTokensOfOpensslWithGOSTVerify(t *testing.T) {
	for _, k := range []struct {
		algorithm, set, md string
		name               signature.HashName
	}{
		{"gost2012_256", "A", "md_gost12_256", signature.Streebog256},
		{"gost2012_256", "TCA", "md_gost12_256", signature.Streebog256},
		{"gost2012_512", "A", "md_gost12_512", signature.Streebog512},
	} {
		t.Run(k.algorithm+" "+k.set, func(t *testing.T) {
			o := gostOffice(t, k.algorithm, k.set, k.md)
			folder := filepath.Join(o.dir, "trust")
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(o.dir, "root.pem"), filepath.Join(folder, "root.pem")); err != nil {
				t.Fatal(err)
			}
			store, err := signature.OpenTrustStore(signature.Folder{Domain: "openssl", Path: folder})
			if err != nil {
				t.Fatal(err)
			}
			asked := nationalRequest(t, k.name)
			token, err := asked.Accept(o.replyAlone(t, asked.bytes(t)))
			if err != nil {
				t.Fatal(err)
			}
			verifier := NewVerifier(store, signature.GOST())
			wantStamp(t, verifier.Verify(token, signature.ContentOf(stamped[1:])), signature.Invalid, signature.SignatureInvalid, "timeStamp.imprint")
			if k.set == "TCA" { // the flips are of the envelope; one key will do
				flipEveryBit(t, verifier, token)
			}
			if got := verifier.Verify(token, signature.ContentOf(stamped)); got.Authority.Family != "gost" || time.Since(got.Time) > time.Hour {
				t.Errorf("stamp %+v", got)
			}
			wantStamp(t, NewVerifier(store, signature.Std()).Verify(token, signature.ContentOf(stamped)), signature.Invalid, signature.AlgorithmRefused, "")
		})
	}
}

func nationalRequest(t testing.TB, name signature.HashName) Request {
	t.Helper()
	for _, h := range signature.GOST().Hashes() {
		if h.Name == name {
			return NewRequest(signature.ContentOf(stamped).Digest(h), h.OID, NewNonce(), nil)
		}
	}
	t.Fatalf("no digest %s", name)
	return Request{}
}
