package recordtest

import (
	"fmt"
	"sync/atomic"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var journalPromises = []promise{
	{"journals number without gaps under 16 concurrent writers", (*bed).withoutGaps},
	{"claims are seen by the next holder of the journal's lock", (*bed).claimsSeen},
}

var (
	incoming = record.JournalKey{Contour: "rcv", Journal: "in", Year: 2026}
	tasks    = record.JournalKey{Contour: "rcv", Journal: "tasks", Year: 2026}
)

// numbered gives the next number of j on a new card.
func (b *bed) numbered(j *record.Journal) *record.Card {
	j.Last++
	j.Day = document.DateOf(start)
	return &record.Card{Key: record.NewKey(), Contour: j.Contour, Journal: j.Journal, Year: j.Year, Seq: j.Last, State: document.CardRegistered, Version: 1,
		Number: document.RegNumber{Number: fmt.Sprint(j.Last), Date: j.Day}}
}

func (b *bed) withoutGaps() {
	const writers, rounds = 16, 6
	together(writers, func(i int) {
		for round := range rounds {
			journals := []record.JournalKey{incoming, tasks}
			if i%2 == 1 { // named in the other order: the record has to take them in one
				journals = []record.JournalKey{tasks, incoming}
			}
			err := b.r.Update(b.Context(), record.Reads{Journals: journals}, func(st *record.State) (*record.Writes, error) {
				if round == 2 && i%4 == 0 {
					return nil, nil // who decides for nothing leaves no gap
				}
				w := &record.Writes{}
				for _, k := range journals {
					j := st.Journals[k]
					w.SetJournals = append(w.SetJournals, j)
					w.NewCards = append(w.NewCards, b.numbered(j), b.numbered(j))
				}
				return w, nil
			})
			if err != nil {
				b.Errorf("writer %d, round %d: %v", i, round, err)
			}
		}
	})
	const want = (writers*rounds - writers/4) * 2
	for _, k := range []record.JournalKey{incoming, tasks} {
		if got := b.state(record.Reads{Journals: []record.JournalKey{k}}).Journals[k].Last; got != want {
			b.Errorf("journal %s stands at %d, want %d", k.Journal, got, want)
		}
		cards, _, err := b.r.Cards(b.Context(), record.CardQuery{Contour: k.Contour, Journal: k.Journal, Year: k.Year, Page: record.Page{Limit: 1000}})
		b.must(err)
		if len(cards) != want {
			b.Errorf("journal %s has %d cards, want %d", k.Journal, len(cards), want)
		}
		for i, c := range cards {
			if c.Seq != int64(i+1) {
				b.Fatalf("journal %s: card %d has number %d", k.Journal, i+1, c.Seq)
			}
		}
	}
}

func (b *bed) claimsSeen() {
	const hands = 8
	for round := range 10 {
		k := record.ClaimKey{byte(round), 7}
		var made atomic.Int32
		cards := make([]record.Key, hands)
		together(hands, func(i int) {
			won := false
			err := b.r.Update(b.Context(), record.Reads{Journals: []record.JournalKey{incoming}, Claims: []record.ClaimKey{k}}, func(st *record.State) (*record.Writes, error) {
				if c := st.Claims[k]; c != nil {
					won, cards[i] = false, c.Card
					return nil, nil
				}
				j := st.Journals[incoming]
				c := b.numbered(j)
				won, cards[i] = true, c.Key
				return &record.Writes{SetJournals: []*record.Journal{j}, NewCards: []*record.Card{c}, NewClaims: []*record.Claim{{Key: k, Card: c.Key, Journal: c.Journal, Number: c.Number}}}, nil
			})
			if err != nil {
				b.Errorf("round %d, hand %d: %v", round, i, err)
			}
			if won {
				made.Add(1)
			}
		})
		if made.Load() != 1 {
			b.Fatalf("round %d: %d cards were made for one claim", round, made.Load())
		}
		for i := range cards {
			if cards[i] != cards[0] {
				b.Fatalf("round %d: hand %d was led to card %s, another to %s", round, i, cards[i], cards[0])
			}
		}
	}
	if got := b.state(record.Reads{Journals: []record.JournalKey{incoming}}).Journals[incoming].Last; got != 10 {
		b.Errorf("the journal stands at %d, want 10", got)
	}
}
