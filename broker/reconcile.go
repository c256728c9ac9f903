package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// runReconciler does again what is overdue (D3): by the index on open items, never by scanning. It also
// trims the bus of what is admitted.
func (h *Hub) runReconciler(ctx context.Context) error {
	tick := time.NewTicker(h.ReconcileEvery)
	defer tick.Stop()
	trim := time.NewTicker(10 * time.Minute)
	defer trim.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-trim.C:
			h.trimNow(ctx)
		case <-h.crowded:
			h.trimNow(ctx)
		case <-tick.C:
			if _, err := h.Reconcile(ctx); h.fatal(err) {
				return err
			} else if err != nil && ctx.Err() == nil {
				h.log.Warn("overdue work waits", "error", err)
			}
		}
	}
}

// Reconcile does what is overdue now, at most some hundred items, and says how many it touched.
func (h *Hub) Reconcile(ctx context.Context) (int, error) {
	if err := h.LoadRules(ctx); err != nil {
		return 0, err
	}
	due, err := h.record.Due(ctx, h.Clock(), maxBatch)
	if err != nil {
		return 0, fmt.Errorf("reconcile: %w", err)
	}
	var reads record.Reads
	var held []*record.Exchange
	for _, ex := range due {
		if ex.Due == record.DueDecide {
			held = append(held, ex)
			continue
		}
		reads.Exchanges = append(reads.Exchanges, ex.Key())
	}
	var messages []*nats.Msg
	if len(reads.Exchanges) > 0 {
		err = h.update(ctx, reads, func(c *change) error {
			messages = messages[:0]
			for _, k := range reads.Exchanges {
				if ex := c.state.Exchanges[k]; ex != nil && ex.Due != record.DueNothing && !ex.DueAt.After(c.now) {
					if m := c.overdue(ex); m != nil {
						messages = append(messages, m)
					}
				}
			}
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("reconcile: %w", err)
		}
	}
	if err := h.bus.publish(ctx, messages); err != nil {
		return 0, err // they stay due
	}
	return len(due), h.decideHeld(ctx, held)
}

// overdue does what is due for one exchange: publishes again, expires, or warns.
func (c *change) overdue(ex *record.Exchange) *nats.Msg {
	switch ex.Due {
	case record.DueDeliver, record.DueExpire:
		if c.mayExpire(ex) {
			f := document.NewFault(document.ExpiredUndelivered, "to", ex.Deadline.Sub(ex.Doc.At).Round(time.Second).String())
			c.step(ex, receipts.Expire, document.Receipt{Stage: document.Expire, Faults: []document.Fault{f}, Event: "expiry " + ex.Deadline.UTC().Format(time.RFC3339)}) // it can expire again after it was redelivered
			return nil
		}
		if ex.Due == record.DueExpire {
			c.owe(ex, record.DueExpire, c.later(ex))
			return nil
		}
		c.owe(ex, record.DueDeliver, c.now.Add(c.hub.Republish))
		return deliveryOf(ex)
	case record.DueRegister:
		c.attest(ex, document.Receipt{Stage: document.Overdue, Event: "registration"})
		c.owe(ex, record.DueNothing, time.Time{})
	}
	return nil
}

// mayExpire says whether the time to live is over: only time in which the hub could deliver counts, so not
// soon after a start, and not while the receiver is fetching (D11).
func (c *change) mayExpire(ex *record.Exchange) bool {
	return c.hub.ClocksAgree() == nil && ex.State == document.Forwarded && !c.now.Before(ex.Deadline) && !pulled(ex, c.now) && c.now.Sub(c.hub.started) >= c.hub.ExpiryGrace
}

func (c *change) later(ex *record.Exchange) time.Time {
	at := ex.Deadline
	if graced := c.hub.started.Add(c.hub.ExpiryGrace); graced.After(at) {
		at = graced
	}
	if ex.PulledUntil.After(at) {
		at = ex.PulledUntil
	}
	if !at.After(c.now) {
		at = c.now.Add(c.hub.Republish)
	}
	return at
}

// decideHeld examines held packets again: what was missing may have come. What cannot be decided within its
// time is rejected. One that cannot be examined does not keep the others waiting.
func (h *Hub) decideHeld(ctx context.Context, held []*record.Exchange) error {
	var errs []error
	for _, ex := range held {
		if err := h.decideOne(ctx, ex); err != nil {
			errs = append(errs, fmt.Errorf("held packet %s: %w", ex.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (h *Hub) decideOne(ctx context.Context, ex *record.Exchange) error {
	s, err := h.examineHeld(ctx, ex)
	if err != nil {
		return err
	}
	reads := readsOf([]*submission{s})
	reads.Exchanges = append(reads.Exchanges, ex.Key())
	var a *admission
	err = h.update(ctx, reads, func(c *change) error {
		if c.state.Head.Rules != c.book.Version() {
			return errRulesMoved
		}
		a = &admission{change: c}
		if now := c.state.Exchanges[ex.Key()]; now != nil && now.State == document.Held {
			a.decideHeld(s, now)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.bus.publish(ctx, a.messages)
}

// examineHeld looks at the packet as at the time when it came: a certificate that ran out while the hub waited
// was good then. A check that panics has decided nothing.
func (h *Hub) examineHeld(ctx context.Context, ex *record.Exchange) (*submission, error) {
	body, err := h.record.Body(ctx, ex.Packet)
	if err != nil {
		return nil, err
	}
	p, err := wire.UnmarshalPacket(body)
	if err != nil {
		return nil, fmt.Errorf("read from the record: %w", err)
	}
	s := &submission{at: ex.Doc.At, body: body, packet: p, digest: sha256.Sum256(body), card: true} // or not: then there is no card with its key
	err = Guarded(func() error { return h.inspect(ctx, s, h.uploadsOf(ctx, []*submission{s})) })
	if errors.Is(err, errPanic) {
		h.log.Error("a held packet cannot be examined", "packet", ex.ID, "error", err)
		s.unproven, err = append(s.unproven, document.NewFault(document.SignatureChain, "document.files")), nil
	}
	return s, errors.Join(err, s.poison)
}
