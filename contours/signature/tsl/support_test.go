package tsl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// The days of these tests: a list is issued on one, and signatures are judged as at others.
var (
	issued  = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	next    = issued.AddDate(0, 6, 0)
	granted = issued.AddDate(-2, 0, 0) // when the centre of the tests was first granted
)

var document = []byte("Приказ № 7")

// holder is a key with its certificate.
type holder struct {
	key         crypto.Signer
	certificate *x509.Certificate
}

func newHolder(t testing.TB, name string, issuer *holder, change func(*x509.Certificate)) holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name, Country: []string{"BY"}}, BasicConstraintsValid: true,
		NotBefore: issued.AddDate(-5, 0, 0), NotAfter: issued.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature}
	if change != nil {
		change(template)
	}
	by := holder{key, template}
	if issuer != nil {
		by = *issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return holder{key, certificate}
}

func authority(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }

// stamper gives the purpose in a critical extension (RFC 3161, 2.3), as x509 does not by itself.
func stamper(c *x509.Certificate) {
	purpose := []byte{0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8}
	c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: purpose})
}

// sign is a detached signature over document.
func (h holder) sign(t testing.TB) []byte {
	t.Helper()
	s, err := signature.NewSigner(h.key, signature.ECDSAP256, h.certificate)
	if err != nil {
		t.Fatal(err)
	}
	cms, err := s.Sign(signature.ContentOf(document))
	if err != nil {
		t.Fatal(err)
	}
	return cms
}

// list is what a test composes.
type list struct {
	number       uint64
	issued, next time.Time
	services     []string
}

func newList(services ...string) list { return list{7, issued, next, services} }

// status is one status of a service.
type status struct {
	name string
	from time.Time
}

const (
	caQC = prefix + "Svctype/CA/QC"
	tsa  = prefix + "Svctype/TSA/QTST"
)

// service is a TSPService; the first status is the present one, the others are history.
func service(kind string, certificate *x509.Certificate, extensions string, statuses ...status) string {
	one := func(s status, id string) string {
		return "<ServiceTypeIdentifier>" + kind + `</ServiceTypeIdentifier><ServiceName><Name xml:lang="ru">Выпуск сертификатов</Name></ServiceName>` + id +
			"<ServiceStatus>" + statusPrefixes[0] + s.name + "</ServiceStatus><StatusStartingTime>" + s.from.Format(time.RFC3339) + "</StatusStartingTime>"
	}
	identity := "<ServiceDigitalIdentity><DigitalId><X509Certificate>\n" + base64.StdEncoding.EncodeToString(certificate.Raw) + "\n</X509Certificate></DigitalId></ServiceDigitalIdentity>"
	text := "<TSPService><ServiceInformation>" + one(statuses[0], identity) + extensions + "</ServiceInformation>"
	if len(statuses) > 1 {
		text += "<ServiceHistory>"
		for _, s := range statuses[1:] {
			text += "<ServiceHistoryInstance>" + one(s, "<ServiceDigitalIdentity/>") + "</ServiceHistoryInstance>"
		}
		text += "</ServiceHistory>"
	}
	return text + "</TSPService>"
}

// extension is ServiceInformationExtensions with one.
func extension(critical bool, content string) string {
	return fmt.Sprintf(`<ServiceInformationExtensions><Extension Critical="%t">%s</Extension></ServiceInformationExtensions>`, critical, content)
}

func additional(uri string) string {
	return `<AdditionalServiceInformation><URI xml:lang="en">` + prefix + "TrustedList/SvcInfoExt/" + uri + "</URI></AdditionalServiceInformation>"
}

func (l list) xml() string {
	closing := "<NextUpdate/>"
	if !l.next.IsZero() {
		closing = "<NextUpdate><dateTime>" + l.next.Format(time.RFC3339) + "</dateTime></NextUpdate>"
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<TrustServiceStatusList xmlns="%s" Id="list" TSLTag="http://uri.etsi.org/19612/TSLTag"><SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>`+
		`<TSLSequenceNumber>%d</TSLSequenceNumber><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric</TSLType>`+
		`<SchemeOperatorName><Name xml:lang="ru">Регулятор</Name></SchemeOperatorName><SchemeTerritory>BY</SchemeTerritory><ListIssueDateTime>%s</ListIssueDateTime>%s</SchemeInformation>`+
		`<TrustServiceProviderList><TrustServiceProvider><TSPInformation><TSPName><Name xml:lang="ru">РУЦ</Name></TSPName></TSPInformation><TSPServices>%s</TSPServices></TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>`,
		spaceTSL, l.number, l.issued.Format(time.RFC3339), closing, strings.Join(l.services, ""))
}

// signedBy is the list with its signature.
func (l list) signedBy(t testing.TB, h holder) []byte {
	t.Helper()
	return signText(t, h, l.xml())
}

// scene is a centre with a signer under it, and a supervisor who signs lists.
type scene struct {
	supervisor, centre, signer holder
	dir                        string
	lists                      signature.Lists
}

func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{supervisor: newHolder(t, "Регулятор", nil, nil), centre: newHolder(t, "РУЦ", nil, authority), dir: t.TempDir()}
	s.signer = newHolder(t, "Иванова", &s.centre, nil)
	s.lists = signature.Lists{Read: Reader(signature.Std()), Signers: []*x509.Certificate{s.supervisor.certificate}}
	return s
}

func (s *scene) put(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) putRoot(t testing.TB, name string, c *x509.Certificate) {
	t.Helper()
	s.put(t, name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func (s *scene) folder() signature.Folder {
	return signature.Folder{Domain: "ГосСУОК", Path: s.dir, Lists: s.lists}
}

func (s *scene) open(t testing.TB) *signature.TrustStore {
	t.Helper()
	store, err := signature.OpenTrustStore(s.folder())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// wants checks what becomes of the signer's signature as at a moment.
func (s *scene) wants(t *testing.T, v *signature.Verifier, at time.Time, want signature.Status, field string) signature.Verdict {
	t.Helper()
	got := v.Verify(s.signer.sign(t), signature.ContentOf(document), at)
	if got.Status != want || got.Field != field {
		t.Fatalf("as at %s: %s %s %s (%s), want %s %s", at.Format(time.DateOnly), got.Status, got.Reason, got.Field, got.Detail, want, field)
	}
	if text := got.Text(); want != signature.Valid && (text.RU == "" || text.EN == "") {
		t.Errorf("%s has no words", field)
	}
	return got
}

// national signs with a key of the emulator's roots.
type national struct {
	public crypto.PublicKey
	sign   func(io.Reader, []byte) ([]byte, error)
}

func (n national) Public() crypto.PublicKey { return n.public }
func (n national) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return n.sign(random, digest)
}

// emulated are the emulator's roots of the national families, by file name.
func emulated(t testing.TB) map[string]holder {
	t.Helper()
	dir := t.TempDir()
	if _, err := signature.OpenEmulator(dir); err != nil {
		t.Fatal(err)
	}
	all := map[string]holder{}
	for _, name := range []string{"root-gost", "root-stb"} {
		data, err := os.ReadFile(filepath.Join(dir, name+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		key, rest := pem.Decode(data)
		block, _ := pem.Decode(rest)
		var h holder
		if h.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
			t.Fatal(err)
		}
		h.key = nationalKey(t, key.Bytes)
		all[name] = h
	}
	return all
}

func nationalKey(t testing.TB, pkcs8 []byte) crypto.Signer {
	t.Helper()
	if key, err := gost3410.ParsePrivateKey(pkcs8); err == nil {
		return national{key.Public(), key.Sign}
	}
	key, err := bign.ParsePrivateKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	beltHash := []byte{6, 9, 0x2a, 0x70, 0, 2, 0, 0x22, 0x65, 0x1f, 0x51}
	return national{key.Public(), func(random io.Reader, digest []byte) ([]byte, error) { return key.Sign(random, beltHash, digest) }}
}

// signText signs the text of a list that a test has changed.
func signText(t testing.TB, h holder, text string) []byte {
	t.Helper()
	signed, err := xmldsig.Sign([]byte(text), Profile(), h.key, h.certificate)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
