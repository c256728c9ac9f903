package broker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// runAdmission takes submissions from the bus until ctx ends. While one batch commits, the next one is
// examined on the other cores; batches commit in the order in which they came.
func (h *Hub) runAdmission(ctx context.Context) error {
	consumers, err := h.bus.consumers(ctx, Submissions, inSubject, "admit", h.log)
	if err != nil {
		return err
	}
	in, err := h.bus.take(consumers, h.log)
	if err != nil {
		return err
	}
	defer in.end()
	examined := make(chan []*submission, 1)
	go func() {
		defer close(examined)
		for {
			batch := in.batch(ctx)
			if batch == nil {
				return
			}
			select {
			case examined <- h.examine(ctx, batch):
			case <-ctx.Done():
				return
			}
		}
	}()
	for batch := range examined {
		if err := h.take(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// take commits an examined batch: poison is buried, packets are admitted, then reports applied.
func (h *Hub) take(ctx context.Context, batch []*submission) error {
	var packets, reports []*submission
	for _, s := range batch {
		switch {
		case errors.Is(s.poison, errRetry):
			_ = s.msg.NakWithDelay(time.Second)
		case s.poison != nil:
			if err := h.bury(ctx, "admit", s, s.poison); err != nil {
				return err
			}
		case s.packet != nil:
			packets = append(packets, s)
		default:
			reports = append(reports, s)
		}
	}
	bury := func(stage string) func(context.Context, *submission, error) error {
		return func(ctx context.Context, s *submission, err error) error { return h.bury(ctx, stage, s, err) }
	}
	if err := commit(ctx, h, "admit", packets, h.admit, bury("admit")); err != nil {
		return err
	}
	return commit(ctx, h, "report", reports, h.report, bury("report"))
}

// admit decides on a batch of packets and takes custody of what it accepts.
//
// D2: a crash before the commit leaves nothing behind; after it the batch comes again, the record answers
// with what was decided the first time, and the same messages go out.
func (h *Hub) admit(ctx context.Context, batch []*submission) error {
	var a *admission
	err := h.update(ctx, readsOf(batch), func(c *change) error {
		if c.state.Head.Rules != c.book.Version() {
			return errRulesMoved // D10: examine them at the version in force
		}
		a = &admission{change: c, latest: map[document.PacketID]*record.Packet{}}
		for _, s := range batch {
			s.settled = topic{}
			a.admit(s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("admit %d packets: %w", len(batch), err)
	}
	if err := h.bus.publish(ctx, a.messages); err != nil {
		h.log.Warn("deliveries will be published again", "error", err) // they are due in the record (D3)
	}
	h.acknowledge(batch)
	return nil
}

func (h *Hub) acknowledge(batch []*submission) {
	for _, s := range batch {
		if s.settled != (topic{}) {
			h.announce.settle(s.settled)
		}
		if s.msg != nil {
			if err := s.msg.Ack(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
				h.log.Debug("acknowledge", "error", err) // it comes again and is a repeat
			}
		}
	}
}

// readsOf names what admission has to see: earlier packets of the same name, reports that came before
// them, the exchanges that answers answer, files named but not carried, and cards that leave.
func readsOf(batch []*submission) record.Reads {
	var r record.Reads
	for _, s := range batch {
		p := s.packet
		r.Packets = append(r.Packets, p.ID)
		r.Early = append(r.Early, p.ID)
		if key, ok := answers(p); ok {
			r.Exchanges = append(r.Exchanges, key)
		}
		if s.card {
			if key, err := record.ParseKey(string(p.ID.MsgID)); err == nil {
				r.Cards = append(r.Cards, key)
			}
		}
	}
	r.Uploads = uploadKeys(batch)
	return r
}

// answers names the exchange that an answer answers: the parent packet toward the answer's sender.
func answers(p *document.Packet) (record.ExchangeKey, bool) {
	if p.Kind != document.Answer || p.Document == nil || p.Document.Parent == nil {
		return record.ExchangeKey{}, false
	}
	id := document.PacketID{Sender: p.Document.Parent.Contour, MsgID: p.Document.Parent.LastMsgID}
	return record.ExchangeKey{Packet: id, Receiver: p.ID.Sender}, true
}

// admission is the change that admits one batch.
type admission struct {
	*change
	latest   map[document.PacketID]*record.Packet // admitted by this batch
	messages []*nats.Msg
}

// admit decides on one packet.
func (a *admission) admit(s *submission) {
	id := s.packet.ID
	known := a.latest[id]
	if known == nil {
		known = a.state.Packets[id]
	}
	attempt := 1
	if known != nil {
		switch {
		case known.Digest == s.digest && (!refused(known.State) || known.Rules == a.book.Version() && !latestPut(s.packet, a.state.Uploads).After(known.At)):
			s.settled = topic{packet: id} // a repeat gets the first one's receipts (D6)
			return
		case known.Digest != s.digest && !refused(known.State):
			a.conflict(s, known)
			return
		}
		attempt = known.Attempt + 1
	}
	s.attempt = attempt
	a.fresh(s)
}

// refused says whether the id of a packet in that state may be used again.
func refused(s document.State) bool { return s == document.Rejected || s == document.OldFormatted }

// conflict refuses other content under a name that is taken, and leaves the first packet alone (D6).
func (a *admission) conflict(s *submission, known *record.Packet) {
	for i := range s.packet.To {
		if twice(s.packet, i) {
			continue
		}
		ex := &record.Exchange{Packet: known.Key, ID: known.ID, Receiver: s.packet.To[i].Contour}
		r := document.Receipt{Stage: document.Conflict, Faults: []document.Fault{document.NewFault(document.PacketConflict, "msg_id")}, Event: eventOf(s.digest, 1)}
		a.attest(ex, r)
	}
	s.settled = topic{packet: s.packet.ID} // a repeat of the conflict makes no new receipt
}

// eventOf names what admission states by the content that it is about, and by the attempt where the same id was
// used before: the same content at the same attempt, the same receipt.
func eventOf(digest [32]byte, attempt int) string {
	event := hex.EncodeToString(digest[:8])
	if attempt > 1 {
		event += attemptMark + strconv.Itoa(attempt)
	}
	return event
}

const attemptMark = "-"

func (a *admission) fresh(s *submission) {
	p := s.packet
	row := &record.Packet{
		Key: record.NewKey(), ID: p.ID, Attempt: s.attempt, Digest: s.digest, Kind: p.Kind, State: document.Rejected, At: s.at, Rules: a.book.Version(),
		Size: s.size, Emulated: s.emulated, Body: s.body,
	}
	if d := p.Document; d != nil {
		row.DocumentID, row.DocumentKind, row.Title, row.Sheets, row.Restricted = storable(d.ID), storable(d.Kind), storable(d.Title), d.Sheets, d.Confidential.Restricted
		row.Number = document.RegNumber{Number: storable(d.Number.Number), Date: d.Number.Date}
		if d.Parent != nil {
			row.Parent = document.PacketID{Sender: storable(d.Parent.Contour), MsgID: storable(d.Parent.LastMsgID)}
		}
	}
	faults := append(document.Faults(nil), s.faults...)
	faults = append(faults, a.files(s)...)
	parent, more := a.parent(s, row)
	faults = append(faults, more...)
	for i := range p.To {
		if !twice(p, i) {
			a.exchange(s, row, i, parent != nil, faults)
		}
	}
	a.latest[p.ID] = row
	a.writes.NewPackets = append(a.writes.NewPackets, row)
	if row.State == document.Accepted {
		a.accepted(s, row, parent)
	}
	if row.State == document.Held {
		a.adopt(s)
	}
}

// twice says whether the packet's receiver i was named before: a fault, and one exchange all the same.
func twice(p *document.Packet, i int) bool {
	return slices.ContainsFunc(p.To[:i], func(r document.Receiver) bool { return r.Contour == p.To[i].Contour })
}

// storable is a text as the record can keep it beside the body: a refused packet's may hold a zero octet.
func storable[S ~string](s S) S { return S(strings.ReplaceAll(string(s), "\x00", "\uFFFD")) }

// accepted does what follows once the packet as a whole is accepted.
func (a *admission) accepted(s *submission, row *record.Packet, parent *record.Exchange) {
	a.adopt(s)
	if parent != nil {
		reason := ""
		if s.packet.Answer != nil {
			reason = s.packet.Answer.Reason
		}
		a.execute(parent, row, reason)
	}
	a.send(s, row)
	a.earlyDone(s, row)
}

// files demands that what the packet names is still there: a file chosen for collection meanwhile is gone.
func (a *admission) files(s *submission) document.Faults {
	var faults document.Faults
	for field, f := range s.packet.Files {
		if f.Inline != nil || s.faults.Has(document.FileMissing) {
			continue
		}
		u := a.state.Uploads[record.UploadKey{Contour: s.packet.ID.Sender, SHA256: f.SHA256}]
		if u == nil {
			faults = append(faults, document.NewFault(document.FileMissing, field))
		}
	}
	return faults
}

func (a *admission) adopt(s *submission) {
	for _, k := range uploadKeys([]*submission{s}) {
		if u := a.state.Uploads[k]; u != nil && !u.Adopted {
			u.Adopted = true
			a.writes.Adopted = append(a.writes.Adopted, k)
		}
	}
}

// parent finds what an answer answers and checks that it may be answered so.
func (a *admission) parent(s *submission, row *record.Packet) (*record.Exchange, document.Faults) {
	key, is := answers(s.packet)
	if !is {
		return nil, nil
	}
	parent := a.state.Exchanges[key]
	if parent == nil || !answerable(parent.State) {
		return nil, document.Faults{document.NewFault(document.DocumentParentGone, "document.parent", key.Packet.String())}
	}
	answer := s.packet.Answer
	if answer == nil {
		return parent, nil
	}
	row.AnswerTask, row.Outcome, row.Executor = storable(answer.Task), storable(answer.Outcome), storable(answer.Executor)
	if answer.Task == "" {
		return parent, nil
	}
	for i := range parent.Tasks {
		t := &parent.Tasks[i]
		switch {
		case t.ID != answer.Task:
			continue
		case !open(t.State):
			return parent, document.Faults{document.NewFault(document.TaskAnswered, "answer.task")}
		case answer.Outcome != "" && answer.Outcome != document.Declined && answer.Outcome != wanted[t.Kind]:
			return parent, document.Faults{document.NewFault(document.TaskOutcome, "answer.outcome", string(answer.Outcome), string(t.Kind))}
		}
		return parent, nil
	}
	return parent, document.Faults{document.NewFault(document.TaskUnknown, "answer.task")}
}

func answerable(s document.State) bool {
	switch s {
	case document.Forwarded, document.Delivered, document.Registered, document.NotSubject, document.Answered, document.Expired:
		return true
	}
	return false
}

// exchange opens the packet's exchange with one receiver and decides on it.
func (a *admission) exchange(s *submission, row *record.Packet, i int, answer bool, faults document.Faults) {
	ex := &record.Exchange{Packet: row.Key, ID: row.ID, Receiver: s.packet.To[i].Contour, State: document.Queued, Changed: a.now, Doc: row}
	ex.Delivery = a.delivery(ex.Receiver)
	a.open(ex)
	a.verdict(s, ex, i, answer, faults)
}

// verdict decides on a packet toward one receiver: rejected with all faults, blocked, held, or sent on. It
// raises the packet's own state to the best of its receivers'.
func (a *admission) verdict(s *submission, ex *record.Exchange, i int, answer bool, faults document.Faults) {
	request := contours.RequestFor(s.packet, i, s.at)
	request.Size = max(request.Size, s.size)
	request.Answer, request.Emulated = answer, s.emulated
	d := a.book.Decide(request)
	ex.Rule = string(d.Rule)
	wrong := append(append(document.Faults(nil), faults...), unlessBlocked(d)...)
	undecided := s.unproven
	switch d.Signatures.Undeterminable {
	case contours.AcceptUndeterminable:
		undecided = nil
	case contours.RefuseUndeterminable:
		wrong, undecided = append(wrong, undecided...), nil
	}
	if len(undecided) > 0 && ex.State == document.Held && !a.now.Before(ex.Deadline) {
		wrong = append(append(wrong, undecided...), document.NewFault(document.HeldTooLong, "document.files", time.Duration(d.Signatures.HoldFor).String()))
	}
	base := document.Receipt{Rule: ex.Rule, Rules: d.Version, Event: eventOf(s.digest, s.attempt), Emulated: s.emulated}
	if len(wrong) == 0 {
		a.openTasks(s.packet, ex)
	}
	switch {
	case len(wrong) > 0:
		base.Stage, base.Faults, base.Code = document.Reject, wrong, wrong[0].SDIP()
		a.step(ex, receipts.Reject, base)
	case d.Blocked:
		a.block(ex, base, d.Faults)
		ex.Doc.State = document.Accepted
	case len(undecided) > 0:
		a.hold(ex, base, undecided, time.Duration(d.Signatures.HoldFor))
	default:
		ex.Doc.State = document.Accepted
		a.forward(ex, base, d.TTL)
		a.early(ex)
	}
}

// hold keeps the packet until what is missing has come, or its time is over; its neighbours go on (D9).
func (a *admission) hold(ex *record.Exchange, base document.Receipt, why document.Faults, most time.Duration) {
	a.owe(ex, record.DueDecide, a.now.Add(a.hub.HoldAgain))
	if ex.State == document.Held {
		return
	}
	base.Stage, base.Faults = document.Hold, why
	a.step(ex, receipts.Hold, base)
	ex.Deadline = a.now.Add(most)
	if ex.Doc.State == document.Rejected {
		ex.Doc.State = document.Held
	}
}

// decideHeld decides again on an exchange that is held.
func (a *admission) decideHeld(s *submission, ex *record.Exchange) {
	before := ex.Doc.State
	s.digest, s.attempt = ex.Doc.Digest, ex.Doc.Attempt
	parent, faults := a.parent(s, ex.Doc)
	faults = append(append(append(document.Faults(nil), s.faults...), faults...), a.files(s)...)
	for i := range s.packet.To {
		if s.packet.To[i].Contour == ex.Receiver {
			a.verdict(s, ex, i, parent != nil, faults)
		}
	}
	if ex.State != document.Held && ex.Doc.State == document.Held {
		ex.Doc.State = document.Rejected
	}
	if ex.Doc.State == before {
		return
	}
	ex.Doc.Rules, ex.Doc.Emulated = a.book.Version(), ex.Doc.Emulated || s.emulated // as far as it could be told before
	a.writes.SetPackets = append(a.writes.SetPackets, ex.Doc)
	if ex.Doc.State == document.Accepted {
		a.accepted(s, ex.Doc, parent)
	}
}

// unlessBlocked leaves out what is told by receipt 104 instead: that an access is suspended (C01).
func unlessBlocked(d contours.Decision) document.Faults {
	if !d.Blocked {
		return d.Faults
	}
	var rest document.Faults
	for _, f := range d.Faults {
		if f.Code != document.ContourSuspended && f.Code != document.SenderSuspended {
			rest = append(rest, f)
		}
	}
	return rest
}

func (a *admission) delivery(c document.ContourCode) record.Delivery {
	if contour := a.book.Contour(c); contour != nil {
		return record.Delivery(contour.Delivery)
	}
	return record.Mailbox
}

// block accepts the packet and says that this receiver's access is suspended (104).
func (a *admission) block(ex *record.Exchange, base document.Receipt, faults document.Faults) {
	base.Stage = document.Accept
	a.step(ex, receipts.Accept, base)
	base.Stage, base.Faults = document.Block, faults
	a.step(ex, receipts.Block, base)
}

// forward takes custody (100) and sends the packet on (101), with what is due.
func (a *admission) forward(ex *record.Exchange, base document.Receipt, ttl time.Duration) {
	base.Stage = document.Accept
	a.step(ex, receipts.Accept, base)
	base.Stage = document.Forward
	a.step(ex, receipts.Forward, base)
	a.due(ex, ttl)
}

// due says what is owed to an exchange that was sent on, and hurries it along.
func (a *admission) due(ex *record.Exchange, ttl time.Duration) {
	ex.Deadline = a.now.Add(ttl)
	if ex.Delivery != record.Hosted { // its system pulls, or an adapter has it among its work
		a.owe(ex, record.DueExpire, ex.Deadline)
		return
	}
	a.owe(ex, record.DueDeliver, a.now.Add(a.hub.Republish))
	a.messages = append(a.messages, deliveryOf(ex))
}

// openTasks opens the tasks of the packet for the receiver of a new exchange; one that was held has them.
func (a *admission) openTasks(p *document.Packet, ex *record.Exchange) {
	if len(ex.Tasks) > 0 {
		return
	}
	for n, t := range p.TasksFor(ex.Receiver) {
		row := record.Task{Packet: ex.Packet, Receiver: ex.Receiver, ID: t.ID, Ordinal: n, Kind: t.Kind, SMDO: t.SMDO, Text: t.Text, Term: t.Deadline, Changed: a.now}
		for _, e := range t.Executors {
			switch {
			case e.Contour != ex.Receiver || e.Participant == "":
			case row.Executor == "":
				row.Executor = e.Participant
			case e.Chief:
				row.Others = append(row.Others, row.Executor)
				row.Executor = e.Participant
			default:
				row.Others = append(row.Others, e.Participant)
			}
		}
		ex.Tasks = append(ex.Tasks, row)
	}
}

// early applies what the receiver said before the packet came (D11).
func (a *admission) early(ex *record.Exchange) {
	reports := a.state.Early[ex.ID]
	for i := range reports {
		if reports[i].Reporter == ex.Receiver {
			a.applyEarly(ex, &reports[i])
		}
	}
}

// earlyDone drops the waiting reports of a packet once no receiver of it is held: those of a held one still wait.
func (a *admission) earlyDone(s *submission, row *record.Packet) {
	if len(a.state.Early[row.ID]) == 0 {
		return
	}
	for _, ex := range a.writes.NewExchanges {
		if ex.Packet == row.Key && ex.State == document.Held {
			return
		}
	}
	if inserted := slices.Contains(a.writes.NewPackets, row); inserted || len(s.packet.To) == 1 {
		a.writes.GoneEarly = append(a.writes.GoneEarly, row.ID)
	}
}

// send marks the card that the packet leaves as sent and locks it (S06).
func (a *admission) send(s *submission, row *record.Packet) {
	if !s.card {
		return
	}
	key, err := record.ParseKey(string(row.ID.MsgID))
	if err != nil {
		return
	}
	card := a.state.Cards[key]
	if card == nil || card.Contour != row.ID.Sender || card.State == document.CardSent {
		return
	}
	card.State, card.Packet, card.PacketID, card.Draft, card.Emulated = document.CardSent, row.Key, row.ID, s.body, row.Emulated
	card.Correspondent = s.packet.To[0].Contour
	card.Version++
	a.writes.SetCards = append(a.writes.SetCards, card)
}
