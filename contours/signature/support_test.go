package signature

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var file = []byte("Приказ № 7 «О порядке обмена документами»\r\n")

// moment is when the files of these tests arrive; the clock of the tests' certificates stands there too.
var moment = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// centre is a certification authority of the tests.
type centre struct {
	credential
	t testing.TB
}

func newCentre(t testing.TB, name string, issuer *centre, change ...func(*x509.Certificate)) *centre {
	t.Helper()
	template := certificateTemplate(pkix.Name{CommonName: name, Country: []string{"BY"}}, moment.AddDate(-1, 0, 0), moment.AddDate(9, 0, 0))
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	return &centre{certifyTest(t, template, issuer, change), t}
}

func (c *centre) issue(change ...func(*x509.Certificate)) credential {
	c.t.Helper()
	template := certificateTemplate(pkix.Name{CommonName: "Иванова А. П.", Country: []string{"BY"}, Organization: []string{"Минсвязи"}}, moment.AddDate(-1, 0, 0), moment.AddDate(1, 0, 0))
	template.KeyUsage = x509.KeyUsageDigitalSignature
	return certifyTest(c.t, template, c, change)
}

func certifyTest(t testing.TB, template *x509.Certificate, issuer *centre, change []func(*x509.Certificate)) credential {
	t.Helper()
	for _, f := range change {
		f(template)
	}
	key, err := newKey(ECDSAP256)
	if err != nil {
		t.Fatal(err)
	}
	by := credential{key, template}
	if issuer != nil {
		by = issuer.credential
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return credential{key, certificate}
}

// sign signs file, bringing along the certificates of others.
func (c credential) sign(t testing.TB, others ...*centre) []byte {
	t.Helper()
	compose := composer{value: c.with(ECDSAP256), certificate: c.certificate, algorithm: ECDSAP256, signingTime: moment}
	for _, o := range others {
		compose.others = append(compose.others, o.certificate)
	}
	cms, err := compose.compose(ContentOf(file).Digests[SHA256])
	if err != nil {
		t.Fatal(err)
	}
	return cms
}

func trusting(t testing.TB, centres ...*centre) *Verifier {
	t.Helper()
	d := Domain{Name: "ГосСУОК"}
	for _, c := range centres {
		d.Certificates = append(d.Certificates, c.certificate)
	}
	store, err := NewTrustStore(d)
	if err != nil {
		t.Fatal(err)
	}
	return NewVerifier(store, Std())
}

// wantVerdict checks status and reason of a verdict, and that it speaks both languages when something is wrong.
func wantVerdict(t *testing.T, got Verdict, status Status, reason Reason, field string) {
	t.Helper()
	if got.Status != status || got.Reason != reason || field != "" && got.Field != field {
		t.Fatalf("verdict %s %s %s (%s), want %s %s %s", got.Status, got.Reason, got.Field, got.Detail, status, reason, field)
	}
	if text := got.Text(); status != Valid && (text.RU == "" || text.EN == "" || got.Detail == "") {
		t.Errorf("%s %s has no words: %+v", got.Reason, got.Field, text)
	}
}

// node is a piece of DER that tests take apart and put together otherwise.
type node struct {
	tag  cbasn1.Tag
	body []byte
	kids []*node
}

func parseNodes(t testing.TB, der cryptobyte.String) (all []*node) {
	t.Helper()
	for !der.Empty() {
		n := new(node)
		if !der.ReadAnyASN1((*cryptobyte.String)(&n.body), &n.tag) {
			t.Fatal("not DER")
		}
		if n.tag&constructed != 0 {
			n.kids = parseNodes(t, n.body)
		}
		all = append(all, n)
	}
	return all
}

func (n *node) add(b *cryptobyte.Builder) {
	b.AddASN1(n.tag, func(b *cryptobyte.Builder) {
		if n.tag&constructed == 0 {
			b.AddBytes(n.body)
		}
		for _, k := range n.kids {
			k.add(b)
		}
	})
}

// signedDataOf returns the fields of the SignedData in a message.
func (n *node) signedData() *node { return n.kids[1].kids[0] }

// signer returns the first SignerInfo.
func (n *node) signer() *node {
	fields := n.signedData().kids
	return fields[len(fields)-1].kids[0]
}

// edit takes a message apart, lets change work on it and puts it together again.
func edit(t testing.TB, cms []byte, change func(root *node)) []byte {
	t.Helper()
	root := parseNodes(t, bytes.Clone(cms))[0]
	change(root)
	var b cryptobyte.Builder
	root.add(&b)
	return b.BytesOrPanic()
}

func openEmulator(t testing.TB) *Emulator {
	t.Helper()
	e, err := OpenEmulator(filepath.Join(t.TempDir(), "emulator"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func issue(t testing.TB, e *Emulator, o SignerOptions) *EmulatedSigner {
	t.Helper()
	s, err := e.Issue("ivanova", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signFile(t testing.TB, s Signer) []byte {
	t.Helper()
	cms, err := s.Sign(ContentOf(file))
	if err != nil {
		t.Fatal(err)
	}
	return cms
}

func openStore(t testing.TB, folders ...Folder) *TrustStore {
	t.Helper()
	store, err := OpenTrustStore(folders...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func writeFile(t testing.TB, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func createCertificate(template *x509.Certificate, issuer credential, key any) ([]byte, error) {
	return x509.CreateCertificate(rand.Reader, template, issuer.certificate, key, issuer.key)
}

func allFamilies() []Family { return []Family{Std(), GOST(), STB()} }
