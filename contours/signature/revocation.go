package signature

import (
	"crypto/x509"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// RevocationRule says what becomes of a signature whose certificate may or may not have been revoked.
type RevocationRule string

const (
	AcceptMarked RevocationRule = ""       // valid; the verdict says what is known
	Hold         RevocationRule = "hold"   // undeterminable, until a list comes
	Refuse       RevocationRule = "refuse" // invalid
)

// RevocationPolicy has a rule for each kind of ignorance. Chains of an emulator are exempt: an exercise without
// lists is no fault.
type RevocationPolicy struct {
	Unknown RevocationRule // no list or responder speaks of a certificate
	Stale   RevocationRule // the last list has run out, and the grace of the store too
}

// standing is what is known about the revocation of one certificate as at one moment.
type standing struct {
	state  Revocation
	time   time.Time // of the statement, or of the revocation
	reason RevocationReason
}

// better reports whether s tells more about one certificate than other: a revocation before all; of equal
// standings the one from later.
func (s standing) better(other standing) bool {
	return s.state.worth() > other.state.worth() || s.state == other.state && s.time.After(other.time)
}

// worth orders what can be known by how much it tells.
func (r Revocation) worth() int {
	switch r {
	case Revoked:
		return 3
	case Good:
		return 2
	case Stale:
		return 1
	}
	return 0
}

// judge says what a statement issued at thisUpdate, to be followed by another at nextUpdate, means for a
// certificate that it does or does not call revoked. What is called revoked later was good before.
func judge(r *revoked, at, thisUpdate, nextUpdate time.Time, grace time.Duration) standing {
	switch {
	case r != nil && !r.at.After(at):
		return standing{Revoked, r.at, r.reason}
	case at.After(nextUpdate.Add(grace)):
		return standing{state: Stale, time: thisUpdate}
	}
	return standing{state: Good, time: thisUpdate}
}

// standing says what the list knows of a certificate of its issuer. Issuers drop certificates that have expired (RFC
// 5280, 3.3), so that of those a list proves nothing by silence.
func (c *CRL) standing(certificate *x509.Certificate, at time.Time, grace time.Duration) standing {
	r, listed := c.find(serialOf(certificate))
	switch {
	case listed:
		return judge(&r, at, c.ThisUpdate, c.NextUpdate, grace)
	case !c.scope.covers(certificate) || certificate.NotAfter.Before(c.ThisUpdate):
		return standing{state: Unknown}
	}
	return judge(nil, at, c.ThisUpdate, c.NextUpdate, grace)
}

// serialOf is the INTEGER's value as it stands in the certificate.
func serialOf(certificate *x509.Certificate) []byte {
	id, _ := scanCertificate(certificate.Raw)
	var value cryptobyte.String
	input := cryptobyte.String(id.serial)
	input.ReadASN1(&value, cbasn1.INTEGER)
	return value
}

// checkRevocation looks at every certificate of a chain but the root. Nothing of it is cached with the chain: lists
// change, and so do moments.
//
// TODO(chain): RFC 4158, 3.5: another way to a root, around a revoked authority, is not looked for.
func (c *signerCheck) checkRevocation(chain *verifiedChain) *flaw {
	store := c.verifier.Revocation
	if store == nil {
		return nil
	}
	root := len(chain.links) - 1
	c.verdict.Revocation = Good
	carried := store.examine(c.data.lists)
	for i, a := range chain.links[:root] {
		s := store.standing(a.certificate, chain.links[i+1].certificate, c.at, carried...)
		if s.state == Revoked {
			c.verdict.Revocation, c.verdict.RevocationTime = Revoked, s.time
			return invalid(Untrusted, revokedField(i, s.reason), fmt.Sprintf("revoked %s, %s", s.time.Format(time.RFC3339), s.reason))
		}
		c.verdict.lean(s)
	}
	if chain.links[root].emulator {
		return nil
	}
	policy := c.verifier.RevocationPolicy
	switch c.verdict.Revocation {
	case Unknown:
		return policy.Unknown.flaw(fieldUnknown, "no revocation list for a certificate of the chain")
	case Stale:
		return policy.Stale.flaw(fieldStale, "the revocation list of "+c.verdict.RevocationTime.Format(time.RFC3339)+" has run out")
	}
	return nil
}

// lean takes up what is known of one more certificate, which is not revoked.
func (v *SignerVerdict) lean(s standing) {
	if s.state.worth() < v.Revocation.worth() {
		v.Revocation = s.state
	}
	if v.Revocation == Unknown {
		v.RevocationTime = time.Time{}
	} else if v.RevocationTime.IsZero() || s.time.Before(v.RevocationTime) {
		v.RevocationTime = s.time
	}
}

func revokedField(link int, reason RevocationReason) string {
	switch {
	case link > 0:
		return fieldIssuer
	case reason == CertificateHold:
		return fieldSuspended
	}
	return fieldRevoked
}

func (r RevocationRule) flaw(field, detail string) *flaw {
	switch r {
	case AcceptMarked:
		return nil
	case Hold:
		return &flaw{Undeterminable, RevocationOpen, field, detail}
	}
	return invalid(RevocationOpen, field, detail) // a rule we do not know refuses
}
