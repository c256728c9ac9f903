package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Number gives receipts their leaf numbers: record.Sealing says what it promises. Here and in hub_number_now
// the head row is locked, so one process numbers at a time. All of it is one call of hub_number (see the schema), and
// the lock is held for nobody's network.
func (r *Record) Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (record.Head, []record.Leaf, error) {
	seen := r.guard.Seen()
	firsts, lasts := runs(seqs)
	var head record.Head
	var taken, again bool
	err := r.pool.QueryRow(ctx, "select * from hub_number($1, $2, $3, $4, $5, $6, $7)", owner, lease.Microseconds(), seen.Epoch, seen.Leaves, firsts, lasts, sealed).
		Scan(append(headFields(&head), &taken, &again)...)
	if sqlState(err) == lostReceipts {
		return record.Head{}, nil, fmt.Errorf("number %d receipts: %w: %w: %w", len(seqs), record.ErrNotFound, record.ErrWentBack, err)
	}
	if err != nil {
		return record.Head{}, nil, fmt.Errorf("number %d receipts: %w", len(seqs), err)
	}
	if err := r.guard.Check(seen, head); err != nil {
		return record.Head{}, nil, err
	}
	if taken {
		return record.Head{}, nil, record.ErrNotSealer
	}
	if again {
		leaves, err := values(query(ctx, r, func(l *record.Leaf) []any { return []any{&l.No, &l.Seq} }, "select no, seq from leaf where seq = any($1::bigint[]) order by no", seqs))
		return head, leaves, err
	}
	return head, consecutive(seqs, head.Leaves), nil
}

// lostReceipts is raised by hub_number: a receipt that was committed once is not there.
const lostReceipts = "SM002"

// runs puts seqs, in their order, as runs without gaps: mostly it is one, and a run costs one walk over an index.
func runs(seqs []int64) (firsts, lasts []int64) {
	firsts, lasts = []int64{}, []int64{}
	for _, seq := range seqs {
		if n := len(lasts); n > 0 && lasts[n-1]+1 == seq {
			lasts[n-1] = seq
		} else {
			firsts, lasts = append(firsts, seq), append(lasts, seq)
		}
	}
	return firsts, lasts
}

// consecutive are the leaves of seqs that were numbered in their order, up to end.
func consecutive(seqs []int64, end int64) []record.Leaf {
	all := make([]record.Leaf, len(seqs))
	for i, seq := range seqs {
		all[i] = record.Leaf{No: end - int64(len(seqs)-i), Seq: seq}
	}
	return all
}

const selectUnsealed = "select r.seq, r.bytes from receipt r where not exists (select 1 from leaf l where l.seq = r.seq) and r.seq "

// Unsealed returns receipts without a leaf, by seq.
func (r *Record) Unsealed(ctx context.Context, only []int64, limit int) ([]record.Unsealed, error) {
	fields := func(u *record.Unsealed) []any { return []any{&u.Seq, &u.Bytes} }
	if only == nil {
		return values(query(ctx, r, fields, selectUnsealed+"> (select sealed from hub_head where one) order by r.seq limit $1", limit))
	}
	if len(only) == 0 {
		return nil, nil
	}
	return values(query(ctx, r, fields, selectUnsealed+"= any($2::bigint[]) order by r.seq limit $1", limit, seqs.arrays(pointers(only))[0]))
}

// Sealed returns the mark that Number remembered.
func (r *Record) Sealed(ctx context.Context) (sealed int64, err error) {
	if err = r.pool.QueryRow(ctx, "select sealed from hub_head where one").Scan(&sealed); err != nil {
		return 0, fmt.Errorf("read the sealed mark: %w", err)
	}
	return sealed, nil
}

// Leaves returns numbered receipts in leaf order. Whatever the tables look like when the plan is made, it walks
// the leaves and looks up each one's receipt.
func (r *Record) Leaves(ctx context.Context, from int64, limit int) ([]record.Leaf, error) {
	return values(query(ctx, r, func(l *record.Leaf) []any { return []any{&l.No, &l.Seq, &l.Bytes} },
		"select l.no, l.seq, (select r.bytes from receipt r where r.packet = l.packet and r.seq = l.seq) from leaf l where l.no >= $1 order by l.no limit $2", from, limit))
}
