package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// head is the row of hub_head.
type head struct {
	record.Head
	sealed int64
	owner  string // of the sealer's lease
	until  time.Time
}

func readHead(ctx context.Context, s *session) (*head, error) {
	return one(ctx, s, func(h *head) []any {
		return []any{&h.Epoch, &h.Leaves, &h.Rules, &h.Bus, &h.sealed, &h.owner, (*instant)(&h.until)}
	}, "SELECT epoch, leaves, rules, bus, sealed, owner, lease_until FROM hub_head")
}

// setHead stores the head of the transaction.
func (t *tx) setHead(ctx context.Context) error {
	h := &t.head
	return t.change(ctx, "UPDATE hub_head SET leaves = ?1, rules = ?2, bus = ?3, sealed = ?4, owner = ?5, lease_until = ?6",
		h.Leaves, h.Rules, h.Bus, h.sealed, h.owner, nanoseconds(h.until))
}

// lastSeq is the highest seq that a committed receipt ever had.
func lastSeq(ctx context.Context, s *session) (int64, error) {
	seq, err := number(ctx, s, "SELECT seq FROM sqlite_sequence WHERE name = 'receipt'")
	if errors.Is(err, record.ErrNotFound) {
		return 0, nil
	}
	return seq, err
}

// Head returns the head, and ErrWentBack when it is behind what this process has seen.
func (r *Record) Head(ctx context.Context) (record.Head, error) {
	seen := r.guard.Seen()
	h, err := view(ctx, r, func(s *session) (*head, error) { return readHead(ctx, s) })
	if err != nil {
		return record.Head{}, err
	}
	return h.Head, r.guard.Check(seen, h.Head)
}

// BindBus remembers the identity of the bus. It fails with ErrStale when another one is bound.
func (r *Record) BindBus(ctx context.Context, bus string) error {
	return r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		if t.head.Bus == bus {
			return nil
		}
		if t.head.Bus != "" {
			return record.ErrStale
		}
		t.head.Bus = bus
		return t.setHead(ctx)
	})
}
