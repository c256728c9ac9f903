package broker

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// journalOf returns the contour's journal with that code.
func journalOf(b *contours.Book, contour document.ContourCode, code document.JournalCode) *contours.Journal {
	c := b.Contour(contour)
	if c == nil {
		return nil
	}
	for i := range c.Journals {
		if c.Journals[i].Code == code {
			return &c.Journals[i]
		}
	}
	return nil
}

// CreateCard opens an outgoing card with a draft of what it will send. The card's key is the packet's msg_id
// from now on: it never changes, so that a repeated sending is a repeat (D6).
func (h *Hub) CreateCard(ctx context.Context, contour document.ContourCode, draft *document.Packet) (*record.Card, error) {
	j := h.Book().Journal(contour, document.JournalOutgoing)
	if j == nil {
		return nil, document.Faults{document.NewFault(document.JournalUnknown, "journal", string(document.JournalOutgoing))}
	}
	key := record.NewKey()
	draft.ID = document.PacketID{Sender: contour, MsgID: document.MsgID(key.String())}
	draft.Edition, draft.Kind, draft.Acknow = document.Edition, document.Main, document.AcknowAlways
	if draft.Document == nil {
		draft.Document = &document.Document{}
	}
	if draft.Document.ID == "" {
		draft.Document.ID = key.String()
	}
	card := &record.Card{Key: key, Contour: contour, Journal: j.Code, Kind: document.JournalOutgoing, State: document.CardDraft, At: h.Clock(), Version: 1}
	if err := fill(card, draft); err != nil {
		return nil, err
	}
	err := h.record.Update(ctx, record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewCards: []*record.Card{card}}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("create card: %w", err)
	}
	return card, h.hold(ctx, draft)
}

// fill copies onto the card what lists show of its draft.
func fill(card *record.Card, draft *document.Packet) error {
	body, err := wire.MarshalPacket(draft)
	if err != nil {
		return err
	}
	if len(body) > maxMessage-4096 {
		return document.Faults{document.NewFault(document.PacketTooLarge, "document.files", fmt.Sprint(len(body)), fmt.Sprint(maxMessage-4096))}
	}
	d := draft.Document
	card.Draft, card.DocumentID, card.DocumentKind, card.Title, card.Sheets, card.Restricted = body, d.ID, d.Kind, d.Title, d.Sheets, d.Confidential.Restricted
	if len(draft.To) > 0 {
		card.Correspondent = draft.To[0].Contour
	}
	return nil
}

// EditCard changes the draft of a card that was not sent. version is the one that the change was made from:
// when somebody else was faster the fault is CRD-02. After sending nothing can be edited: the attempt is
// refused with CRD-01 and recorded by a receipt of the packet (S06).
func (h *Hub) EditCard(ctx context.Context, contour document.ContourCode, key record.Key, version int64, edit func(*document.Packet) error) (*record.Card, error) {
	card, err := h.outgoing(ctx, contour, key)
	if err != nil {
		return nil, err
	}
	if card.State == document.CardSent {
		return nil, h.refuseEdit(ctx, card)
	}
	var changed *record.Card
	var left *document.Packet
	err = h.record.Update(ctx, record.Reads{Cards: []record.Key{key}}, func(s *record.State) (*record.Writes, error) {
		card := s.Cards[key]
		if card == nil {
			return nil, record.ErrNotFound
		}
		if card.State == document.CardSent {
			return nil, document.Faults{document.NewFault(document.CardLocked, "card")}
		}
		if version != 0 && card.Version != version {
			return nil, document.Faults{document.NewFault(document.CardVersion, "version")}
		}
		draft, err := wire.UnmarshalPacket(card.Draft)
		if err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
		id, number := draft.ID, draft.Document.Number
		if err := edit(draft); err != nil {
			return nil, err
		}
		draft.ID = id
		if card.State == document.CardRegistered {
			draft.Document.Number = number // given by the journal
		}
		if err := fill(card, draft); err != nil {
			return nil, err
		}
		card.Version++
		changed, left = card, draft
		return &record.Writes{SetCards: []*record.Card{card}}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("edit card %s: %w", key, err)
	}
	return changed, h.hold(ctx, left)
}

// refuseEdit records the attempt to change what was sent.
func (h *Hub) refuseEdit(ctx context.Context, card *record.Card) error {
	fault := document.NewFault(document.CardLocked, "card")
	_, exchanges, err := h.record.Packet(ctx, card.PacketID)
	if err != nil {
		return fmt.Errorf("card %s: %w", card.Key, err)
	}
	reads := record.Reads{}
	for _, ex := range exchanges {
		reads.Exchanges = append(reads.Exchanges, ex.Key())
	}
	event := record.NewKey().Hex() // each attempt is an event of its own
	err = h.update(ctx, reads, func(c *change) error {
		for _, k := range reads.Exchanges {
			if ex := c.state.Exchanges[k]; ex != nil {
				c.attest(ex, document.Receipt{Stage: document.EditRefused, Faults: []document.Fault{fault}, Event: event})
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("card %s: %w", card.Key, err)
	}
	return document.Faults{fault}
}

func (h *Hub) outgoing(ctx context.Context, contour document.ContourCode, key record.Key) (*record.Card, error) {
	card, err := h.record.Card(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("card %s: %w", key, err)
	}
	if card.Contour != contour || card.Kind != document.JournalOutgoing {
		return nil, fmt.Errorf("card %s: %w", key, record.ErrNotFound)
	}
	return card, nil
}

// RegisterCard gives a draft the next number of the outgoing journal, once: a card that has a number keeps it.
func (h *Hub) RegisterCard(ctx context.Context, contour document.ContourCode, key record.Key) (card *record.Card, err error) {
	err = h.again(ctx, func() error {
		card, err = h.registerOnce(ctx, contour, key)
		return err
	})
	return card, err
}

func (h *Hub) registerOnce(ctx context.Context, contour document.ContourCode, key record.Key) (*record.Card, error) {
	card, err := h.outgoing(ctx, contour, key)
	if err != nil {
		return nil, err
	}
	book := h.Book()
	j := journalOf(book, contour, card.Journal)
	if j == nil {
		return nil, document.Faults{document.NewFault(document.JournalUnknown, "journal", string(card.Journal))}
	}
	counter := h.journalKey(book, contour, j)
	var registered *record.Card
	err = h.update(ctx, record.Reads{Cards: []record.Key{key}, Journals: []record.JournalKey{counter}}, func(c *change) error {
		card := c.state.Cards[key]
		if card == nil {
			return record.ErrNotFound
		}
		registered = card
		if card.State != document.CardDraft {
			return nil
		}
		return c.registerCard(card, j, counter)
	})
	if err != nil {
		return nil, fmt.Errorf("register card %s: %w", key, err)
	}
	return registered, nil
}

func (c *change) registerCard(card *record.Card, j *contours.Journal, counter record.JournalKey) error {
	draft, err := wire.UnmarshalPacket(card.Draft)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	card.Number, card.Seq = c.number(card.Contour, j)
	card.Year, card.State, card.At = counter.Year, document.CardRegistered, c.now
	draft.Document.Number = card.Number
	if err := fill(card, draft); err != nil {
		return err
	}
	card.Version++
	c.writes.SetCards = append(c.writes.SetCards, card)
	return nil
}

// SendCard sends what a registered card holds. All faults are told before anything leaves (S08): those of
// the form, and those of the rules for every receiver. The card is locked by the commit that admits its packet.
func (h *Hub) SendCard(ctx context.Context, contour document.ContourCode, key record.Key) (Outcome, error) {
	card, err := h.outgoing(ctx, contour, key)
	if err != nil {
		return Outcome{}, err
	}
	draft, err := wire.UnmarshalPacket(card.Draft)
	if err != nil {
		return Outcome{}, fmt.Errorf("card %s: %w", key, err)
	}
	switch card.State {
	case document.CardSent:
		return h.Standing(ctx, card.PacketID)
	case document.CardRegistered:
	default:
		f := document.Faults{document.NewFault(document.CardStateWrong, "state", string(card.State))}
		return Outcome{Standing: Refused, Packet: draft.ID, Faults: f}, f
	}
	if draft.Sent.IsZero() { // the packet stays the same however often it is sent
		card, err = h.EditCard(ctx, contour, key, card.Version, func(p *document.Packet) error {
			p.Sent = h.Clock()
			return nil
		})
		if err != nil {
			return Outcome{}, err
		}
		if draft, err = wire.UnmarshalPacket(card.Draft); err != nil {
			return Outcome{}, fmt.Errorf("card %s: %w", key, err)
		}
	}
	if faults := h.Check(draft); len(faults) > 0 {
		return Outcome{Standing: Refused, Packet: draft.ID, Faults: faults}, faults
	}
	return h.submit(ctx, contour, draft, true)
}

// Check returns what would be refused of the packet as far as can be told before it leaves: its form and
// the rules for every receiver. Signatures are checked by admission.
func (h *Hub) Check(p *document.Packet) document.Faults {
	faults := p.Validate(h.Limits)
	book, now := h.Book(), h.Clock()
	_, answer := answers(p)
	for i := range p.To {
		r := contours.RequestFor(p, i, now)
		r.Answer = answer
		for _, f := range book.Decide(r).Faults {
			if !told(faults, f) { // what is wrong with the packet as a whole is found for every receiver
				faults = append(faults, f)
			}
		}
	}
	return faults
}

func told(faults document.Faults, f document.Fault) bool {
	for i := range faults {
		if faults[i].Code == f.Code && faults[i].Field == f.Field {
			return true
		}
	}
	return false
}
