package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// numberSealed says of a card c whether its number may be seen: the receipt that states the registration
// has its leaf (D4).
const numberSealed = "(c.receipt = '' or exists (select 1 from receipt r join leaf l on l.seq = r.seq where r.packet = c.packet and r.key = c.receipt_key))"

// shownCard is a card that is read to be shown.
type shownCard struct {
	record.Card
	sealed bool
}

var selectCards = "select " + cardColumns + ", " + numberSealed + " from card c" + cardTask

func shownCardFields(c *shownCard) []any { return append(cardStateFields(&c.Card), &c.sealed) }

// show hides what is not sealed.
func (c *shownCard) show() *record.Card {
	if !c.sealed {
		c.Number, c.Seq = document.RegNumber{}, 0
	}
	return &c.Card
}

func showCards(list []*shownCard) []*record.Card {
	shown := make([]*record.Card, len(list))
	for i, c := range list {
		shown[i] = c.show()
	}
	return shown
}

// Card returns a card as it may be shown.
func (r *Record) Card(ctx context.Context, k record.Key) (*record.Card, error) {
	c, err := one(ctx, r, shownCardFields, selectCards+"where c.key = $1", k)
	if err != nil {
		return nil, fmt.Errorf("card %s: %w", k, err)
	}
	return c.show(), nil
}

// CardsOf returns the cards that a contour has for a packet.
func (r *Record) CardsOf(ctx context.Context, packet document.PacketID, contour document.ContourCode) ([]*record.Card, error) {
	list, err := query(ctx, r, shownCardFields, selectCards+"where c.packet_msg_id <> '' and c.packet_sender = $1 and c.packet_msg_id = $2 and c.contour = $3 order by c.key",
		string(packet.Sender), string(packet.MsgID), string(contour))
	if err != nil {
		return nil, fmt.Errorf("cards of %s at %s: %w", packet, contour, err)
	}
	return showCards(list), nil
}

// Cards returns a page of a journal, or of the cards that have no number.
func (r *Record) Cards(ctx context.Context, q record.CardQuery) ([]*record.Card, string, error) {
	q.Limit = bounded(q.Limit)
	var sql question
	sql.add(selectCards+"where c.contour = ?", string(q.Contour))
	compose := sql.drafts
	if q.Journal != "" {
		compose = sql.journal
	}
	if err := compose(q); err != nil {
		return nil, "", err
	}
	list, err := query(ctx, r, shownCardFields, sql.sql.String(), sql.args...)
	if err != nil {
		return nil, "", fmt.Errorf("cards of %s: %w", q.Contour, err)
	}
	next := ""
	if len(list) == q.Limit {
		last := list[len(list)-1]
		next = cursor(strconv.Itoa(last.Year), strconv.FormatInt(last.Seq, 10), last.Key.String())
	}
	return showCards(list), next, nil
}

// journal walks a journal by number; with no year, through all years.
func (s *question) journal(q record.CardQuery) error {
	after, order := direction(q.Newest)
	s.add(" and c.journal = ? and c.seq > 0", string(q.Journal))
	if q.Year != 0 {
		s.add(" and c.year = ?", q.Year)
	}
	if q.State != "" {
		s.add(" and c.state = ?", string(q.State))
	}
	if q.After != "" {
		parts, err := parseCursor(q.After, 3)
		if err != nil {
			return err
		}
		year, err := strconv.Atoi(parts[0])
		if err != nil {
			return fmt.Errorf("%q: %w", q.After, errCursor)
		}
		seq, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return fmt.Errorf("%q: %w", q.After, errCursor)
		}
		s.add(" and (c.year, c.seq) "+after+" (?, ?)", year, seq)
	}
	s.add(" order by c.year "+order+", c.seq "+order+" limit ?", q.Limit)
	return nil
}

// drafts walks drafts and pending cards by key; with a state, the cards in it that have no number.
func (s *question) drafts(q record.CardQuery) error {
	after, order := direction(q.Newest)
	s.add(" and c.seq = 0")
	if q.State != "" {
		s.add(" and c.state = ?", string(q.State))
	} else {
		s.add(" and c.state in ('draft', 'pending')")
	}
	if q.After != "" {
		parts, err := parseCursor(q.After, 3)
		if err != nil {
			return err
		}
		at, err := cursorKey(parts[2])
		if err != nil {
			return err
		}
		s.add(" and c.key "+after+" ?", at)
	}
	s.add(" order by c.key "+order+" limit ?", q.Limit)
	return nil
}

// Journals returns the counters of a contour's journals, of all years.
func (r *Record) Journals(ctx context.Context, contour document.ContourCode) ([]record.Journal, error) {
	return values(query(ctx, r, journals.fields, "select "+journals.columns("")+" from journal where contour = $1 order by journal, year", string(contour)))
}
