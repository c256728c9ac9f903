package signature

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxCRL bounds a revocation list, in octets: more than a million entries.
const maxCRL = 64 << 20

// ErrCRL says that octets are not a revocation list that we can use. What is not understood is refused, since a
// list of which a part is passed over might have named the certificate in question.
var ErrCRL = errors.New("revocation list refused")

func refusedCRL(why string) error { return fmt.Errorf("%w: %s", ErrCRL, why) }

// A CRL is a list of revoked certificates (список отозванных сертификатов, СОС; RFC 5280, 5) that its issuer
// signs anew every few hours or days. It keeps the octets of the list and an index of 12 octets an entry, sorted
// by serial number. It does not change and may be used by many goroutines.
type CRL struct {
	ThisUpdate time.Time // when it was issued
	NextUpdate time.Time // when the issuer will have issued another
	Number     *big.Int  // grows from list to list; nil when not stated

	issuer    []byte // Name
	keyID     []byte // of the issuer; nil when not stated
	scope     crlScope
	tbs       []byte
	algorithm pkix.AlgorithmIdentifier
	signature []byte
	revoked   []byte     // the entries one after the other
	entries   []crlEntry // where each lies, by serial number
}

// ParseCRL reads a complete revocation list, DER or PEM, and keeps the data. Its signature is not checked: RevocationStore does that.
// Delta and indirect lists, lists for some reasons only, and unknown critical extensions are refused with ErrCRL.
func ParseCRL(data []byte) (*CRL, error) {
	if len(data) > maxCRL {
		return nil, refusedCRL("longer than 64 MiB")
	}
	if bytes.HasPrefix(data, []byte("-----BEGIN")) {
		block, rest := pem.Decode(data)
		if block == nil || block.Type != "X509 CRL" || len(bytes.TrimSpace(rest)) != 0 {
			return nil, refusedCRL("not one X509 CRL in PEM")
		}
		data = block.Bytes
	}
	if err := checkDER(data, 0); err != nil {
		return nil, refusedCRL(err.Error())
	}
	return parseCRL(data)
}

func parseCRL(der []byte) (*CRL, error) {
	c := new(CRL)
	input := cryptobyte.String(der)
	var list, tbs, element cryptobyte.String
	var ok bool
	if !input.ReadASN1(&list, cbasn1.SEQUENCE) || !input.Empty() || !list.ReadASN1Element(&element, cbasn1.SEQUENCE) {
		return nil, refusedCRL("not a CertificateList")
	}
	c.tbs = element
	if c.algorithm, ok = readAlgorithm(&list); !ok || !list.ReadASN1BitStringAsBytes(&c.signature) || !list.Empty() {
		return nil, refusedCRL("not a CertificateList")
	}
	if !element.ReadASN1(&tbs, cbasn1.SEQUENCE) {
		return nil, refusedCRL("not a TBSCertList")
	}
	return c, c.parseTBS(tbs)
}

// parseTBS: RFC 5280, 5.1.2. Version 1, which knows no extensions, is gone from practice and is refused.
func (c *CRL) parseTBS(tbs cryptobyte.String) error {
	var version int
	if !tbs.PeekASN1Tag(cbasn1.INTEGER) || !tbs.ReadASN1Integer(&version) || version != 1 {
		return refusedCRL("not of version 2")
	}
	inner, ok := readAlgorithm(&tbs)
	if !ok || !sameAlgorithm(inner, c.algorithm) {
		return refusedCRL("the two algorithm identifiers differ")
	}
	if !tbs.ReadASN1Element((*cryptobyte.String)(&c.issuer), cbasn1.SEQUENCE) || !readTime(&tbs, &c.ThisUpdate) {
		return refusedCRL("issuer or thisUpdate malformed")
	}
	if tbs.Empty() || !tbs.PeekASN1Tag(cbasn1.UTCTime) && !tbs.PeekASN1Tag(cbasn1.GeneralizedTime) {
		return refusedCRL("no nextUpdate") // RFC 5280, 5.1.2.5; without it nobody can tell when the list is stale
	}
	if !readTime(&tbs, &c.NextUpdate) || !c.NextUpdate.After(c.ThisUpdate) {
		return refusedCRL("nextUpdate malformed, or not after thisUpdate")
	}
	if tbs.PeekASN1Tag(cbasn1.SEQUENCE) {
		if !tbs.ReadASN1((*cryptobyte.String)(&c.revoked), cbasn1.SEQUENCE) {
			return refusedCRL("revokedCertificates malformed")
		}
		if err := c.index(); err != nil {
			return err
		}
	}
	var extensions cryptobyte.String
	if !tbs.ReadOptionalASN1(&extensions, nil, contextTag(0)) || !tbs.Empty() {
		return refusedCRL("not a TBSCertList")
	}
	return c.parseExtensions(extensions)
}

func sameAlgorithm(a, b pkix.AlgorithmIdentifier) bool {
	return a.Algorithm.Equal(b.Algorithm) && bytes.Equal(a.Parameters.FullBytes, b.Parameters.FullBytes)
}

// Len is the number of entries.
func (c *CRL) Len() int { return len(c.entries) }

// Issuer is the distinguished name of the issuer, RFC 2253.
func (c *CRL) Issuer() string {
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(c.issuer, &name); err != nil || len(rest) > 0 {
		return fmt.Sprintf("%x", c.issuer)
	}
	return name.String()
}

// newer reports whether c was issued after other, and by its number too. Equal lists are not newer, and neither is
// one whose number and date contradict each other.
func (c *CRL) newer(other *CRL) bool {
	number := 0
	if c.Number != nil && other.Number != nil {
		number = c.Number.Cmp(other.Number)
	}
	date := c.ThisUpdate.Compare(other.ThisUpdate)
	return number >= 0 && date >= 0 && number+date > 0
}
