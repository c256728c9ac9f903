package signature

import (
	"crypto/sha1"
	"crypto/sha512"
	"encoding/asn1"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Here the signer himself signs odd attributes: the signature is right, and still they have to be.
func TestSignedAttributesAreHeldToTheProfile(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	leaf := root.issue()
	id, _ := scanCertificate(leaf.certificate.Raw)
	other, _ := scanCertificate(root.issue().certificate.Raw)
	verifier := trusting(t, root)

	value := func(oid asn1.ObjectIdentifier, v cryptobyte.BuilderContinuation) []byte { return attribute(oid, v) }
	octets := func(tag cbasn1.Tag, body string) cryptobyte.BuilderContinuation {
		return func(b *cryptobyte.Builder) { b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(body)) }) }
	}
	contentType := value(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
	digest := value(oidMessageDigest, octets(cbasn1.OCTET_STRING, string(ContentOf(file).Digests[SHA256])))
	sum512, sum1 := sha512.Sum512(leaf.certificate.Raw), sha1.Sum(leaf.certificate.Raw)
	with := func(oid asn1.ObjectIdentifier, sum []byte, more ...[]byte) []byte {
		return signingCertificate(func(b *cryptobyte.Builder) {
			if oid != nil {
				addAlgorithm(b, oid, nil)
			}
			b.AddASN1OctetString(sum)
			for _, m := range more {
				b.AddBytes(m)
			}
		})
	}
	issuerSerial := func(issuer, serial []byte) []byte {
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(contextTag(4), func(b *cryptobyte.Builder) { b.AddBytes(issuer) })
			})
			b.AddBytes(serial)
		})
		return b.BytesOrPanic()
	}
	sum256 := sumOf(leaf.certificate)
	certificate := with(nil, sum256)
	cases := []struct {
		name       string
		attributes [][]byte
		reason     Reason
		field      string
	}{
		{"the least there is", [][]byte{contentType, digest, certificate}, "", ""},
		{"no content type", [][]byte{digest, certificate}, Malformed, "contentType"},
		{"another content type", [][]byte{value(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSignedData) }), digest, certificate}, Malformed, "contentType"},
		{"no digest", [][]byte{contentType, certificate}, Malformed, fieldDigest},
		{"empty digest", [][]byte{contentType, value(oidMessageDigest, octets(cbasn1.OCTET_STRING, "")), certificate}, SignatureInvalid, fieldDigest},
		{"no certificate named", [][]byte{contentType, digest}, Malformed, "signingCertificateV2"},
		{"certificate by SHA-512", [][]byte{contentType, digest, with(oidSHA512, sum512[:])}, "", ""},
		{"certificate by SHA-256, stated", [][]byte{contentType, digest, with(oidSHA256, sum256)}, "", ""},
		{"certificate by SHA-1", [][]byte{contentType, digest, with(asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, sum1[:])}, AlgorithmRefused, "signingCertificateV2"},
		{"another certificate", [][]byte{contentType, digest, with(nil, sumOf(root.certificate))}, SignatureInvalid, "signingCertificateV2"},
		{"issuer and serial", [][]byte{contentType, digest, with(nil, sum256, issuerSerial(id.issuer, id.serial))}, "", ""},
		{"another serial", [][]byte{contentType, digest, with(nil, sum256, issuerSerial(id.issuer, other.serial))}, SignatureInvalid, "signingCertificateV2"},
		{"broken issuer", [][]byte{contentType, digest, with(nil, sum256, []byte{5, 0})}, Malformed, "signingCertificateV2"},
		{"broken certificate", [][]byte{contentType, digest, value(oidSigningCertificateV2, octets(cbasn1.OCTET_STRING, "x"))}, Malformed, "signingCertificateV2"},
		{"time after 2049", [][]byte{contentType, digest, certificate, value(oidSigningTime, octets(cbasn1.GeneralizedTime, "20500101000000Z"))}, "", ""},
		{"no time at all", [][]byte{contentType, digest, certificate, value(oidSigningTime, octets(cbasn1.UTCTime, "вчера"))}, Malformed, "signingTime"},
		{"unknown attribute", [][]byte{contentType, digest, certificate, value(asn1.ObjectIdentifier{1, 2, 3}, octets(cbasn1.OCTET_STRING, "x"))}, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			compose := composer{value: leaf.with(ECDSAP256), certificate: leaf.certificate, algorithm: ECDSAP256}
			cms, err := compose.composeAttributes(sorted(c.attributes))
			if err != nil {
				t.Fatal(err)
			}
			status := Invalid
			if c.reason == "" {
				status = Valid
			}
			wantVerdict(t, verifier.Verify(cms, ContentOf(file), moment), status, c.reason, c.field)
		})
	}
}
