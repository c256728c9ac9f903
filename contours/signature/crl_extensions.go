package signature

import (
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidCRLNumber                = asn1.ObjectIdentifier{2, 5, 29, 20}
	oidDeltaCRL                 = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidAuthorityKeyID           = asn1.ObjectIdentifier{2, 5, 29, 35}
)

const formURI = cbasn1.Tag(6 | 0x80)

// crlExtension is an Extension (RFC 5280, 4.1).
type crlExtension struct {
	id       asn1.ObjectIdentifier
	critical bool
	value    cryptobyte.String
}

func readExtension(input *cryptobyte.String) (e crlExtension, ok bool) {
	var body cryptobyte.String
	ok = input.ReadASN1(&body, cbasn1.SEQUENCE) && body.ReadASN1ObjectIdentifier(&e.id)
	if ok && body.PeekASN1Tag(cbasn1.BOOLEAN) {
		ok = body.ReadASN1Boolean(&e.critical) && e.critical // DER leaves the default out
	}
	return e, ok && body.ReadASN1(&e.value, cbasn1.OCTET_STRING) && body.Empty()
}

// parseExtensions reads the extensions of a list (RFC 5280, 5.2). Those that are not critical and not known here
// change nothing of what the list says.
func (c *CRL) parseExtensions(explicit cryptobyte.String) error {
	if len(explicit) == 0 {
		return nil
	}
	var all cryptobyte.String
	if !explicit.ReadASN1(&all, cbasn1.SEQUENCE) || !explicit.Empty() {
		return refusedCRL("the extensions are malformed")
	}
	seen := make(map[string]bool)
	for !all.Empty() {
		e, ok := readExtension(&all)
		if !ok || seen[e.id.String()] || len(seen) == 32 {
			return refusedCRL("an extension is malformed or stands twice")
		}
		seen[e.id.String()] = true
		switch {
		case e.id.Equal(oidCRLNumber):
			c.Number = new(big.Int)
			ok = e.value.ReadASN1Integer(c.Number) && e.value.Empty() && c.Number.Sign() >= 0 && c.Number.BitLen() <= 8*maxSerial
		case e.id.Equal(oidAuthorityKeyID):
			var body cryptobyte.String
			ok = e.value.ReadASN1(&body, cbasn1.SEQUENCE) && e.value.Empty() &&
				body.ReadOptionalASN1((*cryptobyte.String)(&c.keyID), nil, cbasn1.Tag(0).ContextSpecific())
		case e.id.Equal(oidDeltaCRL):
			return refusedCRL("a delta list")
		case e.id.Equal(oidIssuingDistributionPoint):
			if err := c.scope.parse(e.value); err != nil {
				return err
			}
		case e.critical:
			return refusedCRL("unknown critical extension " + e.id.String())
		}
		if !ok {
			return refusedCRL("extension " + e.id.String() + " is malformed")
		}
	}
	return nil
}

// crlScope says which certificates of its issuer a list speaks of; the zero value is all of them.
type crlScope struct {
	der                        string // tells scopes apart
	onlyUsers, onlyAuthorities bool
	addresses                  []string // of the part of a divided list
}

// parse reads an IssuingDistributionPoint (RFC 5280, 5.2.5).
func (s *crlScope) parse(value cryptobyte.String) error {
	s.der = string(value)
	var body, point cryptobyte.String
	var divided bool
	malformed := refusedCRL("issuingDistributionPoint is malformed")
	if !value.ReadASN1(&body, cbasn1.SEQUENCE) || !value.Empty() || !body.ReadOptionalASN1(&point, &divided, contextTag(0)) {
		return malformed
	}
	if divided {
		if err := s.readAddresses(point); err != nil {
			return err
		}
	}
	var reasons cryptobyte.String
	var some, attributes, indirect bool
	if !readFlag(&body, 1, &s.onlyUsers) || !readFlag(&body, 2, &s.onlyAuthorities) ||
		!body.ReadOptionalASN1(&reasons, &some, cbasn1.Tag(3).ContextSpecific()) ||
		!readFlag(&body, 4, &indirect) || !readFlag(&body, 5, &attributes) || !body.Empty() {
		return malformed
	}
	switch {
	case some:
		return refusedCRL("a list for some reasons only")
	case indirect:
		return refusedCRL("an indirect list")
	case attributes:
		return refusedCRL("a list of attribute certificates")
	case s.onlyUsers && s.onlyAuthorities:
		return malformed
	}
	return nil
}

// readAddresses reads a DistributionPointName: the addresses of one part of a divided list.
func (s *crlScope) readAddresses(point cryptobyte.String) error {
	var full cryptobyte.String
	if !point.ReadASN1(&full, contextTag(0)) || !point.Empty() {
		return refusedCRL("issuingDistributionPoint without full names")
	}
	for !full.Empty() {
		var name generalName
		if !readName(&full, &name) {
			return refusedCRL("issuingDistributionPoint is malformed")
		}
		if name.form == formURI {
			s.addresses = append(s.addresses, string(name.value))
		}
	}
	if len(s.addresses) == 0 {
		return refusedCRL("issuingDistributionPoint without an address")
	}
	return nil
}

// readFlag reads [n] BOOLEAN DEFAULT FALSE.
func readFlag(input *cryptobyte.String, n uint8, flag *bool) bool {
	var value cryptobyte.String
	if !input.ReadOptionalASN1(&value, flag, cbasn1.Tag(n).ContextSpecific()) {
		return false
	}
	return !*flag || len(value) == 1 && value[0] == 0xff
}

// covers reports whether the list would name the certificate, were it revoked. A part of a divided list
// speaks of those certificates that name its address (RFC 5280, 6.3.3, b).
func (s *crlScope) covers(certificate *x509.Certificate) bool {
	if s.onlyUsers && certificate.IsCA || s.onlyAuthorities && !certificate.IsCA {
		return false
	}
	return len(s.addresses) == 0 || slices.ContainsFunc(s.addresses, func(address string) bool {
		return slices.Contains(certificate.CRLDistributionPoints, address)
	})
}
