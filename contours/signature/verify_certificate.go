package signature

import (
	"crypto/sha256"
	"time"
)

// VerifyCertificate checks the certificate of a signer, DER, whose signature was checked elsewhere, as in XML: purpose,
// validity at a moment, chain with the help of others that came along, and revocation.
func (v *Verifier) VerifyCertificate(der []byte, others [][]byte, at time.Time) SignerVerdict {
	c := signerCheck{verifier: v, chains: v.chains(), data: &signedData{certificates: others}, at: at}
	c.verdict = SignerVerdict{Status: Valid, Revocation: NotChecked, Time: at, TimeSource: ReceiptTime}
	sum := sha256.Sum256(der)
	known := c.chains.get(sum)
	leaf, family, flaw := c.signer(der, known)
	if flaw == nil {
		flaw = c.checkTrust(sum, leaf, family, known)
	}
	if flaw != nil {
		c.verdict.Status, c.verdict.Reason, c.verdict.Field, c.verdict.Detail = flaw.status, flaw.reason, flaw.field, flaw.detail
	}
	return c.verdict
}
