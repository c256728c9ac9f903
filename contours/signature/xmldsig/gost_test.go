package xmldsig

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
)

// provider is a GOST key as a provider outside would offer it.
type provider struct{ key *gost3410.PrivateKey }

func (p provider) Public() crypto.PublicKey { return p.key.Public() }
func (p provider) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return p.key.Sign(random, digest)
}

func newGOST(t testing.TB, algorithm gost3410.Algorithm, set asn1.ObjectIdentifier) signer {
	t.Helper()
	key, err := gost3410.GenerateKey(rand.Reader, algorithm, set)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := key.Public().SubjectPublicKeyInfo()
	if err != nil {
		t.Fatal(err)
	}
	s := newECDSA(t, elliptic.P256())
	s.certificate = certifyInstead(t, s, spki)
	s.key = provider{key}
	return s
}

// certifyInstead makes of a signer's certificate, signed by a root with ECDSA, that of another public key.
func certifyInstead(t testing.TB, s signer, spki []byte) *x509.Certificate {
	t.Helper()
	input := cryptobyte.String(s.certificate.RawTBSCertificate)
	var fields cryptobyte.String
	if !input.ReadASN1(&fields, tag.SEQUENCE) {
		t.Fatal("not DER")
	}
	var tbs cryptobyte.Builder
	tbs.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for !fields.Empty() {
			var field cryptobyte.String
			fields.ReadAnyASN1Element(&field, nil)
			if string(field) == string(s.certificate.RawSubjectPublicKeyInfo) {
				field = spki
			}
			b.AddBytes(field)
		}
	})
	with, err := signingWith(s.rootKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	value, err := s.rootKey.Sign(rand.Reader, with.sum(tbs.BytesOrPanic()), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs.BytesOrPanic())
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(with.method.oid) })
		b.AddASN1BitString(value)
	})
	certificate, err := x509.ParseCertificate(b.BytesOrPanic())
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestGOSTSignatures(t *testing.T) {
	for _, c := range []struct {
		algorithm gost3410.Algorithm
		set       asn1.ObjectIdentifier
		aliases   *strings.Replacer
	}{
		{gost3410.R2012b256, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 36, 0}, strings.NewReplacer()},
		{gost3410.R2012b512, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 2, 1}, strings.NewReplacer()},
		{gost3410.R2001, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 36, 0}, strings.NewReplacer(w3c+"gostr", gost+"gostr")},
	} {
		t.Run(string(c.algorithm), func(t *testing.T) {
			s := newGOST(t, c.algorithm, c.set)
			v := NewVerifier(dataInMessage, trust(s.root), signature.Std(), signature.GOST())
			signed := s.sign(t, message, dataInMessage)
			wantVerdict(t, v.Verify([]byte(signed), moment), signature.Valid, "", "")
			wantVerdict(t, v.Verify([]byte(replace(t, signed, "100", "900")), moment), signature.Invalid, signature.SignatureInvalid, "DigestValue")
			wantVerdict(t, v.Verify([]byte(strings.ReplaceAll(signed, "SignedInfo>", "SignedInfo >")), moment), signature.Valid, "", "")
			wantVerdict(t, s.verifier(dataInMessage).Verify([]byte(signed), moment), signature.Invalid, signature.AlgorithmRefused, "certificate.key")

			info := between(t, signed, "<ds:SignedInfo>", "</ds:SignedInfo>") // under the other names of the algorithms
			renamed := s.resigned(t, signed, info, c.aliases.Replace(info))
			wantVerdict(t, v.Verify([]byte(renamed), moment), signature.Valid, "", "")
			for _, other := range []string{"gostr34102012-gostr34112012-256", "gostr34102012-gostr34112012-512", "gostr34102001-gostr3411"} {
				if with, _ := signingWith(s.key.Public()); !strings.HasSuffix(with.method.uris[0], other) {
					doc := s.resigned(t, signed, with.method.uris[0], gost+other)
					wantVerdict(t, v.Verify([]byte(doc), moment), signature.Invalid, signature.AlgorithmRefused, "SignatureMethod")
				}
			}
		})
	}
}

// The signatures of signed messages of state exchange are of their SignedInfo; the digests in them need a transform
// that is not of this package.
func TestReferenceGOSTSignaturesVerify(t *testing.T) {
	dir := os.Getenv("SMDO_REFERENCE")
	if dir == "" {
		t.Log("no reference samples ran")
		return
	}
	samples, err := filepath.Glob(filepath.Join(dir, "smev", "samples-1.1-signed", "*.xml"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	ran := 0
	for _, path := range samples {
		doc, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, string(doc)).Root.walk(func(e *Element) {
			if e.Name != (Name{spaceDS, "Signature"}) {
				return
			}
			v, flaw := Profile{}.readEnvelope(e)
			if flaw != nil {
				t.Fatalf("%s: %+v", path, flaw)
			}
			certificate, err := x509.ParseCertificate(v.certificates[0])
			if err != nil {
				t.Fatal(err)
			}
			unprinted(v.signedInfo)
			checkSignedInfo(t, filepath.Base(path), v.signedInfo, v.value, certificate.RawSubjectPublicKeyInfo)
			ran++
		})
	}
	_, rest, _ := strings.Cut(string(readSample(t, "smev", "signedinfo-vectors", "gost2012-256.txt")), "1.2.643.7.1.1.2.2):\n")
	key, rest, _ := strings.Cut(rest, "\n")
	_, rest, _ = strings.Cut(rest, "||r(32 BE)): ")
	value, _, _ := strings.Cut(rest, "\n")
	info := parse(t, string(readSample(t, "smev", "signedinfo-vectors", "gost2012-256.signedinfo.c14n.xml"))).Root
	checkSignedInfo(t, "gost2012-256", info, decode(t, value), decode(t, key))
	t.Logf("%d signatures of 2001 and one of 2012", ran)
}

// unprinted takes the blanks between elements away again: some samples were printed nicely after they were signed.
func unprinted(e *Element) {
	e.walk(func(e *Element) {
		if len(e.Elements()) > 0 {
			e.Children = slices.DeleteFunc(e.Children, func(n Node) bool {
				text, ok := n.(*Text)
				return ok && strings.TrimSpace(text.Data) == ""
			})
		}
	})
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

func checkSignedInfo(t *testing.T, name string, info *Element, value, spki []byte) {
	t.Helper()
	uri := bareAlgorithm(info.Elements()[1])
	method, ok := signatureByURI(uri)
	canonical, err := exclusive.Element(info)
	if !ok || err != nil {
		t.Fatalf("%s: %s: %v %v", name, uri, ok, err)
	}
	key := signerKey{&x509.Certificate{RawSubjectPublicKeyInfo: spki}, signature.GOST()}
	if err := key.verify(method, canonical, value); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	canonical[len(canonical)-40] ^= 1
	if key.verify(method, canonical, value) == nil {
		t.Errorf("%s: altered, and verifies", name)
	}
}
