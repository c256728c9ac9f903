package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

func cardSummary(card *record.Card, l document.Lang) openapi.CardSummary {
	return openapi.CardSummary{
		ID: card.Key.String(), Journal: card.Journal, Kind: card.Kind, State: card.State, Version: card.Version, Year: card.Year, Seq: card.Seq,
		Number: registration(card.Number), At: card.At.UTC(), Correspondent: card.Correspondent, Packet: packetRef(card.PacketID),
		DocumentID: card.DocumentID, DocumentKind: card.DocumentKind, SenderNumber: registration(card.SenderNumber), Title: card.Title,
		Sheets: card.Sheets, Restricted: card.Restricted, Emulated: card.Emulated, Task: card.Task, TaskKind: card.TaskKind, TaskState: card.TaskState,
		Executor: card.Executor, Status: cardStatus(card, l),
	}
}

// cardStatus is the word for a card: of its task where it has one, else of itself.
func cardStatus(card *record.Card, l document.Lang) string {
	if card.TaskState != "" {
		return receipts.TaskText(card.TaskState, l)
	}
	switch card.State {
	case document.CardDraft:
		return l.Pick("Черновик", "Draft")
	case document.CardPending:
		return l.Pick("Ожидает регистрации", "Waits for registration")
	case document.CardSent:
		return l.Pick("Отправлено", "Sent")
	case document.CardNotSubject:
		return receipts.StateText(document.NotSubject, l)
	case document.CardRefused:
		return receipts.StateText(document.Refused, l)
	}
	return receipts.StateText(document.Registered, l)
}

// cardView shows a card with everything that belongs to it: draft or packet, signatures, exchanges, receipts.
func (d *door) cardView(ctx context.Context, card *record.Card) (openapi.CardView, error) {
	c := callOf(ctx)
	s := cardSummary(card, c.lang)
	v := openapi.CardView{
		ID: s.ID, Journal: s.Journal, Kind: s.Kind, State: s.State, Version: s.Version, Year: s.Year, Seq: s.Seq, Number: s.Number, At: s.At,
		Correspondent: s.Correspondent, Packet: s.Packet, DocumentID: s.DocumentID, DocumentKind: s.DocumentKind, SenderNumber: s.SenderNumber,
		Title: s.Title, Sheets: s.Sheets, Restricted: s.Restricted, Emulated: s.Emulated, Task: s.Task, TaskKind: s.TaskKind, TaskState: s.TaskState,
		Executor: s.Executor, Status: s.Status,
	}
	p, err := d.packetOf(ctx, card)
	if err != nil {
		return v, err
	}
	checked := []time.Time{d.hub.Clock()}
	if !card.PacketID.IsZero() {
		if checked, err = d.addHistory(ctx, card, &v, checked); err != nil {
			return v, err
		}
	}
	if p != nil {
		if v.Files, err = d.signedFiles(ctx, p, checked...); err != nil {
			return v, err
		}
		if len(card.Draft) > 0 {
			v.Draft = openapi.Packet(*withoutContent(p))
		}
	}
	return v, nil
}

// addHistory adds the exchanges and receipts of the packet that the card left as or came with. It returns when the hub
// checked the signatures that the card shows: as the packet came, and as each answer did; now, when neither was yet.
func (d *door) addHistory(ctx context.Context, card *record.Card, v *openapi.CardView, now []time.Time) (checked []time.Time, err error) {
	c := callOf(ctx)
	row, exchanges, err := d.visible(ctx, card.PacketID.String())
	if errors.Is(err, record.ErrNotFound) {
		return now, nil // sent, and not admitted yet
	}
	if err != nil {
		return nil, err
	}
	view := packetView(row, exchanges, c)
	v.Exchanges = view.Exchanges
	if card.Kind == document.JournalOutgoing {
		v.Status = view.Status
	}
	sealed, err := d.Record.Receipts(ctx, card.PacketID, largestPage)
	if err != nil {
		return nil, fmt.Errorf("receipts of %s: %w", card.PacketID, err)
	}
	if sealed, err = toward(sealed, c.Contour); err != nil {
		return nil, err
	}
	page, err := d.receiptPage(ctx, sealed, -1)
	v.Receipts = page.Items
	checked = []time.Time{row.At}
	for _, r := range page.Items {
		if r.Stage == openapi.Stage(document.AnswerPacket.String()) {
			checked = append(checked, r.At)
		}
	}
	return checked, err
}

// packetOf is the draft of an outgoing card, or the packet that an incoming one came with.
func (d *door) packetOf(ctx context.Context, card *record.Card) (*document.Packet, error) {
	if len(card.Draft) > 0 {
		p, err := wire.UnmarshalPacket(card.Draft)
		if err != nil {
			return nil, fmt.Errorf("draft of card %s: %v", card.Key, err)
		}
		return p, nil
	}
	if card.PacketID.IsZero() {
		return nil, nil
	}
	_, body, err := d.visibleBody(ctx, card.PacketID.String())
	return body, err
}

// withoutContent leaves file contents out of a view: they have paths of their own.
func withoutContent(p *document.Packet) *document.Packet {
	for _, a := range p.Files {
		a.Inline = nil
	}
	return p
}

// signedFiles shows the document's files with the finding about each signature; see signatureView.
func (d *door) signedFiles(ctx context.Context, p *document.Packet, checked ...time.Time) (views []openapi.SignedFile, err error) {
	if p.Document == nil {
		return nil, nil
	}
	views = make([]openapi.SignedFile, len(p.Document.Files))
	for i := range p.Document.Files {
		if views[i], err = d.signedFile(ctx, p.ID.Sender, &p.Document.Files[i], checked...); err != nil {
			return nil, err
		}
	}
	return views, nil
}
