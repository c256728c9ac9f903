package signature

import (
	"bytes"
	"crypto/x509"
	"errors"
	"time"
)

// Bounds of a search for a chain.
const (
	maxChain  = 8  // certificates, signer and root included
	maxChecks = 64 // signatures checked
)

// chainBuilder searches a way from a signer's certificate to a root, as at one moment.
type chainBuilder struct {
	verifier *Verifier
	anchors  *anchors
	carried  map[string][]*authority // certificates of the message by subject
	at       time.Time
	checks   int
	flaw     *flaw // why the search has failed so far
}

// build returns the chain, signer first, root last; or why there is none: that an issuer is missing only when
// nothing worse is known.
func (b *chainBuilder) build(leaf *authority) ([]*authority, *flaw) {
	if flaw := checkLeaf(leaf.certificate, b.verifier.purpose); flaw != nil {
		return nil, flaw
	}
	if flaw := checkValidity(leaf.certificate, b.at, "certificate"); flaw != nil {
		return nil, flaw
	}
	if unit := b.anchors.unit(leaf, b.verifier.purpose); unit != nil {
		if flaw := b.anchors.checkListed(unit, b.verifier.purpose, b.at); flaw != nil {
			return nil, flaw
		}
		return []*authority{unit}, nil
	}
	if chain := b.extend([]*authority{leaf}); chain != nil {
		return chain, nil
	}
	return nil, b.flaw
}

func (b *chainBuilder) extend(path []*authority) []*authority {
	last := path[len(path)-1].certificate
	if isRoot(last) {
		b.note(invalid(Untrusted, fieldRoot, "ends in a root that is not trusted here"))
		return nil
	}
	candidates := b.candidates(last)
	for _, issuer := range candidates {
		if contains(path, issuer) {
			b.note(invalid(Untrusted, "chain", "leads in a circle"))
			continue
		}
		if flaw := b.checkStep(path, issuer); flaw != nil {
			b.note(flaw)
			continue
		}
		next := append(path[:len(path):len(path)], issuer)
		if issuer.root {
			return next
		}
		if len(next) == maxChain {
			b.note(invalid(Untrusted, "chain", "too long"))
			continue
		}
		if chain := b.extend(next); chain != nil {
			return chain
		}
	}
	if len(candidates) == 0 {
		b.note(&flaw{Undeterminable, ChainIncomplete, "chain", "the certificate of an issuer is missing"})
	}
	return nil
}

// candidates lists possible issuers, roots first, then configured authorities, then what the message brought.
func (b *chainBuilder) candidates(last *x509.Certificate) (all []*authority) {
	for _, known := range []map[string][]*authority{b.anchors.roots, b.anchors.intermediates, b.carried} {
		for _, a := range known[string(last.RawIssuer)] {
			id := a.certificate.SubjectKeyId
			if len(id) == 0 || len(last.AuthorityKeyId) == 0 || bytes.Equal(id, last.AuthorityKeyId) {
				all = append(all, a)
			}
		}
	}
	return all
}

// contains guards against cycles: no subject with the same key twice.
func contains(path []*authority, a *authority) bool {
	for _, p := range path {
		if bytes.Equal(p.certificate.RawSubject, a.certificate.RawSubject) &&
			bytes.Equal(p.certificate.RawSubjectPublicKeyInfo, a.certificate.RawSubjectPublicKeyInfo) {
			return true
		}
	}
	return false
}

// checkStep checks that issuer issued the last certificate of path and may stand above all of it (RFC 5280, 6.1).
func (b *chainBuilder) checkStep(path []*authority, issuer *authority) *flaw {
	if flaw := checkAuthority(issuer.certificate, b.verifier.purpose); flaw != nil {
		return flaw
	}
	if flaw := checkValidity(issuer.certificate, b.at, "chain"); flaw != nil {
		return flaw
	}
	if flaw := b.anchors.checkListed(issuer, b.verifier.purpose, b.at); flaw != nil {
		return flaw
	}
	if most := issuer.certificate.MaxPathLen; most > 0 || most == 0 && issuer.certificate.MaxPathLenZero {
		between := 0
		for _, a := range path[1:] {
			if !selfIssued(a.certificate) {
				between++
			}
		}
		if between > most {
			return invalid(Untrusted, "chain.pathLength", "more authorities than an issuer allows")
		}
	}
	if flaw := checkNames(issuer.certificate, path); flaw != nil {
		return flaw
	}
	return b.checkIssued(path[len(path)-1].certificate, issuer.certificate)
}

func (b *chainBuilder) checkIssued(certificate, issuer *x509.Certificate) *flaw {
	if b.checks == maxChecks {
		return invalid(Untrusted, "chain", "too many ways to try")
	}
	b.checks++
	family := b.verifier.familyOf(issuer.RawSubjectPublicKeyInfo)
	algorithm, ok := signatureAlgorithm(certificate)
	if family == nil || !ok {
		return invalid(AlgorithmRefused, "chain.signatureAlgorithm", "no family for an issuer's key")
	}
	err := family.Verify(issuer.RawSubjectPublicKeyInfo, algorithm, nil, Signed{Message: certificate.RawTBSCertificate}, certificate.Signature)
	switch {
	case errors.Is(err, ErrAlgorithm):
		return invalid(AlgorithmRefused, "chain.signatureAlgorithm", err.Error())
	case err != nil:
		return invalid(Untrusted, "chain.signature", "an issuer did not sign this certificate")
	}
	return nil
}

// note keeps the first of the worst findings.
func (b *chainBuilder) note(f *flaw) {
	if b.flaw == nil || worse(f.status, b.flaw.status) {
		b.flaw = f
	}
}

func checkValidity(certificate *x509.Certificate, at time.Time, of string) *flaw {
	switch {
	case at.Before(certificate.NotBefore):
		return invalid(Untrusted, of+".notBefore", "not yet valid")
	case at.After(certificate.NotAfter):
		return invalid(Untrusted, of+".notAfter", "expired")
	}
	return nil
}
