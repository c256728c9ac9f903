package broker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Item is a packet that waits in a contour's mailbox.
type Item struct {
	Key      record.Key // the cursor; the item is settled by its packet's id
	Exchange *record.Exchange
	Packet   *document.Packet
}

// Mailbox returns packets that wait for the contour, oldest first, after a cursor. What is handed out is
// neither expired nor withdrawn while it is being fetched (D11). It stays until the contour reports delivery
// (Report, stage Deliver), so it is handed out at least once.
func (h *Hub) Mailbox(ctx context.Context, contour document.ContourCode, after record.Key, limit int) ([]Item, error) {
	rows, err := h.record.Mailbox(ctx, contour, after, limit)
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	if rows, err = h.pull(ctx, rows); err != nil {
		return nil, err
	}
	items := make([]Item, 0, len(rows))
	for _, ex := range rows {
		body, err := h.record.Body(ctx, ex.Packet)
		if err != nil {
			return nil, fmt.Errorf("packet %s: %w", ex.ID, err)
		}
		p, err := wire.UnmarshalPacket(body)
		if err != nil {
			return nil, fmt.Errorf("packet %s in the record: %w", ex.ID, err)
		}
		items = append(items, Item{ex.Packet, ex, p})
	}
	return items, nil
}

// pull notes that the contour is fetching the packets, unless it was noted a short while ago. It returns those
// that still wait: what was withdrawn or expired since the list was read is handed out no more.
func (h *Hub) pull(ctx context.Context, rows []*record.Exchange) ([]*record.Exchange, error) {
	until := h.Clock().Add(h.PullLease)
	var reads record.Reads
	for _, ex := range rows {
		if ex.PulledUntil.Before(until.Add(-h.PullLease / 2)) {
			reads.Exchanges = append(reads.Exchanges, ex.Key())
		}
	}
	if len(reads.Exchanges) == 0 {
		return rows, nil
	}
	var gone map[record.ExchangeKey]bool
	err := h.update(ctx, reads, func(c *change) error {
		gone = map[record.ExchangeKey]bool{}
		for _, k := range reads.Exchanges {
			ex := c.state.Exchanges[k]
			if ex == nil || ex.State != document.Forwarded {
				gone[k] = true
				continue
			}
			ex.PulledUntil = until
			c.touch(ex)
		}
		return nil
	})
	return slices.DeleteFunc(rows, func(ex *record.Exchange) bool { return gone[ex.Key()] }), err
}

// pulled says whether the receiver is fetching the packet at that moment.
func pulled(ex *record.Exchange, at time.Time) bool { return at.Before(ex.PulledUntil) }
