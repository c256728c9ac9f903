//go:build pkcs11 && cgo

package pkcs11

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cryptoki "github.com/miekg/pkcs11"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// These tests use SoftHSM, a library of PKCS #11 with its tokens in files: make test installs it.

// TestMain gives SoftHSM a folder for tokens before anything loads it: it reads its configuration once a process.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "softhsm")
	if err != nil {
		log.Fatal(err)
	}
	conf := filepath.Join(dir, "softhsm2.conf")
	err = errors.Join(os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600), os.Setenv("SOFTHSM2_CONF", conf))
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// softToken is a token made for one test.
type softToken struct {
	t     *testing.T
	ctx   *cryptoki.Ctx
	path  string // of the library
	label string
	slot  uint
	s     cryptoki.SessionHandle
	ca    *x509.Certificate
	caKey *ecdsa.PrivateKey
}

func newSoftToken(t *testing.T) *softToken {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	if err != nil || len(found) == 0 {
		t.Fatal("SoftHSM is not installed: apt-get install softhsm2 ", err)
	}
	l, err := load(found[0])
	if err != nil {
		t.Fatal(err)
	}
	k := &softToken{t: t, ctx: l.(module).Ctx, path: found[0], label: fmt.Sprintf("Head %x", rand.Text()[:6])}
	slots := must(k.ctx.GetSlotList(true))
	k.check(k.ctx.InitToken(slots[len(slots)-1], "so-"+rightPIN, k.label)) // the last is the one that is empty
	for _, slot := range must(k.ctx.GetSlotList(true)) {
		if must(k.ctx.GetTokenInfo(slot)).Label == k.label {
			k.slot = slot
		}
	}
	k.s = must(k.ctx.OpenSession(k.slot, cryptoki.CKF_SERIAL_SESSION|cryptoki.CKF_RW_SESSION))
	k.check(k.ctx.Login(k.s, cryptoki.CKU_SO, "so-"+rightPIN))
	k.check(k.ctx.InitPIN(k.s, rightPIN))
	k.check(k.ctx.Logout(k.s))
	k.check(k.ctx.Login(k.s, cryptoki.CKU_USER, rightPIN))
	k.caKey = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	k.ca = k.certify(&k.caKey.PublicKey, "КУЦ", nil)
	k.store(k.ca, 0)
	return k
}

// must is for values of the fixture.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (k *softToken) check(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *softToken) certify(public crypto.PublicKey, name string, issuer *x509.Certificate) *x509.Certificate {
	k.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if issuer == nil {
		issuer, template.IsCA, template.KeyUsage = template, true, x509.KeyUsageCertSign
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, issuer, public, k.caKey))))
}

func (k *softToken) store(c *x509.Certificate, id byte) {
	k.t.Helper()
	must(k.ctx.CreateObject(k.s, []*cryptoki.Attribute{
		cryptoki.NewAttribute(cryptoki.CKA_CLASS, cryptoki.CKO_CERTIFICATE), cryptoki.NewAttribute(cryptoki.CKA_CERTIFICATE_TYPE, cryptoki.CKC_X_509),
		cryptoki.NewAttribute(cryptoki.CKA_TOKEN, true), cryptoki.NewAttribute(cryptoki.CKA_SUBJECT, c.RawSubject),
		cryptoki.NewAttribute(cryptoki.CKA_ID, []byte{id}), cryptoki.NewAttribute(cryptoki.CKA_VALUE, c.Raw),
	}))
}

// generate makes a key in the token, and a certificate of it beside; label and id name it.
func (k *softToken) generate(a signature.Algorithm, label string, id byte) *x509.Certificate {
	k.t.Helper()
	const edwardsKeyPairGen = 0x1055
	generator, public := uint(cryptoki.CKM_EC_KEY_PAIR_GEN), []*cryptoki.Attribute{cryptoki.NewAttribute(cryptoki.CKA_TOKEN, true), cryptoki.NewAttribute(cryptoki.CKA_VERIFY, true)}
	parameters := func(v any) {
		public = append(public, cryptoki.NewAttribute(cryptoki.CKA_EC_PARAMS, must(asn1.Marshal(v))))
	}
	switch a {
	case signature.ECDSAP256:
		parameters(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7})
	case signature.ECDSAP384:
		parameters(asn1.ObjectIdentifier{1, 3, 132, 0, 34})
	case signature.ECDSAP521:
		parameters(asn1.ObjectIdentifier{1, 3, 132, 0, 35})
	case signature.Ed25519:
		generator = edwardsKeyPairGen
		public = append(public, cryptoki.NewAttribute(cryptoki.CKA_EC_PARAMS, append([]byte{0x13, 12}, "edwards25519"...))) // PrintableString
	default:
		generator = cryptoki.CKM_RSA_PKCS_KEY_PAIR_GEN
		public = append(public, cryptoki.NewAttribute(cryptoki.CKA_MODULUS_BITS, 2048), cryptoki.NewAttribute(cryptoki.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}))
	}
	private := []*cryptoki.Attribute{
		cryptoki.NewAttribute(cryptoki.CKA_TOKEN, true), cryptoki.NewAttribute(cryptoki.CKA_SIGN, true), cryptoki.NewAttribute(cryptoki.CKA_SENSITIVE, true),
		cryptoki.NewAttribute(cryptoki.CKA_PRIVATE, true), cryptoki.NewAttribute(cryptoki.CKA_LABEL, label), cryptoki.NewAttribute(cryptoki.CKA_ID, []byte{id}),
	}
	handle, _, err := k.ctx.GenerateKeyPair(k.s, []*cryptoki.Mechanism{cryptoki.NewMechanism(generator, nil)}, public, private)
	k.check(err)
	c := k.certify(k.public(a, handle), "Иванова А. П.", k.ca)
	k.store(c, id)
	return c
}

func (k *softToken) public(a signature.Algorithm, handle cryptoki.ObjectHandle) crypto.PublicKey {
	k.t.Helper()
	read := func(kind uint) []byte {
		return must(k.ctx.GetAttributeValue(k.s, handle, []*cryptoki.Attribute{cryptoki.NewAttribute(kind, nil)}))[0].Value
	}
	if a == signature.RSA2048 || a == signature.RSAPSS {
		return &rsa.PublicKey{N: new(big.Int).SetBytes(read(cryptoki.CKA_MODULUS)), E: 65537}
	}
	var point []byte
	must(asn1.Unmarshal(read(cryptoki.CKA_EC_POINT), &point))
	curve := map[signature.Algorithm]elliptic.Curve{signature.ECDSAP256: elliptic.P256(), signature.ECDSAP384: elliptic.P384(), signature.ECDSAP521: elliptic.P521()}[a]
	if curve == nil {
		return ed25519.PublicKey(point)
	}
	return must(ecdsa.ParseUncompressedPublicKey(curve, point))
}

func (k *softToken) uri(label, pin string) string {
	return fmt.Sprintf("pkcs11:token=%s;object=%s?module-path=%s&pin-source=file:%s", url.PathEscape(k.label), url.PathEscape(label), k.path, newPINFile(k.t, pin))
}

func (k *softToken) open(label string) *Key {
	k.t.Helper()
	key, err := Open(k.uri(label, rightPIN))
	k.check(err)
	k.t.Cleanup(func() { key.Close() })
	return key
}

// verify has our verifier look at a signature, and openssl, which knows no Ed25519 here.
func (k *softToken) verify(cms []byte, a signature.Algorithm) {
	k.t.Helper()
	store := must(signature.NewTrustStore(signature.Domain{Name: "КУЦ", Certificates: []*x509.Certificate{k.ca}}))
	if got := signature.NewVerifier(store, signature.Std()).Verify(cms, signature.ContentOf(file), time.Now()); got.Status != signature.Valid || got.Signers[0].Signer.CommonName != "Иванова А. П." {
		k.t.Errorf("verdict %s %s", got.Reason, got.Detail)
	}
	if a == signature.Ed25519 {
		return
	}
	dir := k.t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.ca.Raw})
	for name, data := range map[string][]byte{"doc": file, "doc.p7s": cms, "ca.pem": ca} {
		k.check(os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	command := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "doc.p7s", "-content", "doc", "-CAfile", "ca.pem", "-purpose", "any", "-out", "out")
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		k.t.Errorf("openssl: %v\n%s", err, out)
	}
}

func TestSoftHSMSigns(t *testing.T) {
	k := newSoftToken(t)
	for i, a := range []signature.Algorithm{signature.ECDSAP256, signature.ECDSAP384, signature.ECDSAP521, signature.RSA2048, signature.RSAPSS, signature.Ed25519} {
		t.Run(string(a), func(t *testing.T) {
			c := k.generate(a, "подпись "+string(a), byte(i+1))
			key := k.open("подпись " + string(a))
			if got := key.Certificates(); len(got) != 2 || !got[0].Equal(c) || !got[1].Equal(k.ca) {
				t.Fatalf("%d certificates", len(got))
			}
			s, err := key.Signer(a)
			k.check(err)
			for range 3 {
				cms, err := s.Sign(signature.ContentOf(file))
				k.check(err)
				k.verify(cms, a)
			}
		})
	}
}

func TestSoftHSMSessionsThatAreLostAreBegunAnew(t *testing.T) {
	k := newSoftToken(t)
	k.generate(signature.ECDSAP256, "sign", 1)
	s, err := k.open("sign").Signer("")
	k.check(err)
	for range 3 {
		k.check(k.ctx.CloseAllSessions(k.slot)) // logs out, too
		cms, err := s.Sign(signature.ContentOf(file))
		k.check(err)
		k.verify(cms, signature.ECDSAP256)
	}
	// The library ended and begun anew, as after its process was forked or the reader reset.
	k.check(k.ctx.Finalize())
	k.check(k.ctx.Initialize())
	cms, err := s.Sign(signature.ContentOf(file))
	k.check(err)
	k.verify(cms, signature.ECDSAP256)
}

func TestSoftHSMIsUsedByManyAtOnce(t *testing.T) {
	k := newSoftToken(t)
	k.generate(signature.RSA2048, "sign", 1)
	s, err := k.open("sign").Signer("")
	k.check(err)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			if _, err := s.Sign(signature.ContentOf(file)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestSoftHSMRefusals(t *testing.T) {
	k := newSoftToken(t)
	c := k.generate(signature.ECDSAP256, "sign", 1)
	other := k.generate(signature.ECDSAP256, "other", 2)
	k.check(k.ctx.CloseAllSessions(k.slot))
	if _, err := Open(k.uri("sign", "4321")); !errors.Is(err, ErrPIN) || strings.Contains(err.Error(), "4321") {
		t.Errorf("a wrong PIN: %v", err)
	}
	if _, err := Open(k.uri("absent", rightPIN)); err == nil || !strings.Contains(err.Error(), "0 private keys") {
		t.Errorf("no such key: %v", err)
	}
	for name, uri := range map[string]string{"no such token": strings.Replace(k.uri("sign", rightPIN), "token=Head", "token=Tail", 1), "no library": strings.Replace(k.uri("sign", rightPIN), ".so", ".os", 1)} {
		if _, err := Open(uri); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	key, err := Open(k.uri("sign", rightPIN), other)
	k.check(err)
	defer key.Close()
	s, err := key.Signer("")
	k.check(err)
	if _, err := s.Sign(signature.ContentOf(file)); !errors.Is(err, signature.ErrKey) {
		t.Errorf("another key's certificate: %v", err)
	}
	if key, err = Open(k.uri("sign", rightPIN), c); err != nil || len(key.Certificates()) != 1 {
		t.Errorf("its own certificate, in a file: %v", err)
	}
}
