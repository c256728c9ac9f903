package signature

import (
	"slices"
	"strings"
	"time"
)

// ListStanding says whether the revocation list of an authority of the trust store is at hand.
type ListStanding struct {
	Domain      string
	Issuer      string // the authority's name
	Fingerprint string // of its certificate, short
	State       Revocation
	NextUpdate  time.Time // of the newest list; zero when there is none
}

// Standings lists the authorities of the trust store as at a moment, with what is held of their revocation lists: Good,
// Stale when the newest has run out, the grace of the store included, and Unknown when there is none. Authorities of an
// emulator are left out, and those without a list that a trusted list alone names, which may be hundreds.
func (s *RevocationStore) Standings(at time.Time) (all []ListStanding) {
	anchors := s.trust.current.Load()
	lists := *s.current.Load()
	for _, index := range []map[string][]*authority{anchors.roots, anchors.intermediates} {
		for _, authorities := range index {
			for _, a := range authorities {
				standing := s.standingOf(a, lists[string(a.certificate.RawSubjectPublicKeyInfo)], at)
				if a.emulator || a.listed && standing.State == Unknown {
					continue
				}
				all = append(all, standing)
			}
		}
	}
	slices.SortFunc(all, func(a, b ListStanding) int {
		return slices.Compare([]string{a.Domain, a.Issuer, a.Fingerprint}, []string{b.Domain, b.Issuer, b.Fingerprint})
	})
	return all
}

func (s *RevocationStore) standingOf(a *authority, lists []*CRL, at time.Time) ListStanding {
	identity := Identify(a.certificate)
	standing := ListStanding{Domain: a.domain, Issuer: strings.TrimSpace(identity.CommonName), Fingerprint: Short(identity.Certificate), State: Unknown}
	for _, list := range lists {
		if list.NextUpdate.After(standing.NextUpdate) {
			standing.NextUpdate = list.NextUpdate
		}
	}
	switch {
	case len(lists) == 0:
	case at.After(standing.NextUpdate.Add(s.config.Grace)):
		standing.State = Stale
	default:
		standing.State = Good
	}
	return standing
}
