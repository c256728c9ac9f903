package contours

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // a file that names a time zone means the same on every machine

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Book is a contours file compiled at a version: what decides. It never changes, so any number of
// goroutines may use it; a new version is another Book. Looking up and deciding do not depend on how many
// contours and pairs there are.
type Book struct {
	version  int64
	config   *Config
	orgs     map[OrganisationCode]*Organisation
	contours map[document.ContourCode]*member
	pairs    map[way]*rule
	trusted  map[document.ContourCode][]document.ContourCode
	kinds    map[string]struct{}
	policies *policies // nil where none are configured
}

// way is a direction between two contours.
type way struct{ from, to document.ContourCode }

// member is a contour as the book knows it.
type member struct {
	*Contour
	organisation *Organisation
	zone         *time.Location
	participants map[document.ParticipantCode]*Participant
}

// rule is a pair with its sets unfolded.
type rule struct {
	*Pair
	kinds     map[string]struct{}                   // nil: all
	executors map[document.ParticipantCode]struct{} // nil: all
	opens     time.Time                             // the first moment of ValidFrom where the sender is
	closes    time.Time                             // the first moment after ValidUntil
}

// NewBook compiles the file. It fails only on a Config that Parse would have refused.
func NewBook(c *Config, version int64) (*Book, error) {
	b := &Book{
		version:  version,
		config:   c,
		orgs:     make(map[OrganisationCode]*Organisation, len(c.Organisations)),
		contours: make(map[document.ContourCode]*member, len(c.Contours)),
		pairs:    make(map[way]*rule, len(c.Trust)),
		trusted:  map[document.ContourCode][]document.ContourCode{},
		kinds:    set(c.Kinds),
	}
	for i := range c.Organisations {
		b.orgs[c.Organisations[i].Code] = &c.Organisations[i]
	}
	for i := range c.Contours {
		if err := b.addContour(&c.Contours[i]); err != nil {
			return nil, err
		}
	}
	for i := range c.Trust {
		b.addPair(&c.Trust[i])
	}
	for _, to := range b.trusted {
		slices.Sort(to)
	}
	policies, err := newPolicies(c)
	if err != nil {
		return nil, err
	}
	b.policies = policies
	return b, nil
}

func (b *Book) addContour(c *Contour) error {
	org, found := b.orgs[c.Organisation]
	if !found {
		return fmt.Errorf("contour %s: no organisation %q", c.Code, c.Organisation)
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return fmt.Errorf("contour %s: %w", c.Code, err)
	}
	m := &member{c, org, zone, make(map[document.ParticipantCode]*Participant, len(c.Participants))}
	for i := range c.Participants {
		m.participants[c.Participants[i].Code] = &c.Participants[i]
	}
	b.contours[c.Code] = m
	return nil
}

func (b *Book) addPair(p *Pair) {
	zone := b.Zone(p.From)
	b.pairs[way{p.From, p.To}] = &rule{
		Pair: p, kinds: set(p.Kinds), executors: set(p.Executors),
		opens:  midnight(p.ValidFrom, 0, zone),
		closes: midnight(p.ValidUntil, 1, zone),
	}
	b.trusted[p.From] = append(b.trusted[p.From], p.To)
}

// midnight is when the day begins, some days later.
func midnight(d Day, later int, zone *time.Location) time.Time {
	if d.isZero() {
		return time.Time{}
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day+later, 0, 0, 0, 0, zone)
}

// set is nil for no values.
func set[T comparable](values []T) map[T]struct{} {
	if len(values) == 0 {
		return nil
	}
	s := make(map[T]struct{}, len(values))
	for _, v := range values {
		s[v] = struct{}{}
	}
	return s
}

func (m *member) active() bool { return m.organisation.State == Active }

func (p *Participant) may(r Right) bool { return slices.Contains(p.Rights, r) }
