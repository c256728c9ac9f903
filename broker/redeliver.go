package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Redeliver returns a packet to processing toward a receiver that it did not reach: its access was blocked, it
// could not take the packet, or time ran out. The rules in force now decide again; their faults are returned.
func (h *Hub) Redeliver(ctx context.Context, id document.PacketID, receiver document.ContourCode) error {
	ex, err := h.exchangeOf(ctx, id, receiver)
	if errors.Is(err, record.ErrNotFound) {
		return document.Faults{document.NewFault(document.PacketUnknown, "packet")}
	}
	if err != nil {
		return fmt.Errorf("redeliver %s: %w", id, err)
	}
	body, err := h.record.Body(ctx, ex.Packet)
	if err != nil {
		return fmt.Errorf("redeliver %s: %w", id, err)
	}
	p, err := wire.UnmarshalPacket(body)
	if err != nil {
		return fmt.Errorf("packet %s in the record: %w", id, err)
	}
	s := &submission{at: h.Clock(), packet: p}
	var messages []*nats.Msg
	err = h.update(ctx, record.Reads{Exchanges: []record.ExchangeKey{ex.Key()}}, func(c *change) error {
		a := &admission{change: c}
		if err := a.redeliver(s, c.state.Exchanges[ex.Key()]); err != nil {
			return err
		}
		messages = a.messages
		return nil
	})
	if err != nil {
		return fmt.Errorf("redeliver %s: %w", id, err)
	}
	return h.bus.publish(ctx, messages)
}

func (a *admission) redeliver(s *submission, ex *record.Exchange) error {
	if ex == nil {
		return record.ErrNotFound
	}
	if _, effect := receipts.Apply(ex.State, receipts.Redeliver); effect != receipts.Applied {
		return document.Faults{document.NewFault(document.PacketSettled, "packet", receipts.StateText(ex.State, document.Russian))}
	}
	for i := range s.packet.To {
		if s.packet.To[i].Contour != ex.Receiver {
			continue
		}
		request := contours.RequestFor(s.packet, i, a.now)
		request.Answer, request.Emulated = ex.Doc.Kind == document.Answer, ex.Doc.Emulated
		d := a.book.Decide(request)
		if !d.Allowed {
			return d.Faults
		}
		a.step(ex, receipts.Redeliver, document.Receipt{Stage: document.Redeliver, Rule: string(d.Rule), Event: record.NewKey().Hex()})
		a.due(ex, d.TTL)
	}
	return nil
}
