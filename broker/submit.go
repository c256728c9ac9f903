package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	if faults := h.unfit(p, body); len(faults) > 0 {
		return Outcome{Standing: Refused, Packet: p.ID, Faults: faults}, faults
	}
	m := &nats.Msg{Subject: inSubject + string(from), Data: body, Header: headers(packetType, p.ID.String(), from)}
	if card {
		m.Header[cardHeader] = []string{"1"}
	}
	w := &custody{packet: p.ID, content: eventOf(sha256.Sum256(body), 1), receivers: different(p.To), sent: p, began: h.Clock()}
	return h.hand(ctx, m, topic{packet: p.ID}, w, 4*len(p.To)+8)
}

// unfit returns what is wrong with the form of a packet that cannot go into admission: it is larger than the bus
// carries, has more parts than anybody reads, or no receiver toward whom a receipt could be given.
func (h *Hub) unfit(p *document.Packet, body []byte) document.Faults {
	var cause document.Faults
	if len(body) > maxMessage-4096 {
		cause = document.Faults{document.NewFault(document.PacketTooLarge, "document.files", strconv.Itoa(len(body)), strconv.Itoa(maxMessage-4096))}
	} else if _, err := wire.UnmarshalPacket(body); err != nil {
		cause = faultsOf(err)
	} else if len(p.To) > 0 && !slices.ContainsFunc(p.To, func(r document.Receiver) bool { return !r.Contour.Valid() }) {
		return nil
	}
	faults := p.Validate(h.Limits)
	for _, f := range cause {
		if len(faults) == 0 || f.Code != document.PacketParts && !faults.Has(f.Code) { // the form says more exactly what is too many
			faults = append(faults, f)
		}
	}
	return faults
}

// different counts receivers, each once.
func different(to []document.Receiver) int {
	seen := make(map[document.ContourCode]struct{}, len(to))
	for i := range to {
		seen[to[i].Contour] = struct{}{}
	}
	return len(seen)
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
	return h.hand(ctx, m, topic{r.Packet, r.ID}, &statement{packet: r.Packet, event: r.ID, receiver: from}, 64)
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
	// add takes a sealed receipt and says whether the verdict is complete now.
	add(r *document.Receipt) bool
	outcome() Outcome
}

// hand publishes m and waits for the verdict: for sealed announcements, and, since those of a repeat were
// made long ago, by looking in the record when it is told to or has waited for a while.
func (h *Hub) hand(ctx context.Context, m *nats.Msg, about topic, c collector, room int) (Outcome, error) {
	ch, leave := h.announce.wait(about, room)
	defer leave()
	ack, err := h.bus.js.PublishMsgAsync(m)
	if err != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	deadline := time.NewTimer(h.Custody)
	defer deadline.Stop()
	pause := 2 * time.Second
	look := time.NewTimer(pause)
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
			if w, is := c.(*statement); r == nil && is {
				if faults, done := h.unheard(ctx, w); len(faults) > 0 {
					return Outcome{Standing: Refused, Packet: w.packet, Faults: faults}, faults
				} else if done {
					o := c.outcome()
					o.Standing = Pending // recorded, until its packet comes (D11)
					return o, nil
				}
			}
		case <-look.C:
			if h.recall(ctx, c) {
				return c.outcome(), nil
			}
			pause *= 2 // under load everybody waits long: looking must not add to it
			look.Reset(pause)
		case <-acked:
			acked = nil
		case err := <-ack.Err():
			err = refusal(err)
			if errors.Is(err, ErrBusy) {
				h.makeRoom()
			}
			return Outcome{}, err
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
		complete = c.add(r)
	}
	w, is := c.(*custody)
	return complete && !(is && w.outcome().Standing == Refused && h.stale(ctx, w))
}

// stale says whether the refusal that was collected is not the answer: the repeat of a packet that was refused
// under other rules, or before a file that it names was put, or that came before the one that has the id now,
// is decided anew.
func (h *Hub) stale(ctx context.Context, w *custody) bool {
	row, _, err := h.record.Packet(ctx, w.packet)
	switch {
	case err != nil:
		return false
	case eventOf(row.Digest, 1) != w.content:
		return !w.conflict || refused(row.State)
	}
	return refused(row.State) && (row.Rules != h.Book().Version() || w.sent != nil && h.putBetween(ctx, w.sent, row.At, w.began))
}

// custody collects the verdict of admission: one receipt a receiver that ends it, or a conflict. It looks at
// receipts about its own content alone: what was said of another packet that had the id first says nothing about
// this one (D6). When the same content was tried several times it keeps to the last.
type custody struct {
	packet    document.PacketID
	sent      *document.Packet // nil when only its standing is asked
	began     time.Time        // when it was handed in
	content   string           // event of its first attempt
	event     string           // of the attempt whose receipts are collected
	newest    int64            // the highest leaf of it
	receivers int
	receipts  []*document.Receipt
	seen      map[document.ReceiptID]bool
	verdicts  map[document.ContourCode]document.Stage
	conflict  bool
}

func (w *custody) add(r *document.Receipt) bool {
	if content, _, _ := strings.Cut(r.Event, attemptMark); content != w.content || r.Event != w.event && r.Leaf < w.newest {
		return w.complete()
	}
	if r.Event != w.event {
		w.event, w.receipts, w.conflict = r.Event, nil, false
		w.seen, w.verdicts = map[document.ReceiptID]bool{}, map[document.ContourCode]document.Stage{}
	}
	w.newest = max(w.newest, r.Leaf)
	switch r.Stage {
	case document.Forward, document.Reject, document.Block, document.OldFormat, document.Hold:
		w.verdicts[r.Receiver] = r.Stage
	case document.Conflict:
		if !w.conflict {
			w.conflict, w.receipts = true, nil
		}
	case document.Accept:
	default:
		return w.complete() // later life
	}
	if !w.seen[r.ID] {
		w.seen[r.ID] = true
		w.receipts = append(w.receipts, r)
	}
	return w.complete()
}

func (w *custody) complete() bool {
	return w.conflict || w.receivers > 0 && len(w.verdicts) >= w.receivers
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
	if r.Event == w.event && r.Receiver == w.receiver && !slices.ContainsFunc(w.receipts, func(o *document.Receipt) bool { return o.ID == r.ID }) {
		w.receipts = append(w.receipts, r)
	}
	return len(w.receipts) > 0
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
	row, exchanges, err := h.record.Packet(ctx, id)
	if errors.Is(err, record.ErrNotFound) {
		return Outcome{Standing: Waiting, Packet: id}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	c := &custody{packet: id, content: eventOf(row.Digest, 1), receivers: len(exchanges)}
	h.recall(ctx, c)
	return c.outcome(), nil
}
