package main

import (
	"context"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// watchTerms warns of certificates and lists that end soon, and shows their ends in figures, until ctx ends.
func (h *hub) watchTerms(ctx context.Context) error {
	terms := func(now time.Time) []signature.Term { return h.terms(ctx, now) }
	watch := signature.TermWatch{Terms: terms, Log: h.log, Show: func(terms []signature.Term, now time.Time) {
		h.ShowTerms(terms)
		if h.revocation != nil {
			h.ShowRevocation(h.revocation.Standings(now), len(h.revocation.Problems()))
		}
	}}
	return watch.Run(ctx)
}

// terms lists what trust rests on here, the next to end first: the trust folders, time-stamping authorities in use, and
// the certificates of the hub's own door and of the keys that it has sign.
func (h *hub) terms(ctx context.Context, now time.Time) []signature.Term {
	all := slices.Concat(h.trust.Terms(), h.stampers.Terms(now), ownTerms(h.config), h.signerTerms(ctx))
	slices.SortStableFunc(all, func(a, b signature.Term) int { return a.Ends.Compare(b.Ends) })
	return all
}

// ownTerms reads the certificates of the hub itself anew each time: they are replaced while it runs. What cannot be
// read, whoever opens the door tells of.
func ownTerms(c Config) (all []signature.Term) {
	if c.HTTP.Cert == "" {
		return nil
	}
	certificates, err := readBundle(c.HTTP.Cert)
	if err != nil {
		return nil
	}
	for _, certificate := range certificates {
		if certificate.IsCA {
			continue // sent along, and not ours
		}
		all = append(all, signature.TermOf(signature.OwnTerm, certificate))
	}
	return all
}
