package signature

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"
	"sort"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidReasonCode        = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidInvalidityDate    = asn1.ObjectIdentifier{2, 5, 29, 24}
	oidCertificateIssuer = asn1.ObjectIdentifier{2, 5, 29, 29}
)

// maxSerial bounds a serial number in octets; RFC 5280, 4.1.2.2, allows 20.
const maxSerial = 64

// RevocationReason says why a certificate was revoked (RFC 5280, 5.3.1).
type RevocationReason int

// CertificateHold is a revocation that may be lifted (приостановление действия); the certificate is then simply
// missing in the next list.
const CertificateHold RevocationReason = 6

const removeFromCRL RevocationReason = 8 // in delta lists alone

func (r RevocationReason) String() string {
	names := [...]string{"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
		"cessationOfOperation", "certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise"}
	if r < 0 || int(r) >= len(names) || names[r] == "" {
		return fmt.Sprintf("reason %d", int(r))
	}
	return names[r]
}

// crlEntry says where an entry of a list lies among its entries.
type crlEntry struct {
	serial uint32 // where the serial number's value begins
	end    uint32 // of the entry
	length uint8  // of the serial number's value
}

func (c *CRL) serial(e crlEntry) []byte { return c.revoked[e.serial : e.serial+uint32(e.length)] }

// index checks every entry once and sorts them by serial number.
func (c *CRL) index() error {
	rest := cryptobyte.String(c.revoked)
	for !rest.Empty() {
		var body, serial cryptobyte.String
		if !rest.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&serial, cbasn1.INTEGER) || len(serial) > maxSerial {
			return refusedCRL("an entry is malformed")
		}
		end := len(c.revoked) - len(rest)
		e := crlEntry{serial: uint32(end - len(body) - len(serial)), end: uint32(end), length: uint8(len(serial))}
		if _, err := parseRevoked(body); err != nil {
			return err
		}
		c.entries = append(c.entries, e)
	}
	c.entries = slices.Clip(c.entries)
	slices.SortFunc(c.entries, func(a, b crlEntry) int { return bytes.Compare(c.serial(a), c.serial(b)) })
	return nil
}

// revoked is what an entry says of a certificate.
type revoked struct {
	at     time.Time
	reason RevocationReason
}

// find returns the entry of a serial number, an INTEGER's value; of several the earliest.
func (c *CRL) find(serial []byte) (found revoked, ok bool) {
	first := sort.Search(len(c.entries), func(i int) bool { return bytes.Compare(c.serial(c.entries[i]), serial) >= 0 })
	for _, e := range c.entries[first:] {
		if !bytes.Equal(c.serial(e), serial) {
			break
		}
		r, _ := parseRevoked(c.revoked[e.serial+uint32(e.length) : e.end]) // index has seen it
		if !ok || r.at.Before(found.at) {
			found, ok = r, true
		}
	}
	return found, ok
}

// parseRevoked reads what follows the serial number of an entry. The date of invalidity is a statement about the
// key, for people to weigh; certificates are revoked as from the date of revocation (ETSI EN 319 102-1, 5.2.5.4).
func parseRevoked(body cryptobyte.String) (r revoked, err error) {
	if !readTime(&body, &r.at) {
		return r, refusedCRL("the date of an entry is malformed")
	}
	if body.Empty() {
		return r, nil
	}
	var extensions cryptobyte.String
	if !body.ReadASN1(&extensions, cbasn1.SEQUENCE) || !body.Empty() {
		return r, refusedCRL("the extensions of an entry are malformed")
	}
	for !extensions.Empty() {
		e, ok := readExtension(&extensions)
		if !ok {
			return r, refusedCRL("an extension of an entry is malformed")
		}
		switch {
		case e.id.Equal(oidReasonCode):
			var reason int
			if !e.value.ReadASN1Enum(&reason) || !e.value.Empty() {
				return r, refusedCRL("a reason code is malformed")
			}
			if r.reason = RevocationReason(reason); r.reason == removeFromCRL {
				return r, refusedCRL("an entry of a delta list")
			}
		case e.id.Equal(oidCertificateIssuer):
			return r, refusedCRL("an indirect list")
		case e.critical && !e.id.Equal(oidInvalidityDate):
			return r, refusedCRL("unknown critical extension " + e.id.String() + " of an entry")
		}
	}
	return r, nil
}
