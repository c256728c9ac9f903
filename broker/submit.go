package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Standing says who answers for a packet now.
type Standing string

// The standings. Queued is not custody: the caller keeps the packet and repeats it (D1).
const (
	Custody Standing = "custody" // the hub has it, sealed
	Pending Standing = "held"    // recorded, but what it needs cannot be checked yet
	Refused Standing = "refused" // not taken, with the faults
	Waiting Standing = "queued"  // on its way; ask again under its id
)

// Outcome is what a door answers: where a packet or a report stands, with what was stated about it.
type Outcome struct {
	Standing Standing
	Packet   document.PacketID
	Receipts []*document.Receipt // sealed
	Faults   document.Faults     // of everything refused
}

// ErrBusy says that the hub takes nothing more from this contour just now: try again later (503).
var ErrBusy = errors.New("broker: busy")

const (
	packetType = "by.smdo.packet.v1"
	reportType = "by.smdo.report.v1"
	cardHeader = "Smdo-Card" // set by our own door: a card of the sender's journal becomes sent with the packet
)

// Submit takes a packet of a contour and waits for custody. It returns document.Faults when the packet
// cannot even be named (sender or id), ErrBusy when the bus is full, and an Outcome otherwise; when its
// patience ends before the verdict is sealed, Waiting.
func (h *Hub) Submit(ctx context.Context, from document.ContourCode, p *document.Packet) (Outcome, error) {
	return h.submit(ctx, from, p, false)
}

func (h *Hub) submit(ctx context.Context, from document.ContourCode, p *document.Packet, card bool) (Outcome, error) {
	if faults := nameable(from, p.ID); len(faults) > 0 {
		return Outcome{Standing: Refused, Packet: p.ID, Faults: faults}, faults
	}
	body, err := wire.MarshalPacket(p)
	if err != nil {
		return refuseUnreadable(p.ID, err)
	}
	if len(body) > maxMessage-4096 {
		f := document.Faults{document.NewFault(document.PacketTooLarge, "document.files", fmt.Sprint(len(body)), fmt.Sprint(maxMessage-4096))}
		return Outcome{Standing: Refused, Packet: p.ID, Faults: f}, f
	}
	m := &nats.Msg{Subject: inSubject + string(from), Data: body, Header: headers(packetType, p.ID.String(), from)}
	if card {
		m.Header[cardHeader] = []string{"1"}
	}
	w := &custody{packet: p.ID, receivers: len(p.To)}
	return h.hand(ctx, m, p.ID.String(), w, 4*len(p.To)+8)
}

// Report takes what a contour says about a packet that it received, and waits until it is sealed.
func (h *Hub) Report(ctx context.Context, from document.ContourCode, r *document.Report) (Outcome, error) {
	r.Reporter = from
	if faults := r.Validate(); len(faults) > 0 {
		return Outcome{Standing: Refused, Packet: r.Packet, Faults: faults}, faults
	}
	body, err := wire.MarshalReport(r)
	if err != nil {
		return refuseUnreadable(r.Packet, err)
	}
	m := &nats.Msg{Subject: inSubject + string(from), Data: body, Header: headers(reportType, r.ID, from)}
	return h.hand(ctx, m, reportKey(r.Packet, r.ID), &statement{packet: r.Packet, event: r.ID, receiver: from}, 64)
}

func nameable(from document.ContourCode, id document.PacketID) document.Faults {
	var f document.Faults
	if id.Sender != from {
		f = append(f, document.NewFault(document.PacketSender, "sender"))
	}
	if !id.MsgID.Valid() {
		f = append(f, document.NewFault(document.PacketMsgID, "msg_id"))
	}
	return f
}

func refuseUnreadable(id document.PacketID, err error) (Outcome, error) {
	var fault *document.Fault
	if errors.As(err, &fault) {
		f := document.Faults{*fault}
		return Outcome{Standing: Refused, Packet: id, Faults: f}, f
	}
	return Outcome{}, err
}

// A collector gathers receipts until it can say where what was handed in stands.
type collector interface {
	// add takes a sealed receipt and says whether the verdict is complete.
	add(r *document.Receipt) bool
	outcome() Outcome
}

// hand publishes m and waits for the verdict: for sealed announcements, and, since those of a repeat were
// made long ago, by looking in the record when it is told to or has waited for a while.
func (h *Hub) hand(ctx context.Context, m *nats.Msg, key string, c collector, room int) (Outcome, error) {
	ch, leave := h.announce.wait(key, room)
	defer leave()
	ack, err := h.bus.js.PublishMsgAsync(m)
	if err != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	deadline := time.NewTimer(h.Custody)
	defer deadline.Stop()
	look := time.NewTimer(time.Second)
	defer look.Stop()
	acked := ack.Ok()
	for {
		select {
		case r := <-ch:
			if r != nil && c.add(r) {
				return c.outcome(), nil
			}
			if r == nil && h.recall(ctx, c) {
				return c.outcome(), nil
			}
		case <-look.C:
			if h.recall(ctx, c) {
				return c.outcome(), nil
			}
			look.Reset(time.Second)
		case <-acked:
			acked = nil
		case err := <-ack.Err():
			return Outcome{}, refusal(err)
		case <-deadline.C:
			return c.outcome(), nil
		case <-ctx.Done():
			return c.outcome(), nil
		}
	}
}

func refusal(err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == 10077 || api.ErrorCode == 10167) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoStreamResponse) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// recall gives the collector what the record has sealed.
func (h *Hub) recall(ctx context.Context, c collector) bool {
	o := c.outcome()
	sealed, err := h.record.Receipts(ctx, o.Packet, 1000)
	if err != nil {
		return false
	}
	complete := false
	for _, s := range sealed {
		r, err := wire.UnmarshalReceipt(s.Bytes)
		if err != nil {
			return false
		}
		r.Leaf = s.Leaf
		complete = c.add(r) || complete
	}
	return complete
}

// custody collects the verdict of admission: one receipt a receiver that ends it, or a conflict.
type custody struct {
	packet    document.PacketID
	receivers int
	receipts  []*document.Receipt
	seen      map[document.ReceiptID]bool
	verdicts  map[document.ContourCode]document.Stage
	conflict  bool
}

func (w *custody) add(r *document.Receipt) bool {
	if w.seen == nil {
		w.seen, w.verdicts = map[document.ReceiptID]bool{}, map[document.ContourCode]document.Stage{}
	}
	switch r.Stage {
	case document.Forward, document.Reject, document.Block, document.OldFormat, document.Hold:
		w.verdicts[r.Receiver] = r.Stage
	case document.Conflict:
		w.conflict = true
	case document.Accept:
	default:
		return false // later life
	}
	if !w.seen[r.ID] {
		w.seen[r.ID] = true
		w.receipts = append(w.receipts, r)
	}
	return w.conflict || len(w.verdicts) >= w.receivers
}

func (w *custody) outcome() Outcome {
	o := Outcome{Standing: Waiting, Packet: w.packet, Receipts: w.receipts}
	for _, r := range w.receipts {
		o.Faults = append(o.Faults, r.Faults...)
	}
	switch {
	case w.conflict:
		o.Standing = Refused
	case len(w.verdicts) < w.receivers || w.receivers == 0:
	case w.any(document.Forward), w.any(document.Block):
		o.Standing = Custody
	case w.any(document.Hold):
		o.Standing = Pending
	default:
		o.Standing = Refused
	}
	return o
}

func (w *custody) any(s document.Stage) bool {
	for _, v := range w.verdicts {
		if v == s {
			return true
		}
	}
	return false
}

// statement collects what one report led to.
type statement struct {
	packet   document.PacketID
	event    string
	receiver document.ContourCode
	receipts []*document.Receipt
}

func (w *statement) add(r *document.Receipt) bool {
	if r.Event != w.event || r.Receiver != w.receiver {
		return len(w.receipts) > 0
	}
	w.receipts = append(w.receipts, r)
	return true
}

func (w *statement) outcome() Outcome {
	o := Outcome{Standing: Waiting, Packet: w.packet, Receipts: w.receipts}
	if len(w.receipts) > 0 {
		o.Standing = Custody
	}
	for _, r := range w.receipts {
		if r.Stage == document.Flag {
			o.Faults = append(o.Faults, r.Faults...)
		}
	}
	return o
}

// Standing looks up where a packet stands, for a caller that was told «queued».
func (h *Hub) Standing(ctx context.Context, id document.PacketID) (Outcome, error) {
	_, exchanges, err := h.record.Packet(ctx, id)
	if errors.Is(err, record.ErrNotFound) {
		return Outcome{Standing: Waiting, Packet: id}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	c := &custody{packet: id, receivers: len(exchanges)}
	h.recall(ctx, c)
	return c.outcome(), nil
}
