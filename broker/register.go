package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/journal"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// arrival is a delivery toward a hosted contour.
type arrival struct {
	msg jetstream.Msg
	delivery
	answer *merge // signatures that an answer brings for the sender's card
}

// runRegistration takes deliveries from the bus until ctx ends.
func (h *Hub) runRegistration(ctx context.Context) error {
	consumers, err := h.bus.consumers(ctx, Deliveries, deliverSubject, "register", h.log)
	if err != nil {
		return err
	}
	in, err := h.bus.take(consumers, h.log)
	if err != nil {
		return err
	}
	defer in.end()
	for {
		batch := in.batch(ctx)
		if batch == nil || !h.awaitClocks(ctx) {
			return nil
		}
		arrivals := make([]*arrival, 0, len(batch))
		for _, m := range batch {
			d, err := readDelivery(m.Data())
			if err != nil {
				if err := h.buryMessage(ctx, "register", m, "", err); err != nil {
					return err
				}
				continue
			}
			arrivals = append(arrivals, &arrival{msg: m, delivery: d})
		}
		err := commit(ctx, h, "register", arrivals, h.register, func(ctx context.Context, a *arrival, err error) error {
			return h.buryMessage(ctx, "register", a.msg, a.exchange.Receiver, err)
		})
		if err != nil {
			return err
		}
	}
}

// register delivers a batch into hosted journals (ack 1) and gives each document or task the next number
// (ack 2), journal by journal, in the order of the batch.
func (h *Hub) register(ctx context.Context, batch []*arrival) error {
	if err := h.prepareMerges(ctx, batch); err != nil {
		return err
	}
	err := h.update(ctx, h.readsOfArrivals(batch), func(c *change) error {
		c.ends = true
		r := &registration{change: c, claims: map[record.ClaimKey]*record.Claim{}}
		for _, a := range batch {
			if ex := c.state.Exchanges[a.exchange]; ex != nil {
				r.arrive(ex, a.answer)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("register %d packets: %w", len(batch), err)
	}
	for _, a := range batch {
		if err := a.msg.Ack(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
			h.log.Debug("acknowledge", "error", err)
		}
	}
	return nil
}

func (h *Hub) readsOfArrivals(batch []*arrival) record.Reads {
	var r record.Reads
	journals := map[record.JournalKey]bool{}
	book := h.Book()
	for _, a := range batch {
		r.Exchanges = append(r.Exchanges, a.exchange)
		r.Claims = append(r.Claims, a.claims...)
		for _, kind := range []document.JournalKind{document.JournalTasks, document.JournalIncoming} {
			if j := book.Journal(a.exchange.Receiver, kind); j != nil {
				k := h.journalKey(book, a.exchange.Receiver, j)
				if !journals[k] {
					journals[k] = true
					r.Journals = append(r.Journals, k)
				}
			}
		}
		if a.answer != nil {
			r.Cards = append(r.Cards, a.answer.card)
		}
	}
	return r
}

// journalKey names the journal's register of the year that it is in the contour's zone.
func (h *Hub) journalKey(book *contours.Book, c document.ContourCode, j *contours.Journal) record.JournalKey {
	return record.JournalKey{Contour: c, Journal: j.Code, Year: h.Clock().In(book.Zone(c)).Year()}
}

// registration is the change that registers one batch.
type registration struct {
	*change
	claims map[record.ClaimKey]*record.Claim // made by this batch
}

// arrive delivers one exchange and registers what its journals register by themselves.
func (r *registration) arrive(ex *record.Exchange, m *merge) {
	if ex.Delivery != record.Hosted || receipts.Settled(ex.State) && ex.State != document.Expired || ex.State == document.Held {
		return // withdrawn, registered before, or not ours: the message is stale
	}
	if ex.State != document.Delivered {
		r.step(ex, receipts.Deliver, document.Receipt{Stage: document.Deliver, Event: "hosted"})
		if m != nil {
			r.merge(m)
		}
	}
	if len(ex.Tasks) > 0 {
		r.registerTasks(ex)
		return
	}
	j := r.book.Journal(ex.Receiver, document.JournalIncoming)
	switch {
	case j == nil:
		r.notKept(ex)
	case j.Register == contours.Clerk:
		r.pend(ex, j)
	default:
		r.registerDocument(ex, j)
	}
}

// registerTasks gives each task a card of its own (R03).
func (r *registration) registerTasks(ex *record.Exchange) {
	j := r.book.Journal(ex.Receiver, document.JournalTasks)
	if j == nil {
		if j = r.book.Journal(ex.Receiver, document.JournalIncoming); j == nil {
			r.notKept(ex)
			return
		}
	}
	for i := range ex.Tasks {
		t := &ex.Tasks[i]
		if t.Journal != "" {
			continue
		}
		claim, card := r.claim(ex, j, t.ID)
		t.Card, t.Journal, t.Number = claim.Card, claim.Journal, claim.Number
		from := t.State
		if t.State == "" {
			t.State = document.TaskActive
		}
		if ex.Number.Number == "" {
			ex.Number = claim.Number
		}
		r.touchTask(ex, t)
		receipt := document.Receipt{Stage: document.Register, Task: t.ID, Journal: string(claim.Journal), Number: claim.Number, TaskFrom: from, TaskTo: t.State, Executor: t.Executor, Event: claim.Card.Hex()}
		if card != nil {
			card.Task, card.TaskKind, card.Executor = t.ID, t.Kind, t.Executor
			card.Receipt = document.NewReceiptID(ex.ID, ex.Receiver, t.ID, document.Register, receipt.Event)
		}
		if ex.State == document.Registered || ex.State == document.Answered {
			r.touch(ex)
			r.attest(ex, receipt)
			continue
		}
		r.step(ex, receipts.Register, receipt)
	}
}

// registerDocument registers a document that came without tasks (R03a).
func (r *registration) registerDocument(ex *record.Exchange, j *contours.Journal) {
	claim, card := r.claim(ex, j, "")
	ex.Card, ex.Number = claim.Card, claim.Number
	receipt := document.Receipt{Stage: document.Register, Journal: string(claim.Journal), Number: claim.Number, Event: claim.Card.Hex()}
	if card != nil {
		card.Receipt = document.NewReceiptID(ex.ID, ex.Receiver, "", document.Register, receipt.Event)
	}
	r.step(ex, receipts.Register, receipt)
}

// claim registers once: it returns the claim that was made before for the same document and task, or takes
// the journal's next number and opens the card (D7).
func (r *registration) claim(ex *record.Exchange, j *contours.Journal, task string) (*record.Claim, *record.Card) {
	key := claimOf(ex, task)
	if made := r.claims[key]; made != nil {
		return made, nil
	}
	if made := r.state.Claims[key]; made != nil {
		return made, nil
	}
	card := r.cardOf(ex, j)
	number, seq := r.number(ex.Receiver, j)
	card.State, card.Number, card.Seq, card.Year = document.CardRegistered, number, seq, r.hub.journalKey(r.book, ex.Receiver, j).Year
	r.writes.NewCards = append(r.writes.NewCards, card)
	claim := &record.Claim{Key: key, Card: card.Key, Journal: j.Code, Number: number}
	r.claims[key] = claim
	r.writes.NewClaims = append(r.writes.NewClaims, claim)
	return claim, card
}

func (r *registration) cardOf(ex *record.Exchange, j *contours.Journal) *record.Card {
	d := ex.Doc
	return &record.Card{
		Key: record.NewKey(), Contour: ex.Receiver, Journal: j.Code, Kind: j.Kind, At: r.now, Version: 1, Packet: ex.Packet, PacketID: ex.ID,
		Correspondent: ex.ID.Sender, DocumentID: d.DocumentID, DocumentKind: d.DocumentKind, SenderNumber: d.Number, Title: d.Title,
		Sheets: d.Sheets, Restricted: d.Restricted, Emulated: d.Emulated,
	}
}

// register is a journal that this change numbers in: its locked counter, and what all its numbers share.
type register struct {
	counter  *record.Journal
	template journal.Template
	today    document.Date
}

// register returns the journal's register; it is written back once, however many numbers are taken.
func (c *change) register(contour document.ContourCode, j *contours.Journal) *register {
	counter := c.state.Journals[c.hub.journalKey(c.book, contour, j)]
	if counter == nil { // another year began, or other rules came into force, since the reads were named
		c.moved = true
		counter = &record.Journal{}
	}
	if r := c.registers[counter]; r != nil {
		return r
	}
	template, fault := journal.Parse(j.Template)
	if fault != nil {
		template, _ = journal.Parse(journal.Standard) // the contours file is checked; a journal without a template
	}
	r := &register{counter, template, document.DateOf(c.now.In(c.book.Zone(contour)))}
	if c.registers == nil {
		c.registers = map[*record.Journal]*register{}
	}
	c.registers[counter] = r
	c.writes.SetJournals = append(c.writes.SetJournals, counter)
	return r
}

// number takes the journal's next number: counters are locked until the commit, so that there is no gap.
func (c *change) number(contour document.ContourCode, j *contours.Journal) (document.RegNumber, int64) {
	r := c.register(contour, j)
	r.counter.Last, r.counter.Day = journal.Next(r.counter.Last, r.counter.Day, r.today)
	return document.RegNumber{Number: r.template.Number(r.counter.Last, j.Index, r.counter.Day), Date: r.counter.Day}, r.counter.Last
}

// pend puts the document before the clerk.
func (r *registration) pend(ex *record.Exchange, j *contours.Journal) {
	if !ex.Card.IsZero() {
		return
	}
	card := r.cardOf(ex, j)
	card.State = document.CardPending
	ex.Card = card.Key
	r.writes.NewCards = append(r.writes.NewCards, card)
	r.owe(ex, record.DueRegister, r.now.Add(r.hub.RegisterWithin))
	r.touch(ex)
}

// notKept settles an exchange whose receiver keeps no journal for it: delivered, not subject to registration.
func (r *registration) notKept(ex *record.Exchange) {
	r.step(ex, receipts.NotSubject, document.Receipt{Stage: document.Register, Code: document.CodeNotSubject, Event: "no journal"})
}

// merge is what an answer brings for the sender's card: the executor's signatures under its files (E02).
type merge struct {
	card  record.Key
	files []document.Attachment
}

// prepareMerges reads the bodies of answers that carry signatures, before the transaction: they never change.
func (h *Hub) prepareMerges(ctx context.Context, batch []*arrival) error {
	for _, a := range batch {
		if a.answer != nil || !a.isAnswer {
			continue
		}
		row, _, err := h.record.Packet(ctx, a.exchange.Packet)
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read answer %s: %w", a.exchange.Packet, err)
		}
		if row.Kind != document.Answer || row.Outcome != document.Signed && row.Outcome != document.Agreed {
			continue
		}
		cards, err := h.record.CardsOf(ctx, row.Parent, row.Parent.Sender)
		if err != nil {
			return fmt.Errorf("cards of %s: %w", row.Parent, err)
		}
		body, err := h.record.Body(ctx, row.Key)
		if err != nil {
			return fmt.Errorf("read answer %s: %w", a.exchange.Packet, err)
		}
		p, err := wire.UnmarshalPacket(body)
		if err != nil {
			return fmt.Errorf("answer %s in the record: %w", a.exchange.Packet, err)
		}
		for _, card := range cards {
			if card.Kind == document.JournalOutgoing && p.Document != nil {
				a.answer = &merge{card: card.Key, files: p.Document.Files}
			}
		}
	}
	return nil
}

// merge adds to the sender's sent card the signatures that its files did not have.
func (r *registration) merge(m *merge) {
	card := r.state.Cards[m.card]
	if card == nil || card.State != document.CardSent {
		return
	}
	p, err := wire.UnmarshalPacket(card.Draft)
	if err != nil || p.Document == nil {
		return
	}
	if !addSignatures(p.Document.Files, m.files) {
		return
	}
	draft, err := wire.MarshalPacket(p)
	if err != nil {
		return // more signatures than a packet can carry; the answer has them
	}
	card.Draft = draft
	for _, w := range r.writes.SetCards {
		if w == card {
			return
		}
	}
	card.Version++
	r.writes.SetCards = append(r.writes.SetCards, card)
}

func addSignatures(files, from []document.Attachment) (added bool) {
	for i := range files {
		have := map[string]bool{}
		for _, s := range files[i].Signatures {
			have[string(s.CMS)] = true
		}
		for j := range from {
			if from[j].SHA256 != files[i].SHA256 {
				continue
			}
			for _, s := range from[j].Signatures {
				if !have[string(s.CMS)] {
					have[string(s.CMS)], added = true, true
					files[i].Signatures = append(files[i].Signatures, s)
				}
			}
		}
	}
	return added
}
