package signature

import (
	"slices"
	"time"
)

// AuthorityVerdict is the finding about one certificate of a trust store.
type AuthorityVerdict struct {
	Status Status
	Reason Reason
	Field  string
	Detail string

	Identity
	Key      string // KeyName
	Family   string // empty when no allowed family owns the key
	Root     bool   // else intermediate
	Listed   bool   // a root because a trusted list names it
	Domain   string
	Emulator bool
}

// Text says in Russian and in English what is wrong; empty when valid.
func (v AuthorityVerdict) Text() Text {
	if text, ok := authorityTexts[v.Field]; ok {
		return text
	}
	return textFor(v.Reason, v.Field)
}

// authorityTexts speak of a centre where those of signers would speak of a signer.
var authorityTexts = map[string]Text{
	"authority.notAfter":  {"Срок действия сертификата истёк", "The certificate has expired"},
	"authority.notBefore": {"Срок действия сертификата ещё не начался", "The certificate is not valid yet"},
	"chain":               {"В хранилище нет сертификата вышестоящего центра", "The certificate of the issuing centre is not in the store"},
	"chain.signature":     {"Подпись под сертификатом неверна", "The signature under the certificate is wrong"},
}

// CheckAuthorities examines every certificate of the trust store as at a moment, in the order of domains, roots
// first, then by name: whether it is valid and meant for an authority, a root signed by itself, and an intermediate
// one on a way to a root.
func (v *Verifier) CheckAuthorities(at time.Time) []AuthorityVerdict {
	anchors := v.trust.current.Load()
	var all []AuthorityVerdict
	for _, index := range []map[string][]*authority{anchors.roots, anchors.intermediates} {
		for _, authorities := range index {
			for _, a := range authorities {
				all = append(all, v.checkAnchor(anchors, a, at))
			}
		}
	}
	slices.SortFunc(all, func(a, b AuthorityVerdict) int {
		return slices.Compare(a.order(), b.order())
	})
	return all
}

func (v AuthorityVerdict) order() []string {
	kind := "intermediate"
	if v.Root {
		kind = "a root"
	}
	return []string{v.Domain, kind, v.CommonName, v.Serial}
}

func (v *Verifier) checkAnchor(anchors *anchors, a *authority, at time.Time) AuthorityVerdict {
	verdict := AuthorityVerdict{
		Status: Valid, Identity: Identify(a.certificate), Key: KeyName(a.certificate.RawSubjectPublicKeyInfo),
		Root: a.root, Listed: a.listed, Domain: a.domain, Emulator: a.emulator,
	}
	if family := v.familyOf(a.certificate.RawSubjectPublicKeyInfo); family != nil {
		verdict.Family = family.Name()
	}
	if flaw := v.anchorFlaw(anchors, a, at); flaw != nil {
		verdict.Status, verdict.Reason, verdict.Field, verdict.Detail = flaw.status, flaw.reason, flaw.field, flaw.detail
	}
	return verdict
}

func (v *Verifier) anchorFlaw(anchors *anchors, a *authority, at time.Time) *flaw {
	builder := chainBuilder{verifier: v, anchors: anchors, at: at}
	if flaw := checkValidity(a.certificate, at, "authority"); flaw != nil {
		return flaw
	}
	if flaw := checkAuthority(a.certificate, v.purpose); flaw != nil {
		return flaw
	}
	for _, p := range []purpose{documents{}, timeStamps{}} {
		if a.listed && !anchors.named(a, p) {
			continue // listed for the other purpose
		}
		if flaw := anchors.checkListed(a, p, at); flaw != nil {
			return flaw
		}
	}
	if a.listed {
		return nil
	}
	if a.root {
		return builder.checkIssued(a.certificate, a.certificate)
	}
	if builder.extend([]*authority{a}) == nil {
		return builder.flaw
	}
	return nil
}
