package signature

import (
	"fmt"
	"time"
)

// checkCompromise: RFC 3161, 4: whoever has stolen the key of a time-stamping authority can stamp for any moment, so
// that of a chain revoked for that or for an unknown reason nothing counts any more, stamps from before included.
// Revoked because the authority was renamed, replaced or closed, what it stamped before counts still.
//
// TODO(revocation): lists alone are asked; an answer of OCSP counts as at the moment of the stamp.
func (c *signerCheck) checkCompromise(chain *verifiedChain) *flaw {
	store := c.verifier.Revocation
	if _, stamps := c.verifier.purpose.(timeStamps); !stamps || store == nil {
		return nil
	}
	const affiliationChanged, superseded, cessationOfOperation = 3, 4, 5
	ever := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) // RFC 5280, 4.1.2.5: no moment is later
	for i, a := range chain.links[:len(chain.links)-1] {
		s := store.listed(a.certificate, chain.links[i+1].certificate, ever)
		if s.state != Revoked || s.reason == affiliationChanged || s.reason == superseded || s.reason == cessationOfOperation {
			continue
		}
		c.verdict.Revocation, c.verdict.RevocationTime = Revoked, s.time
		return invalid(Untrusted, revokedField(i, s.reason), fmt.Sprintf("revoked %s, %s, with all its stamps", s.time.Format(time.RFC3339), s.reason))
	}
	return nil
}
