package timestamp

import (
	"bytes"
	"encoding/asn1"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Verifier checks tokens against a trust store of time-stamping authorities. It may be used by many goroutines.
type Verifier struct {
	// Policies are those of authorities that are accepted here; nil accepts all. Set it before the first use.
	Policies []asn1.ObjectIdentifier

	// Authorities checks the authorities' signatures. Their revocation is set here, before the first use.
	Authorities *signature.Verifier
}

// NewVerifier allows the given families, and no others, for imprints and for signatures of authorities.
func NewVerifier(trust *signature.TrustStore, families ...signature.Family) *Verifier {
	return &Verifier{Authorities: signature.NewStampVerifier(trust, families...)}
}

// Verify checks a token, DER, over something of which over tells the digests. The authority's certificates have to be
// good at the moment that the token states, for until then nobody else vouched for them.
func (v *Verifier) Verify(token []byte, over signature.Content) signature.Stamp {
	carrier, err := parseCarrier(token)
	if err != nil {
		return refuse(signature.Stamp{}, signature.Malformed, "timeStamp", err.Error())
	}
	info, err := parseInfo(carrier.Content())
	if err != nil {
		return refuse(signature.Stamp{}, signature.Malformed, "timeStamp.info", err.Error())
	}
	stamp := signature.Stamp{
		Time: info.Time, Accuracy: info.Accuracy, Ordering: info.Ordering,
		Policy: info.Policy.String(), Serial: fmt.Sprintf("%x", info.Serial),
	}
	verdict := v.Authorities.VerifyCarrier(carrier, info.Time)
	stamp.Status, stamp.Reason, stamp.Field, stamp.Detail = verdict.Status, verdict.Reason, verdict.Field, verdict.Detail
	stamp.Authority = verdict.Signers[0]
	if stamp.Status == signature.Invalid {
		return stamp
	}
	if !v.accepts(info.Policy) {
		return refuse(stamp, signature.Untrusted, "timeStamp.policy", "policy "+info.Policy.String()+" not accepted")
	}
	return v.checkImprint(stamp, info, over)
}

// checkImprint holds what was stamped against what should have been.
func (v *Verifier) checkImprint(stamp signature.Stamp, info Info, over signature.Content) signature.Stamp {
	hash, ok := v.Authorities.HashOf(info.Hash)
	if !ok {
		return refuse(stamp, signature.AlgorithmRefused, "timeStamp.imprint", "digest "+info.Hash.String()+" not allowed")
	}
	digest := over.Digest(hash)
	switch {
	case digest == nil: // the caller took fewer than Authorities.Hashes
		stamp.Status, stamp.Reason = signature.Undeterminable, signature.AlgorithmRefused
		stamp.Field, stamp.Detail = "timeStamp.imprint", "no "+string(hash.Name)+" digest was taken"
	case !bytes.Equal(digest, info.Digest):
		return refuse(stamp, signature.SignatureInvalid, "timeStamp.imprint", "the stamp is of something else")
	}
	return stamp
}

func (v *Verifier) accepts(policy asn1.ObjectIdentifier) bool {
	for _, p := range v.Policies {
		if p.Equal(policy) {
			return true
		}
	}
	return v.Policies == nil
}

func refuse(s signature.Stamp, reason signature.Reason, field, detail string) signature.Stamp {
	s.Status, s.Reason, s.Field, s.Detail = signature.Invalid, reason, field, detail
	return s
}
