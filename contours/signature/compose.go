package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A Signer signs files in somebody's name: with a key in this process, with one that lies outside (KeySigner), or as
// an emulator does.
type Signer interface {
	// Certificate is the certificate that signatures are verified with.
	Certificate() *x509.Certificate

	// Sign returns a detached CAdES-BES signature of a file as DER. It needs the digest that goes with its key:
	// ContentOf has them all, a Digester those of its families.
	Sign(content Content) ([]byte, error)
}

// composer writes a CAdES-BES message (ETSI EN 319 122-1, 5.2) with one signer: detached, or around what it carries.
type composer struct {
	value       func(message []byte) ([]byte, error) // makes the bare signature over the signed attributes
	certificate *x509.Certificate
	others      []*x509.Certificate // of authorities, for the verifier's convenience
	algorithm   Algorithm
	signingTime time.Time
	carried     *carried // nil: detached
}

// carried is content inside a message, of a type that is not id-data.
type carried struct {
	contentType asn1.ObjectIdentifier
	content     []byte
}

// contentType is what the message is over.
func (c *composer) contentType() asn1.ObjectIdentifier {
	if c.carried == nil {
		return oidData
	}
	return c.carried.contentType
}

// sign signs the content, by the digest that goes with the algorithm.
func (c *composer) sign(content Content) ([]byte, error) {
	hash := c.algorithm.suite().hash
	digest := content.Digest(hash)
	if digest == nil {
		return nil, fmt.Errorf("sign: no %s digest of the file was taken", hash.Name)
	}
	return c.compose(digest)
}

func (c *composer) compose(digest []byte) ([]byte, error) {
	return c.composeAttributes(c.attributes(digest))
}

func (c *composer) composeAttributes(attributes []byte) ([]byte, error) {
	signature, err := c.value(asSet(attributes))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	certificates := [][]byte{c.certificate.Raw}
	for _, o := range c.others {
		certificates = append(certificates, o.Raw)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // ContentInfo
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(contextTag(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SignedData
				b.AddASN1Uint64(c.version())
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, c.algorithm.suite().hash.OID, nil) })
				b.AddASN1(cbasn1.SEQUENCE, c.addContent)
				b.AddASN1(contextTag(0), func(b *cryptobyte.Builder) { b.AddBytes(sorted(certificates)) })
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { c.addSigner(b, attributes, signature) })
			})
		})
	})
	return b.Bytes()
}

// version: RFC 5652, 5.1.
func (c *composer) version() uint64 {
	if c.carried == nil {
		return 1
	}
	return 3
}

func (c *composer) addContent(b *cryptobyte.Builder) {
	b.AddASN1ObjectIdentifier(c.contentType())
	if c.carried != nil {
		b.AddASN1(contextTag(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(c.carried.content) })
	}
}

func (c *composer) addSigner(b *cryptobyte.Builder, attributes, signature []byte) {
	id, _ := scanCertificate(c.certificate.Raw)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(id.issuer); b.AddBytes(id.serial) })
		addAlgorithm(b, c.algorithm.suite().hash.OID, nil)
		b.AddASN1(contextTag(0), func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
		addAlgorithm(b, c.algorithm.suite().signature, c.algorithm.suite().parameters)
		b.AddASN1OctetString(signature)
	})
}

// attributes returns the signed attributes without the tag of their set.
func (c *composer) attributes(digest []byte) []byte {
	sum := sha256.Sum256(c.certificate.Raw)
	return sorted([][]byte{
		attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(c.contentType()) }),
		attribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attribute(oidSigningTime, func(b *cryptobyte.Builder) { b.AddASN1UTCTime(c.signingTime.UTC()) }),
		signingCertificate(func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum[:]) }), // SHA-256 by default
	})
}

// signingCertificate is the attribute SigningCertificateV2 around one ESSCertIDv2.
func signingCertificate(id cryptobyte.BuilderContinuation) []byte {
	return attribute(oidSigningCertificateV2, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1(cbasn1.SEQUENCE, id) })
		})
	})
}

func attribute(oid asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(cbasn1.SET, value)
	})
	return b.BytesOrPanic()
}

// sorted puts the elements of a SET OF into DER order.
func sorted(elements [][]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return bytes.Join(elements, nil)
}

func algorithmIdentifier(oid asn1.ObjectIdentifier, parameters []byte) []byte {
	var b cryptobyte.Builder
	addAlgorithm(&b, oid, parameters)
	return b.BytesOrPanic()
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, parameters []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddBytes(parameters)
	})
}

func derNULL() []byte { return []byte{byte(cbasn1.NULL), 0} }
