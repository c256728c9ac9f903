package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// report applies what receiving contours say about packets: states move along the table, and become
// receipts in the same commit. A report about a packet that has not come yet waits for it (D11).
func (h *Hub) report(ctx context.Context, batch []*submission) error {
	reads := record.Reads{}
	for _, s := range batch {
		if err := h.saidBefore(ctx, s); err != nil {
			return err
		}
		reads.Exchanges = append(reads.Exchanges, record.ExchangeKey{Packet: s.report.Packet, Receiver: s.report.Reporter})
		reads.Packets = append(reads.Packets, s.report.Packet)
		reads.EarlyOf = append(reads.EarlyOf, s.report.Reporter)
	}
	err := h.update(ctx, reads, func(c *change) error {
		for _, s := range batch {
			s.settled = topic{s.report.Packet, s.report.ID}
			ex := c.state.Exchanges[record.ExchangeKey{Packet: s.report.Packet, Receiver: s.report.Reporter}]
			switch {
			case s.repeat:
			case ex != nil:
				c.report(ex, s.report)
			case c.state.Packets[s.report.Packet] == nil:
				c.keepEarly(s)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("apply %d reports: %w", len(batch), err)
	}
	h.acknowledge(batch)
	return nil
}

// saidBefore notes that a report of a failed delivery is a repeat: an operator may have returned the packet to
// processing since, and what failed then has not failed again.
func (h *Hub) saidBefore(ctx context.Context, s *submission) error {
	r := s.report
	if step, is := receipts.StepOf(r.Stage, r.Code); !is || step != receipts.Fail {
		return nil
	}
	_, err := h.record.Receipt(ctx, document.NewReceiptID(r.Packet, r.Reporter, r.Task, r.Stage, r.ID))
	switch {
	case errors.Is(err, record.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("report %s: %w", r.ID, err)
	}
	s.repeat = true
	return nil
}

// unheard says what became of a report that the stage has dealt with and that led to no receipt: it waits for its
// packet (D11), it was one too many, or its packet was never sent to who reports. It says false when the
// receipt is still to come.
func (h *Hub) unheard(ctx context.Context, w *statement) (document.Faults, bool) {
	var early []record.Early
	err := h.record.Update(ctx, record.Reads{Early: []document.PacketID{w.packet}}, func(s *record.State) (*record.Writes, error) {
		early = s.Early[w.packet]
		return nil, nil
	})
	if err != nil {
		return nil, false
	}
	_, exchanges, err := h.record.Packet(ctx, w.packet)
	switch {
	case err == nil && slices.ContainsFunc(exchanges, func(ex *record.Exchange) bool { return ex.Receiver == w.receiver }):
		return nil, false
	case err == nil:
		return document.Faults{document.NewFault(document.PacketUnknown, "packet", w.packet.String())}, true
	case !errors.Is(err, record.ErrNotFound):
		return nil, false
	case slices.ContainsFunc(early, func(e record.Early) bool { return e.Reporter == w.receiver && e.ID == w.event }):
		return nil, true
	}
	return document.Faults{document.NewFault(document.ReportTooMany, "report", strconv.Itoa(h.EarlyReports))}, true
}

// keepEarly keeps a report until its packet comes. A contour that sends too many of them about packets
// that never come loses only these.
func (c *change) keepEarly(s *submission) {
	r := s.report
	if c.state.EarlyOf[r.Reporter] >= c.hub.EarlyReports {
		return
	}
	c.state.EarlyOf[r.Reporter]++
	c.writes.NewEarly = append(c.writes.NewEarly, record.Early{Packet: r.Packet, Reporter: r.Reporter, ID: r.ID, At: s.at, Body: s.body})
}

func (a *admission) applyEarly(ex *record.Exchange, e *record.Early) {
	r, err := wire.UnmarshalReport(e.Body)
	if err != nil {
		return // it was read once before it was kept; a newer hub wrote it
	}
	a.report(ex, r)
}

// report moves one exchange by what its receiver says.
func (c *change) report(ex *record.Exchange, r *document.Report) {
	base := document.Receipt{Stage: r.Stage, Code: r.Code, Task: r.Task, Faults: r.Faults, Number: r.Number, Journal: r.Journal, Executor: r.Executor, Outcome: r.Outcome, Event: r.ID}
	if c.told(ex, &base) {
		return
	}
	c.note(ex, &base, r.Note)
	step, is := receipts.StepOf(r.Stage, r.Code)
	if !is {
		c.attest(ex, base)
		return
	}
	if step == receipts.Register && ex.State == document.Registered && c.registerLater(ex, &base) {
		return
	}
	if c.step(ex, step, base) != receipts.Applied {
		return
	}
	switch step {
	case receipts.Register:
		ex.Number = r.Number
		c.activate(ex, r)
	case receipts.Deliver:
		c.owe(ex, record.DueRegister, c.now.Add(c.hub.RegisterWithin))
	}
}

// told says whether the same report was applied by this change already.
func (c *change) told(ex *record.Exchange, r *document.Receipt) bool {
	id := document.NewReceiptID(ex.ID, ex.Receiver, r.Task, r.Stage, r.Event)
	for _, w := range c.writes.Receipts {
		if w.ID == id {
			return true
		}
	}
	return false
}

// activate puts the tasks on the far executor's desk: all of them, or the one that was registered.
func (c *change) activate(ex *record.Exchange, r *document.Report) {
	for i := range ex.Tasks {
		t := &ex.Tasks[i]
		if r.Task != "" && t.ID != r.Task || t.State != "" {
			continue
		}
		t.State, t.Number = document.TaskActive, r.Number
		c.touchTask(ex, t)
	}
}

// registerLater takes the registration of another task of an exchange that is registered already (R03).
func (c *change) registerLater(ex *record.Exchange, base *document.Receipt) bool {
	for i := range ex.Tasks {
		t := &ex.Tasks[i]
		if t.ID != base.Task || t.State != "" {
			continue
		}
		t.State, t.Number = document.TaskActive, base.Number
		base.TaskTo = document.TaskActive
		c.touchTask(ex, t)
		c.attest(ex, *base)
		return true
	}
	return false
}
