package timestamp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
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

var (
	stamped = []byte("значение подписи")

	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidPolicy = asn1.ObjectIdentifier{1, 2, 3, 4, 1}
)

// centre is a root made for a test, with authorities below it.
type centre struct {
	key         crypto.Signer
	certificate *x509.Certificate
}

func newCentre(t testing.TB) *centre {
	t.Helper()
	return certify(t, nil, &x509.Certificate{
		Subject: pkix.Name{CommonName: "КУЦ"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true,
	})
}

// authority makes a time-stamping authority, good unless changed.
func (c *centre) authority(t testing.TB, change ...func(*x509.Certificate)) *centre {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Служба штампов времени"}, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtraExtensions: []pkix.Extension{extendedUsage(t, true, timeStamping)},
	}
	for _, f := range change {
		f(template)
	}
	return certify(t, c, template)
}

var (
	timeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	emailing     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 4}
)

func extendedUsage(t testing.TB, critical bool, purposes ...asn1.ObjectIdentifier) pkix.Extension {
	t.Helper()
	value, err := asn1.Marshal(purposes)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}
}

func certify(t testing.TB, issuer *centre, template *x509.Certificate) *centre {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = NewNonce()
	if template.NotBefore.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(2, 0, 0)
	}
	if issuer == nil {
		issuer = &centre{key, template}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &centre{key, certificate}
}

func trust(t testing.TB, roots ...*centre) *signature.TrustStore {
	t.Helper()
	domain := signature.Domain{Name: "ГосСУОК"}
	for _, r := range roots {
		domain.Certificates = append(domain.Certificates, r.certificate)
	}
	store, err := signature.NewTrustStore(domain)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func trusting(t testing.TB, roots ...*centre) *Verifier {
	return NewVerifier(trust(t, roots...), signature.Std())
}

func wantStamp(t *testing.T, got signature.Stamp, status signature.Status, reason signature.Reason, field string) {
	t.Helper()
	if got.Status != status || got.Reason != reason || field != "" && got.Field != field {
		t.Fatalf("stamp %s %s %s (%s), want %s %s %s", got.Status, got.Reason, got.Field, got.Detail, status, reason, field)
	}
	if text := got.Text(); (status == signature.Valid) != (text.RU == "" && text.EN == "") {
		t.Errorf("%s %s has the words %+v", got.Reason, got.Field, text)
	}
}

// office is a directory where openssl runs a time-stamping authority.
type office struct {
	dir  string
	name string // section of its configuration
}

const officeConfig = `
[plain]
serial=serial
default_policy=1.2.3.4.1
other_policies=1.2.3.4.2
digests=sha256,sha384,sha512
signer_digest=sha256
ess_cert_id_alg=sha256
[full]
serial=serial
default_policy=1.2.3.4.1
digests=sha256
signer_digest=sha512
ess_cert_id_alg=sha384
accuracy=secs:2, millisecs:300, microsecs:4
ordering=yes
tsa_name=yes
ess_cert_id_chain=yes
clock_precision_digits=6
`

func newOffice(t testing.TB, authority, root *centre, section string) office {
	t.Helper()
	o := office{t.TempDir(), section}
	key, err := x509.MarshalPKCS8PrivateKey(authority.key)
	if err != nil {
		t.Fatal(err)
	}
	o.write(t, "openssl.cnf", []byte(officeConfig))
	o.write(t, "serial", []byte("1000\n"))
	o.write(t, "tsa.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	o.write(t, "tsa.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.certificate.Raw}))
	o.write(t, "root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.certificate.Raw}))
	return o
}

func (o office) write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// openssl runs the independent tool. The tests need it: make test installs it.
func (o office) openssl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := o.tryOpenssl(args...)
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (o office) tryOpenssl(args ...string) ([]byte, error) {
	command := exec.Command("openssl", args...)
	command.Dir = o.dir
	command.Env = append(os.Environ(), "OPENSSL_CONF="+filepath.Join(o.dir, "openssl.cnf"))
	return command.CombinedOutput()
}

// reply has openssl answer a request, and bring its root along.
func (o office) reply(t testing.TB, query []byte) []byte {
	t.Helper()
	return o.replyAlone(t, query, "-chain", "root.pem")
}

// replyAlone has openssl answer a request with its own certificate alone.
func (o office) replyAlone(t testing.TB, query []byte, more ...string) []byte {
	t.Helper()
	o.write(t, "query", query)
	o.openssl(t, append([]string{"ts", "-reply", "-section", o.name, "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply"}, more...)...)
	response, err := os.ReadFile(filepath.Join(o.dir, "reply"))
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// request asks for a stamp over stamped.
func request(nonce *big.Int, policy asn1.ObjectIdentifier) Request {
	return NewRequest(signature.ContentOf(stamped).Digests[signature.SHA256], oidSHA256, nonce, policy)
}

func (r Request) bytes(t testing.TB) []byte {
	t.Helper()
	der, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}
