package signature

import (
	"encoding/asn1"
	"errors"
	"time"
)

// NewStampVerifier checks signers as time-stamping authorities: of their certificates it asks the purpose
// timeStamping and no other. It shares nothing with verifiers of documents, who refuse such signers.
func NewStampVerifier(trust *TrustStore, families ...Family) *Verifier {
	v := NewVerifier(trust, families...)
	v.purpose = timeStamps{}
	return v
}

// A Carrier is a CMS message that carries its content inside, as a time-stamp token does, read but not verified.
type Carrier struct{ data *signedData }

// ErrMalformed says that bytes are not a CMS message of the profile.
var ErrMalformed = errors.New("malformed CMS message")

// ParseCarrier reads DER of a SignedData that carries content of the given type, which is not id-data. The message
// must not change while the Carrier is used.
func ParseCarrier(der []byte, contentType asn1.ObjectIdentifier) (*Carrier, error) {
	if len(der) > maxCMS || contentType.Equal(oidData) {
		return nil, ErrMalformed
	}
	data, flaw := parseMessage(der, contentType)
	if flaw != nil {
		return nil, errors.Join(ErrMalformed, flaw)
	}
	return &Carrier{data}, nil
}

// Content is what the message carries, not copied.
func (c *Carrier) Content() []byte { return c.data.content }

// Signers is the number of its signers, at least one.
func (c *Carrier) Signers() int { return len(c.data.signers) }

// VerifyCarrier checks the signatures of c over its own content. Certificates have to be good at the moment at.
func (v *Verifier) VerifyCarrier(c *Carrier, at time.Time) Verdict {
	return v.verify(c.data, ContentOf(c.data.content), at)
}

// HashOf returns the digest algorithm that a family of this verifier has under an identifier.
func (v *Verifier) HashOf(oid asn1.ObjectIdentifier) (Hash, bool) { return hashByOID(v.hashes, oid) }
