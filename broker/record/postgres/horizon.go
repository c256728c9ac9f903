package postgres

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// horizon finds the seq up to which every receipt that will ever be visible is visible.
//
// A transaction has its id before it draws its first seq (insertReceipts). So when the sequence stands at S and
// afterwards the next transaction id is X, whoever drew a seq up to S has an id below X. Once no transaction
// below X runs any more, all of them are visible or gone for ever, and S is a horizon.
//
// A transaction of any database of the same server counts, also one that only looks like work: the bound of
// maxStatement holds for ours, an administrator must see to others.
type horizon struct {
	mu      sync.Mutex
	known   int64
	pending []moment // in the order of time; both fields grow
}

// moment is where the sequence stood, and the next transaction id afterwards.
type moment struct{ seq, next int64 }

// maxMoments bounds what is remembered while a transaction runs on and on; later moments are dropped, which
// makes the horizon late and never wrong.
const maxMoments = 64

// Horizon returns a seq up to which every receipt that will ever be visible is visible now.
func (r *Record) Horizon(ctx context.Context) (int64, error) {
	var now moment
	var oldest int64
	b := new(pgx.Batch)
	b.Queue("select case when is_called then last_value else 0 end from receipt_seq").QueryRow(func(row pgx.Row) error { return row.Scan(&now.seq) })
	// A statement of its own: its snapshot must be younger than what the first one read.
	b.Queue("select pg_snapshot_xmax(s)::text::bigint, pg_snapshot_xmin(s)::text::bigint from pg_current_snapshot() s").QueryRow(func(row pgx.Row) error {
		return row.Scan(&now.next, &oldest)
	})
	if err := r.pool.SendBatch(ctx, b).Close(); err != nil {
		return 0, fmt.Errorf("read the horizon: %w", err)
	}
	return r.horizon.advance(now, oldest), nil
}

// advance adds a moment; oldest is the lowest transaction id that still runs.
func (h *horizon) advance(now moment, oldest int64) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.pending); n < maxMoments && (n == 0 || h.pending[n-1].seq < now.seq) {
		h.pending = append(h.pending, now)
	}
	passed := 0
	for passed < len(h.pending) && h.pending[passed].next <= oldest {
		h.known = max(h.known, h.pending[passed].seq)
		passed++
	}
	h.pending = h.pending[passed:]
	return h.known
}
