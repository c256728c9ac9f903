package sqlite

import (
	"context"
	"fmt"
	"math"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// numberSealed says of a card c (or of none) whether its number may be seen: the receipt that states the
// registration has its leaf (D4).
const numberSealed = "coalesce(c.receipt, '') = '' OR EXISTS (SELECT 1 FROM receipt r JOIN leaf l ON l.seq = r.seq WHERE r.id = c.receipt)"

// seen is a card that is read to be shown.
type seen struct {
	record.Card
	sealed bool
}

var seenColumns = "SELECT " + cardColumns + ", " + numberSealed + " FROM card c "

func seenFields(c *seen) []any { return append(cardFields(&c.Card), &c.sealed) }

// show hides what is not sealed.
func (c *seen) show() *record.Card {
	if !c.sealed {
		c.Number, c.Seq = document.RegNumber{}, 0
	}
	return &c.Card
}

func show(all []*seen) []*record.Card {
	cards := make([]*record.Card, len(all))
	for i, c := range all {
		cards[i] = c.show()
	}
	return cards
}

// Card returns a card as it may be shown.
func (r *Record) Card(ctx context.Context, k record.Key) (*record.Card, error) {
	c, err := view(ctx, r, func(s *session) (*seen, error) {
		return one(ctx, s, seenFields, seenColumns+"WHERE c.key = ?1", keyValue(k))
	})
	if err != nil {
		return nil, fmt.Errorf("card %s: %w", k, err)
	}
	return c.show(), nil
}

// CardsOf returns the cards that a contour has for a packet.
func (r *Record) CardsOf(ctx context.Context, packet document.PacketID, contour document.ContourCode) ([]*record.Card, error) {
	all, err := view(ctx, r, func(s *session) ([]*seen, error) {
		return list(ctx, s, seenFields, seenColumns+"WHERE c.packet_msg_id <> '' AND c.packet_sender = ?1 AND c.packet_msg_id = ?2 AND c.contour = ?3 ORDER BY c.key",
			string(packet.Sender), string(packet.MsgID), string(contour))
	})
	if err != nil {
		return nil, fmt.Errorf("cards of %s at %s: %w", packet, contour, err)
	}
	return show(all), nil
}

// Cards returns a page of a journal, or of the cards that have no number.
func (r *Record) Cards(ctx context.Context, q record.CardQuery) ([]*record.Card, string, error) {
	q.Limit = bounded(q.Limit)
	compose := draftsQuery
	if q.Journal != "" {
		compose = journalQuery
	}
	query, args, err := compose(&q)
	if err != nil {
		return nil, "", err
	}
	all, err := view(ctx, r, func(s *session) ([]*seen, error) { return list(ctx, s, seenFields, query, args...) })
	if err != nil {
		return nil, "", fmt.Errorf("cards of %s: %w", q.Contour, err)
	}
	next := ""
	if len(all) == q.Limit {
		last := all[len(all)-1]
		next = cursor(last.Year, last.Seq, last.Key)
	}
	return show(all), next, nil
}

// journalQuery walks a journal by number; with no year, through all years.
func journalQuery(q *record.CardQuery) (string, []any, error) {
	after, order := direction(q.Newest)
	year, seq := int64(0), int64(-1)
	if q.Newest {
		year, seq = math.MaxInt64, math.MaxInt64
	}
	if q.After != "" {
		if err := parseCursor(q.After, &year, &seq, new(record.Key)); err != nil {
			return "", nil, err
		}
	}
	place := "(c.year, c.seq) " + after + " (?3, ?4)"
	if q.Year != 0 {
		year, place = int64(q.Year), "c.year = ?3 AND c.seq "+after+" ?4"
	}
	return seenColumns + "INDEXED BY card_number WHERE c.contour = ?1 AND c.journal = ?2 AND " + place + " AND c.year > 0 AND (?5 = '' OR c.state = ?5)" +
		" ORDER BY c.year " + order + ", c.seq " + order + " LIMIT ?6", []any{string(q.Contour), string(q.Journal), year, seq, string(q.State), q.Limit}, nil
}

// draftsQuery walks drafts and pending cards by key; with a state, the cards in it that have no number.
func draftsQuery(q *record.CardQuery) (string, []any, error) {
	after, order := direction(q.Newest)
	var at record.Key
	if q.Newest {
		at = lastKey
	}
	if q.After != "" {
		if err := parseCursor(q.After, new(int64), new(int64), &at); err != nil {
			return "", nil, err
		}
	}
	return seenColumns + "INDEXED BY card_draft WHERE c.year = 0 AND c.contour = ?1 AND c.key " + after + " ?2" +
			" AND CASE ?3 WHEN '' THEN c.state IN ('draft', 'pending') ELSE c.state = ?3 END ORDER BY c.key " + order + " LIMIT ?4",
		[]any{string(q.Contour), at[:], string(q.State), q.Limit}, nil
}

// Journals returns the counters of a contour's journals, of all years.
func (r *Record) Journals(ctx context.Context, contour document.ContourCode) ([]record.Journal, error) {
	return view(ctx, r, func(s *session) ([]record.Journal, error) {
		return rows(list(ctx, s, journalRow.fields, "SELECT "+journalRow.columns+" FROM journal WHERE contour = ?1 ORDER BY journal, year", string(contour)))
	})
}
