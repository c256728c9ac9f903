package xmldsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// moment is when the documents of these tests arrive.
var moment = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// signer is a key with a certificate under a root of its own.
type signer struct {
	key               crypto.Signer
	certificate, root *x509.Certificate
	rootKey           crypto.Signer
}

func newSigner(t testing.TB, key crypto.Signer) signer {
	t.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certify := func(serial int64, name string, issuer *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: issuer == nil,
			NotBefore: moment.AddDate(-1, 0, 0), NotAfter: moment.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
		if issuer == nil {
			issuer = template
		}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, rootKey)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return certificate
	}
	root := certify(1, "УЦ", nil, rootKey.Public())
	return signer{key, certify(2, "Минсвязи", root, key.Public()), root, rootKey}
}

func newECDSA(t testing.TB, curve elliptic.Curve) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newSigner(t, key)
}

func newRSA(t testing.TB) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newSigner(t, key)
}

// trust builds chains to one root with the standard library.
func trust(root *x509.Certificate) Trust {
	return func(der []byte, others [][]byte, at time.Time) signature.SignerVerdict {
		options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
		options.Roots.AddCert(root)
		for _, other := range others {
			if c, err := x509.ParseCertificate(other); err == nil {
				options.Intermediates.AddCert(c)
			}
		}
		certificate, err := x509.ParseCertificate(der)
		if err == nil {
			_, err = certificate.Verify(options)
		}
		if err != nil {
			return signature.SignerVerdict{Status: signature.Invalid, Reason: signature.Untrusted, Detail: err.Error()}
		}
		sum := sha256.Sum256(der)
		return signature.SignerVerdict{Status: signature.Valid, Signer: signature.Identity{CommonName: certificate.Subject.CommonName, Certificate: sum[:]}}
	}
}

func (s signer) verifier(p Profile) *Verifier { return NewVerifier(p, trust(s.root), signature.Std()) }

func (s signer) sign(t testing.TB, doc string, p Profile) string {
	t.Helper()
	signed, err := Sign([]byte(doc), p, s.key, s.certificate)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// A packet is signed as a whole, an envelope has the signature beside the body.
const (
	packet  = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- исходящий --><Packet xmlns=\"urn:packet\" xmlns:x=\"urn:x\" Id=\"p1\">\r\n <Body x:kind=\"a &lt; b\tc\">Приказ &amp; приложение<![CDATA[ <1> ]]></Body><!-- c --><Empty/>\n</Packet>\n"
	message = `<s:Envelope xmlns:s="urn:soap" xmlns:t="urn:types"><s:Header/><s:Body><t:Send><t:Data Id="DATA"><t:Sum>100</t:Sum></t:Data><t:Sign/></t:Send></s:Body></s:Envelope>`
)

var (
	ids           = []Name{{"", "Id"}}
	wholePacket   = Profile{Holder: Path{{"urn:packet", "Packet"}}, Covers: Path{{"urn:packet", "Packet"}}, IDs: ids}
	sendPath      = Path{{"urn:soap", "Envelope"}, {"urn:soap", "Body"}, {"urn:types", "Send"}}
	dataInMessage = Profile{Holder: append(sendPath[:3:3], Name{"urn:types", "Sign"}), Covers: append(sendPath[:3:3], Name{"urn:types", "Data"}), IDs: ids}
)

func wantVerdict(t *testing.T, got Verdict, status signature.Status, reason signature.Reason, field string) {
	t.Helper()
	if got.Status != status || got.Reason != reason || field != "" && got.Field != field {
		t.Fatalf("verdict %s %s %s (%s), want %s %s %s", got.Status, got.Reason, got.Field, got.Detail, status, reason, field)
	}
	if valid := status == signature.Valid; valid != (got.Octets != nil) || valid != (got.Root != nil) {
		t.Fatalf("%s, with octets %q", got.Status, got.Octets)
	}
	if status != signature.Valid && (got.Text().RU == "" || got.Detail == "") {
		t.Errorf("%s %s has no words", got.Reason, got.Field)
	}
}

// tool returns the path of a program; without it the test fails under make test, and says so loudly elsewhere.
func tool(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("SMDO_TEST_STRICT") == "1" {
		t.Fatalf("%v; Debian has it in %s", err, debianPackage)
	}
	t.Skipf("!!! NOT TESTED: %v; Debian has it in %s", err, debianPackage)
	return ""
}

func writeFile(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func writePEM(t testing.TB, dir, name, kind string, der []byte) string {
	t.Helper()
	return writeFile(t, dir, name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// replace changes the one place in a document.
func replace(t testing.TB, doc, old, new string) string {
	t.Helper()
	if strings.Count(doc, old) != 1 {
		t.Fatalf("%q occurs %d times", old, strings.Count(doc, old))
	}
	return strings.Replace(doc, old, new, 1)
}
