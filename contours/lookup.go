package contours

import (
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// What these methods return belongs to the book and must not be changed.

// Version is the version of the rules that the book was compiled at.
func (b *Book) Version() int64 { return b.version }

// Config is the file that the book was compiled from.
func (b *Book) Config() *Config { return b.config }

// Contour returns the contour with the code, nil when there is none.
func (b *Book) Contour(code document.ContourCode) *Contour {
	if m := b.contours[code]; m != nil {
		return m.Contour
	}
	return nil
}

// Organisation returns the organisation with the code, nil when there is none.
func (b *Book) Organisation(code OrganisationCode) *Organisation { return b.orgs[code] }

// Active says whether the contour exists and its organisation's access is open (C01).
func (b *Book) Active(code document.ContourCode) bool {
	m := b.contours[code]
	return m != nil && m.active()
}

// Participant returns a user of the contour, nil when there is none.
func (b *Book) Participant(c document.ContourCode, code document.ParticipantCode) *Participant {
	if m := b.contours[c]; m != nil {
		return m.participants[code]
	}
	return nil
}

// Can says whether the contour has such a participant with the right.
func (b *Book) Can(c document.ContourCode, code document.ParticipantCode, r Right) bool {
	p := b.Participant(c, code)
	return p != nil && p.may(r)
}

// Zone is the contour's time zone: where its days begin. UTC for an unknown contour.
func (b *Book) Zone(c document.ContourCode) *time.Location {
	if m := b.contours[c]; m != nil {
		return m.zone
	}
	return time.UTC
}

// Journal returns the journal of a hosted contour for that kind of documents, the first in the file's
// order; nil when it has none.
func (b *Book) Journal(c document.ContourCode, kind document.JournalKind) *Journal {
	if m := b.contours[c]; m != nil {
		for i := range m.Journals {
			if m.Journals[i].Kind == kind {
				return &m.Journals[i]
			}
		}
	}
	return nil
}

// Pair returns the rule from one contour to another, nil when there is none.
func (b *Book) Pair(from, to document.ContourCode) *Pair {
	if r := b.pairs[way{from, to}]; r != nil {
		return r.Pair
	}
	return nil
}

// Trusted returns the codes of the contours that the contour may send to, sorted: the sender's choice in
// «Контур» (C02).
func (b *Book) Trusted(from document.ContourCode) []document.ContourCode { return b.trusted[from] }
