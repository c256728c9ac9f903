package xmldsig

import (
	"errors"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Trust decides whether a signer's certificate, DER, leads to a trusted root as at a moment, with the help of others
// that came along. It tells of the signer and the chain, and of nothing else, in its verdict.
type Trust func(certificate []byte, others [][]byte, at time.Time) signature.SignerVerdict

// A Verifier checks the signatures of documents of one profile. It may be used by many goroutines at once.
type Verifier struct {
	profile  Profile
	trust    Trust
	families []signature.Family
}

// NewVerifier allows the algorithms of the given families, and no others.
func NewVerifier(profile Profile, trust Trust, families ...signature.Family) *Verifier {
	return &Verifier{profile, trust, families}
}

// Verdict is the finding about the signature of a document.
type Verdict struct {
	signature.SignerVerdict

	// Octets are what was signed: what the digest is of, and Root is the root of its tree. They are nil unless the
	// verdict is Valid. Nothing else of the document is vouched for: not comments, nor what a prefix inside a value
	// stands for where the canonicalization left out its declaration.
	Octets []byte
	Root   *Element
}

// Verify checks the signature of a document. Certificates have to be good at the moment at, the time of receipt.
func (v *Verifier) Verify(doc []byte, at time.Time) Verdict {
	c := check{Verifier: v, at: at}
	c.verdict.SignerVerdict = signature.SignerVerdict{Time: at, TimeSource: signature.ReceiptTime, Revocation: signature.NotChecked}
	if flaw := c.run(doc); flaw != nil {
		c.verdict.Status, c.verdict.Reason, c.verdict.Field, c.verdict.Detail = flaw.status, flaw.reason, flaw.field, flaw.detail
	}
	if c.verdict.Status != signature.Valid {
		c.verdict.Octets, c.verdict.Root = nil, nil
	}
	return c.verdict
}

// check is the check of one document.
type check struct {
	*Verifier
	at       time.Time
	document *Document
	verdict  Verdict
}

// run goes from the signature inwards: its place, SignedInfo, the signature over it, the data; then outwards to the
// signer's root.
func (c *check) run(doc []byte) *flaw {
	var err error
	if c.document, err = Parse(doc); err != nil {
		return malformed("document", err.Error())
	}
	sign, covered, flaw := c.profile.locate(c.document)
	if flaw != nil {
		return flaw
	}
	envelope, flaw := c.profile.readEnvelope(sign)
	if flaw != nil {
		return flaw
	}
	key, flaw := c.signer(envelope.certificates[0])
	if flaw != nil {
		return flaw
	}
	info, flaw := c.signedInfo(envelope, key)
	if flaw != nil {
		return flaw
	}
	root, octets, flaw := c.checkReference(info.data, sign, covered)
	if flaw != nil {
		return flaw
	}
	if flaw := c.checkProperties(info, envelope); flaw != nil {
		return flaw
	}
	c.verdict.Root, c.verdict.Octets = root, octets
	c.verdict.SignerVerdict = c.trust(envelope.certificates[0], envelope.certificates[1:], c.at)
	return nil
}

// signedInfo checks the signature over SignedInfo, and reads SignedInfo from the octets that were signed, so that
// nothing can be read that was not.
func (c *check) signedInfo(envelope envelope, key signerKey) (info signedInfo, _ *flaw) {
	parts := envelope.signedInfo.Elements()
	if len(parts) == 0 || parts[0].Name != (Name{spaceDS, "CanonicalizationMethod"}) {
		return info, malformed("CanonicalizationMethod", "missing")
	}
	method, flaw := readCanonicalization(parts[0])
	if flaw != nil {
		return info, flaw
	}
	canonical, err := method.Element(envelope.signedInfo)
	if err != nil {
		return info, malformed("SignedInfo", err.Error())
	}
	tree, err := Parse(canonical)
	if err != nil {
		return info, malformed("SignedInfo", err.Error())
	}
	if info, flaw = c.profile.readSignedInfo(tree.Root); flaw != nil {
		return info, flaw
	}
	err = key.verify(info.method, canonical, envelope.value)
	switch {
	case errors.Is(err, signature.ErrAlgorithm):
		return info, invalid(signature.AlgorithmRefused, "SignatureMethod", err.Error())
	case err != nil:
		return info, invalid(signature.SignatureInvalid, "SignatureValue", err.Error())
	}
	return info, nil
}
