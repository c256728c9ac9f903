package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Withdraw takes a packet back from the receivers that it has not reached: from all of them, or from one.
// It returns document.Faults when nothing could be taken back, saying for each receiver why.
func (h *Hub) Withdraw(ctx context.Context, id document.PacketID, receiver document.ContourCode) error {
	_, exchanges, err := h.record.Packet(ctx, id)
	if errors.Is(err, record.ErrNotFound) {
		return document.Faults{document.NewFault(document.PacketUnknown, "packet")}
	}
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", id, err)
	}
	var reads record.Reads
	for _, ex := range exchanges {
		if receiver == "" || ex.Receiver == receiver {
			reads.Exchanges = append(reads.Exchanges, ex.Key())
		}
	}
	var faults document.Faults
	err = h.update(ctx, reads, func(c *change) error {
		faults = nil
		for i, k := range reads.Exchanges {
			ex := c.state.Exchanges[k]
			field := fmt.Sprintf("to[%d]", i)
			switch {
			case ex == nil:
				faults = append(faults, document.NewFault(document.PacketUnknown, field))
			case pulled(ex, c.now):
				faults = append(faults, document.NewFault(document.PacketPulled, field))
			default:
				if _, effect := receipts.Apply(ex.State, receipts.Withdraw); effect != receipts.Applied {
					faults = append(faults, document.NewFault(document.PacketSettled, field, receipts.StateText(ex.State, document.Russian)))
					continue
				}
				c.step(ex, receipts.Withdraw, document.Receipt{Stage: document.Withdraw, Event: "withdrawn"})
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", id, err)
	}
	if len(faults) > 0 && len(faults) == len(reads.Exchanges) || len(reads.Exchanges) == 0 {
		return faults
	}
	return nil
}
