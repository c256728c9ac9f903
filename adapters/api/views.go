package api

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

func faultViews(faults []document.Fault) []openapi.Fault {
	views := make([]openapi.Fault, len(faults))
	for i := range faults {
		f := &faults[i]
		views[i] = openapi.Fault{Code: f.Code, Field: f.Field, Rule: f.Rule, TextRu: f.Text(document.Russian), TextEn: f.Text(document.English)}
	}
	return views
}

func problemViews(problems contours.Problems) []openapi.Fault {
	views := make([]openapi.Fault, len(problems))
	for i, p := range problems {
		views[i] = openapi.Fault{Code: p.Code, Field: p.Path, Line: p.Line, Column: p.Column, TextRu: p.Text(document.Russian), TextEn: p.Text(document.English)}
	}
	return views
}

func registration(n document.RegNumber) openapi.Registration {
	return openapi.Registration{Number: n.Number, Date: n.Date.String()}
}

func packetRef(id document.PacketID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func receiptView(r *document.Receipt, l document.Lang) openapi.Receipt {
	v := openapi.Receipt{
		ID: string(r.ID), Leaf: r.Leaf, Packet: r.Packet.String(), Receiver: r.Receiver, Task: r.Task, Stage: openapi.Stage(r.Stage.String()),
		AckType: int(r.Stage), Code: r.Code, Text: receipts.Text(r, l), Bad: r.Bad(), FromState: r.From, ToState: r.To, FromTaskState: r.TaskFrom,
		ToTaskState: r.TaskTo, Journal: r.Journal, Registration: registration(r.Number), Executor: r.Executor, Outcome: r.Outcome, Rule: r.Rule,
		RulesVersion: r.Rules, Emulated: r.Emulated, Event: r.Event, At: r.At.UTC(),
	}
	if len(r.Faults) > 0 {
		v.Faults = faultViews(r.Faults)
	}
	if r.Note != [32]byte{} {
		v.NoteDigest = hex.EncodeToString(r.Note[:])
	}
	return v
}

func (d *door) receiptViews(c *call, rs []*document.Receipt) []openapi.Receipt {
	views := make([]openapi.Receipt, len(rs))
	for i, r := range rs {
		views[i] = receiptView(r, c.lang)
	}
	return views
}

// sealedView shows a receipt of the feed. Its free text, which the receipt only digests, is for the two
// contours and not for auditors (D17).
func (d *door) sealedView(ctx context.Context, s record.SealedReceipt) (openapi.Receipt, error) {
	r, err := wire.UnmarshalReceipt(s.Bytes)
	if err != nil {
		return openapi.Receipt{}, err
	}
	r.Leaf = s.Leaf
	c := callOf(ctx)
	v := receiptView(r, c.lang)
	if r.Note == [32]byte{} || c.Role != record.RoleContour {
		return v, nil
	}
	note, err := d.Record.Note(ctx, r.ID)
	if err == nil {
		v.Note = note.Text
	}
	return v, ignoreNotFound(err)
}

func (d *door) outcomeView(c *call, o broker.Outcome) openapi.Outcome {
	v := openapi.Outcome{Packet: o.Packet.String(), Standing: openapi.Standing(o.Standing), Receipts: d.receiptViews(c, o.Receipts)}
	if len(o.Faults) > 0 {
		v.Faults = faultViews(o.Faults)
	}
	return v
}

func taskView(t *record.Task, l document.Lang) openapi.TaskView {
	return openapi.TaskView{
		ID: t.ID, Kind: t.Kind, Smdo: t.SMDO, Executor: t.Executor, Others: t.Others, Text: t.Text, Term: t.Term.String(), State: t.State,
		Status: receipts.TaskText(t.State, l), Outcome: t.Outcome, Journal: t.Journal, Registration: registration(t.Number),
	}
}

// exchangeView shows one packet toward one receiver. The rule that let it pass is the sender's business.
func exchangeView(ex *record.Exchange, c *call) openapi.ExchangeView {
	v := openapi.ExchangeView{
		Packet: ex.ID.String(), From: ex.ID.Sender, To: ex.Receiver, State: ex.State, Status: statusText(ex, c.lang), Delivery: string(ex.Delivery),
		Registration: registration(ex.Number), Changed: ex.Changed.UTC(), Tasks: make([]openapi.TaskView, len(ex.Tasks)),
	}
	if !receipts.Settled(ex.State) && !ex.Deadline.IsZero() {
		v.Deadline = ex.Deadline.UTC()
	}
	if c.Contour == ex.ID.Sender {
		v.Rule = ex.Rule
	}
	for i := range ex.Tasks {
		v.Tasks[i] = taskView(&ex.Tasks[i], c.lang)
	}
	if p := ex.Doc; p != nil {
		v.Kind, v.DocumentKind, v.Title, v.Number = openapi.KindName(p.Kind), p.DocumentKind, p.Title, registration(p.Number)
		v.Parent, v.Emulated, v.At = packetRef(p.Parent), p.Emulated, p.At.UTC()
	}
	return v
}

func statusText(ex *record.Exchange, l document.Lang) string {
	states := make([]document.TaskState, len(ex.Tasks))
	for i := range ex.Tasks {
		states[i] = ex.Tasks[i].State
	}
	return receipts.Status(ex.State, states, l)
}

func packetView(p *record.Packet, exchanges []*record.Exchange, c *call) openapi.PacketView {
	v := openapi.PacketView{
		ID: p.ID.String(), From: p.ID.Sender, Kind: openapi.KindName(p.Kind), State: p.State, Status: overall(p, exchanges, c.lang), Attempt: p.Attempt,
		At: p.At.UTC(), RulesVersion: p.Rules, Size: p.Size, DocumentID: p.DocumentID, DocumentKind: p.DocumentKind, Title: p.Title, Sheets: p.Sheets,
		Restricted: p.Restricted, Emulated: p.Emulated, Number: registration(p.Number), Parent: packetRef(p.Parent),
		Exchanges: make([]openapi.ExchangeView, len(exchanges)),
	}
	for i, ex := range exchanges {
		if ex.Doc == nil {
			ex.Doc = p
		}
		v.Exchanges[i] = exchangeView(ex, c)
	}
	return v
}

// overall is the status of the packet as a whole: that of its least advanced exchange, bad ends first.
func overall(p *record.Packet, exchanges []*record.Exchange, l document.Lang) string {
	if len(exchanges) == 0 {
		return receipts.StateText(p.State, l)
	}
	return statusText(slices.MinFunc(exchanges, func(a, b *record.Exchange) int { return progress(a) - progress(b) }), l)
}

// progress orders exchanges: bad ends, then the way, then tasks from declined to closed.
func progress(ex *record.Exchange) int {
	order := []document.State{
		document.Rejected, document.OldFormatted, document.Blocked, document.DeliveryFailed, document.Refused, document.Untrusted, document.Expired,
		document.Withdrawn, document.Queued, document.Held, document.Accepted, document.Forwarded, document.Delivered, document.NotSubject,
	}
	if i := slices.Index(order, ex.State); i >= 0 {
		return i
	}
	tasks := []document.TaskState{document.TaskDeclined, document.TaskActive, document.TaskExecuted, document.TaskClosed}
	least := len(tasks) - 1
	for i := range ex.Tasks {
		least = min(least, max(slices.Index(tasks, ex.Tasks[i].State), 0))
	}
	return len(order) + least
}

// day is the current day's year in the contour's zone.
func (d *door) year(contour document.ContourCode) int {
	return d.hub.Clock().In(d.hub.Book().Zone(contour)).Year()
}

// utc leaves the zero time as it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
