package signature

import (
	"crypto/x509"
	"fmt"
	"time"
)

// Fields at fault of what trusted lists say.
const (
	fieldListed    = "chain.list"
	fieldListStale = "chain.list.stale"
)

// listedService is a service of a list, found by one of its certificates.
type listedService struct {
	list    *HeldList
	service *TrustService
}

// keyOf names a key as its owner's: certificates of one authority, renewed or crossed, share it.
func keyOf(c *x509.Certificate) string {
	return string(c.RawSubject) + string(c.RawSubjectPublicKeyInfo)
}

// addList takes up the services of a list: issuers become anchors of trust, self-signed or not.
func (l *anchors) addList(list *HeldList) error {
	for i := range list.Services {
		service := &list.Services[i]
		for _, c := range service.Certificates {
			key := keyOf(c)
			l.listings[key] = append(l.listings[key], listedService{list, service})
			if !c.BasicConstraintsValid || !c.IsCA || l.holds(c) {
				continue // a unit that stamps itself is found among the listings
			}
			if err := l.add(&authority{certificate: c, root: true, listed: true, domain: list.Domain}); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds reports whether a certificate is a root already.
func (l *anchors) holds(c *x509.Certificate) bool {
	for _, a := range l.roots[string(c.RawSubject)] {
		if a.certificate.Equal(c) {
			return true
		}
	}
	return false
}

// checkListed asks the lists about an authority as at a moment. One that no list names is none of their business.
// Where a list names it, it counts while one of its services for this purpose was granted: neither a root in the same
// folder nor a higher authority helps one that was withdrawn.
func (l *anchors) checkListed(a *authority, p purpose, at time.Time) *flaw {
	if len(l.listings) == 0 {
		return nil
	}
	what := "no service of this kind"
	for _, found := range l.listings[keyOf(a.certificate)] {
		if found.service.Kind != p.service() {
			continue
		}
		status, known := found.service.StatusAt(at)
		if status.Granted {
			return nil
		}
		what = "not listed yet"
		if known {
			what = fmt.Sprintf("%s since %s", status.Name, status.From.Format(time.RFC3339))
		}
	}
	if what == "no service of this kind" && !a.listed {
		return nil
	}
	return invalid(Untrusted, fieldListed, "by the trusted list: "+what)
}

// unit returns a time-stamping unit that a list names itself, as a chain of one; nil when leaf is none.
func (l *anchors) unit(leaf *authority, p purpose) *authority {
	for _, found := range l.listings[keyOf(leaf.certificate)] {
		if p.service() == StampingService && found.service.Kind == StampingService {
			return &authority{certificate: leaf.certificate, root: true, listed: true, domain: found.list.Domain}
		}
	}
	return nil
}

// listsAllow asks the lists about every link of a chain that was found before, as at another moment. The signer is
// a link to ask about only where it stands alone.
func (l *anchors) listsAllow(links []*authority, p purpose, at time.Time) bool {
	for i, a := range links {
		if (i > 0 || len(links) == 1) && l.checkListed(a, p, at) != nil {
			return false
		}
	}
	return true
}

// checkLists applies the rule for lists that have run out, and marks the verdict.
func (c *signerCheck) checkLists(chain *verifiedChain) *flaw {
	anchors := c.chains.anchors
	if len(anchors.listings) == 0 {
		return nil
	}
	for _, a := range chain.links {
		stale := anchors.staleFor(a, c.verifier.purpose, c.at)
		if stale == nil {
			continue
		}
		c.verdict.ListStale = true
		detail := fmt.Sprintf("trusted list %d of %s has run out", stale.Sequence, stale.Scheme)
		switch stale.stale {
		case AcceptMarked:
		case Hold:
			return &flaw{Undeterminable, Untrusted, fieldListStale, detail}
		default:
			return invalid(Untrusted, fieldListStale, detail)
		}
	}
	return nil
}

// staleFor returns a list that has run out and that trust in an authority rests on; nil when some list that is good
// vouches for it, or none speaks of it.
func (l *anchors) staleFor(a *authority, p purpose, at time.Time) (stale *HeldList) {
	for _, found := range l.listings[keyOf(a.certificate)] {
		status, _ := found.service.StatusAt(at)
		switch {
		case found.service.Kind != p.service() || !status.Granted:
		case found.list.StaleAt(at):
			stale = found.list
		default:
			return nil
		}
	}
	return stale
}

// named reports whether a list names a service of an authority for a purpose.
func (l *anchors) named(a *authority, p purpose) bool {
	for _, found := range l.listings[keyOf(a.certificate)] {
		if found.service.Kind == p.service() {
			return true
		}
	}
	return false
}
