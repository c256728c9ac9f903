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
// afterwards a transaction gets the id X, whoever drew a seq up to S has an id below X. Once no transaction
// below X runs any more, all of them are visible or gone for ever, and S is a horizon. (The xmax of a snapshot
// will not do for X: it is behind the last transaction that has ended, and younger ones may be running.)
//
// A transaction of any database of the same server counts, also one that has nothing to do with the hub: the
// bound of maxStatement holds for ours, an administrator must see to others.
type horizon struct {
	mu      sync.Mutex
	known   int64
	pending []moment // in the order of time; both fields grow
}

// moment is where the sequence stood, and a transaction id that was given afterwards.
type moment struct{ seq, id int64 }

// maxMoments bounds what is remembered while a transaction runs on and on; later moments are dropped, which
// makes the horizon late and never wrong.
const maxMoments = 64

// Horizon returns a seq up to which every receipt that will ever be visible is visible now.
func (r *Record) Horizon(ctx context.Context) (int64, error) {
	var now moment
	var oldest int64
	b := new(pgx.Batch)
	b.Queue("select case when is_called then last_value else 0 end from receipt_seq").QueryRow(func(row pgx.Row) error { return row.Scan(&now.seq) })
	b.Queue("select pg_current_xact_id()::text::bigint").QueryRow(func(row pgx.Row) error { return row.Scan(&now.id) })
	b.Queue("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint").QueryRow(func(row pgx.Row) error { return row.Scan(&oldest) })
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
	for passed < len(h.pending) && h.pending[passed].id <= oldest {
		h.known = max(h.known, h.pending[passed].seq)
		passed++
	}
	h.pending = h.pending[passed:]
	return h.known
}
