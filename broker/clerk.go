package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Decision is what a clerk says of a document that waits for registration (R03a).
type Decision struct {
	Code   int    // document.CodeRegistered, CodeNotSubject, CodeRefused or CodeUntrusted
	Reason string // free text; needed for a refusal
	Clerk  document.ParticipantCode
}

// Decide registers a pending card under the journal's next number, marks it as not subject to
// registration, or refuses it with a reason. It returns document.Faults when the card is no longer pending
// or the reason is missing, and record.ErrNotFound when the contour has no such card.
func (h *Hub) Decide(ctx context.Context, contour document.ContourCode, key record.Key, d Decision) error {
	return h.again(ctx, func() error { return h.decideOnce(ctx, contour, key, d) })
}

func (h *Hub) decideOnce(ctx context.Context, contour document.ContourCode, key record.Key, d Decision) error {
	card, err := h.record.Card(ctx, key)
	if err != nil {
		return fmt.Errorf("card %s: %w", key, err)
	}
	if card.Contour != contour {
		return fmt.Errorf("card %s: %w", key, record.ErrNotFound)
	}
	if (d.Code == document.CodeRefused || d.Code == document.CodeUntrusted) && d.Reason == "" {
		return document.Faults{document.NewFault(document.ReportReason, "reason")}
	}
	exchange := record.ExchangeKey{Packet: card.PacketID, Receiver: contour}
	book := h.Book()
	reads := record.Reads{Exchanges: []record.ExchangeKey{exchange}, Cards: []record.Key{key}}
	j := journalOf(book, contour, card.Journal)
	if j == nil {
		return document.Faults{document.NewFault(document.JournalUnknown, "journal", string(card.Journal))}
	}
	reads.Journals = []record.JournalKey{h.journalKey(book, contour, j)}
	if ex, err := h.exchangeOf(ctx, card.PacketID, contour); err == nil {
		reads.Claims = []record.ClaimKey{claimOf(ex, "")}
	}
	return h.update(ctx, reads, func(c *change) error {
		ex, card := c.state.Exchanges[exchange], c.state.Cards[key]
		if ex == nil || card == nil {
			return fmt.Errorf("card %s: %w", key, record.ErrNotFound)
		}
		if card.State != document.CardPending {
			return document.Faults{document.NewFault(document.CardStateWrong, "state", string(card.State))}
		}
		c.decide(ex, card, d, reads)
		return nil
	})
}

func (c *change) decide(ex *record.Exchange, card *record.Card, d Decision, reads record.Reads) {
	r := document.Receipt{Stage: document.Register, Code: d.Code, Journal: string(card.Journal), Executor: d.Clerk, Event: card.Key.Hex()}
	c.note(ex, &r, d.Reason)
	card.Version++
	c.writes.SetCards = append(c.writes.SetCards, card)
	step, _ := receipts.StepOf(document.Register, d.Code)
	switch d.Code {
	case document.CodeRegistered:
		c.numberCard(ex, card, &r, reads)
	case document.CodeNotSubject:
		card.State = document.CardNotSubject
	default:
		r.Faults = append(r.Faults, document.NewFault(document.RegistrationRefused, "registration"))
		card.State = document.CardRefused
	}
	c.step(ex, step, r)
}

// numberCard gives the card the journal's next number, or the one that the same document got before (D7).
func (c *change) numberCard(ex *record.Exchange, card *record.Card, r *document.Receipt, reads record.Reads) {
	card.State = document.CardRegistered
	for _, k := range reads.Claims {
		if made := c.state.Claims[k]; made != nil {
			card.State = document.CardNotSubject // a second packet with the same document: it has its card
			ex.Number, ex.Card, r.Number = made.Number, made.Card, made.Number
			return
		}
		c.writes.NewClaims = append(c.writes.NewClaims, &record.Claim{Key: k, Card: card.Key, Journal: card.Journal})
	}
	j := journalOf(c.book, card.Contour, card.Journal)
	card.Number, card.Seq = c.number(card.Contour, j)
	card.Year, card.At = c.hub.journalKey(c.book, card.Contour, j).Year, c.now
	card.Receipt = document.NewReceiptID(ex.ID, ex.Receiver, "", document.Register, r.Event)
	for _, claim := range c.writes.NewClaims {
		claim.Number = card.Number
	}
	ex.Number, r.Number = card.Number, card.Number
}

// exchangeOf reads one exchange with its packet's row.
func (h *Hub) exchangeOf(ctx context.Context, id document.PacketID, receiver document.ContourCode) (*record.Exchange, error) {
	row, exchanges, err := h.record.Packet(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", id, err)
	}
	for _, ex := range exchanges {
		if ex.Receiver == receiver {
			ex.Doc = row
			return ex, nil
		}
	}
	return nil, fmt.Errorf("packet %s toward %s: %w", id, receiver, record.ErrNotFound)
}

// notFound says whether the error means that there is no such thing.
func notFound(err error) bool { return errors.Is(err, record.ErrNotFound) }
