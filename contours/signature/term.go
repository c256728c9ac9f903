package signature

import (
	"crypto/x509"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// A Term is when something ends that trust rests on. It names authorities and machines, never persons.
type Term struct {
	Kind        TermKind
	Domain      string // of trust; empty where there is none
	Name        string
	Fingerprint string // first eight hexadecimal digits of a SHA-256
	Ends        time.Time
}

// TermKind says what ends.
type TermKind string

const (
	RootTerm         TermKind = "root"
	IntermediateTerm TermKind = "intermediate"
	OwnTerm          TermKind = "own"    // a certificate of the hub itself
	SignerTerm       TermKind = "signer" // the certificate of a key that the hub has sign for a contour
	ListTerm         TermKind = "list"   // the next issue of a trusted list is due
	StampTerm        TermKind = "tsa"    // a time-stamping authority in use
)

// TermOf is the term of a certificate.
func TermOf(kind TermKind, c *x509.Certificate) Term {
	return termOf(kind, "", Identify(c))
}

func termOf(kind TermKind, domain string, i Identity) Term {
	name := i.CommonName
	if name == "" {
		name = i.Organisation
	}
	return Term{kind, domain, name, Short(i.Certificate), i.NotAfter}
}

// Short is how a SHA-256 is called where room is scarce: by its first eight digits.
func Short(sum []byte) string { return hex.EncodeToString(sum[:min(4, len(sum))]) }

// Terms lists when roots, intermediate certificates and trusted lists of the store end, the next to end first. Roots
// of an emulator and centres that a list names are left out: nobody here can renew them.
func (s *TrustStore) Terms() (all []Term) {
	anchors := s.current.Load()
	for kind, index := range map[TermKind]map[string][]*authority{RootTerm: anchors.roots, IntermediateTerm: anchors.intermediates} {
		for _, authorities := range index {
			for _, a := range authorities {
				if !a.emulator && !a.listed {
					all = append(all, termOf(kind, a.domain, Identify(a.certificate)))
				}
			}
		}
	}
	for _, l := range anchors.lists {
		if !l.NextUpdate.IsZero() {
			all = append(all, Term{ListTerm, l.Domain, l.Scheme, Short(l.SHA256), l.NextUpdate})
		}
	}
	sortTerms(all)
	return all
}

func sortTerms(all []Term) {
	slices.SortFunc(all, func(a, b Term) int {
		if c := a.Ends.Compare(b.Ends); c != 0 {
			return c
		}
		return slices.Compare([]string{string(a.Kind), a.Domain, a.Name, a.Fingerprint}, []string{string(b.Kind), b.Domain, b.Name, b.Fingerprint})
	})
}

const (
	maxStampers  = 64                  // authorities that are remembered
	stampersRest = 30 * 24 * time.Hour // one whose last stamp is older is no longer in use
)

// Stampers remembers which time-stamping authorities are in use. The zero value is ready; it may be used by many
// goroutines.
type Stampers struct {
	mu   sync.Mutex
	seen map[string]stamper // by SHA-256 of the certificate
}

type stamper struct {
	term Term
	last time.Time // of its stamps
}

// Watch returns verify, Verifier.Stamps, such that authorities whose stamps are good are remembered.
func (s *Stampers) Watch(verify func(token []byte, over Content) Stamp) func([]byte, Content) Stamp {
	return func(token []byte, over Content) Stamp {
		stamp := verify(token, over)
		if stamp.Status == Valid && !stamp.Authority.Emulated {
			s.note(stamp)
		}
		return stamp
	}
}

// note forgets the authority that has rested longest when there are too many.
func (s *Stampers) note(stamp Stamp) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = make(map[string]stamper)
	}
	key := string(stamp.Authority.Signer.Certificate)
	if known, ok := s.seen[key]; ok && !stamp.Time.After(known.last) {
		return
	}
	s.seen[key] = stamper{termOf(StampTerm, stamp.Authority.Domain, stamp.Authority.Signer), stamp.Time}
	if len(s.seen) <= maxStampers {
		return
	}
	oldest := key
	for k, v := range s.seen {
		if v.last.Before(s.seen[oldest].last) {
			oldest = k
		}
	}
	delete(s.seen, oldest)
}

// Terms lists when the certificates of authorities end that stamped in the month before now.
func (s *Stampers) Terms(now time.Time) (all []Term) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.seen {
		if now.Sub(v.last) <= stampersRest {
			all = append(all, v.term)
		}
	}
	sortTerms(all)
	return all
}
