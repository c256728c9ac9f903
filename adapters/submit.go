package adapters

import (
	"context"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Submit hands the hub what a system said: a packet, or a report; neither is nothing to do. It returns nil when the system
// may forget it: the hub has custody of the packet, or has refused it by a receipt; or the report is recorded, though its
// packet may still have to come. document.Faults are the sender's; after any other error it is handed in again.
func Submit(ctx context.Context, hub *broker.Hub, from document.ContourCode, p *document.Packet, r *document.Report) error {
	switch {
	case p != nil:
		o, err := hub.Submit(ctx, from, p)
		if err == nil && (o.Standing == broker.Waiting || o.Standing == broker.Pending) { // held is not custody (D1)
			err = broker.ErrBusy
		}
		return err
	case r != nil:
		o, err := hub.Report(ctx, from, r)
		if err == nil && o.Standing == broker.Waiting {
			err = broker.ErrBusy
		}
		return err
	}
	return nil
}
