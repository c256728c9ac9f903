package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Number gives receipts their leaf numbers: record.Sealing says what it promises. It is the only place
// where the head row is locked, so one process numbers at a time, and the lock is held for two round trips.
func (r *Record) Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (record.Head, []record.Leaf, error) {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return record.Head{}, nil, fmt.Errorf("connect to the record: %w", err)
	}
	defer release(conn)
	seen := r.guard.Seen()
	n := &numbering{owner: owner, lease: lease, seqs: seqs, found: make(map[int64]*place, len(seqs))}
	if err := n.load(ctx, conn); err != nil {
		return record.Head{}, nil, err
	}
	if err := r.guard.Check(seen, n.head); err != nil {
		return record.Head{}, nil, err
	}
	if n.taken {
		return record.Head{}, nil, record.ErrNotSealer
	}
	leaves, fresh, err := n.assign()
	if err != nil {
		return record.Head{}, nil, err
	}
	if err := n.store(ctx, conn, fresh, sealed); err != nil {
		return record.Head{}, nil, err
	}
	return n.head, leaves, r.guard.Check(record.Head{}, n.head)
}

// numbering is one run of Number.
type numbering struct {
	owner string
	lease time.Duration
	seqs  []int64
	head  record.Head
	taken bool // another owner's lease has not run out
	found map[int64]*place
}

// place is a receipt and its place in the ledger.
type place struct {
	record.Leaf
	packet   record.Key
	numbered bool
}

var leaves = newTable("leaf", "no bigint, seq bigint, packet uuid", func(p *place) []any { return []any{&p.No, &p.Seq, (*key)(&p.packet)} })

var (
	lockHead = "select epoch, leaves, rules, bus, owner <> $1 and lease_until > clock_timestamp() from hub_head where one for update"

	// The seqs mostly stand in a row: then a walk over the range costs least, for there is an index of seq in
	// each partition.
	selectPlaces    = "select r.seq, r.packet from receipt r where r.seq "
	placesByRange   = selectPlaces + "between $1 and $2"
	placesBySeq     = selectPlaces + "= any($1::bigint[])"
	numberedByRange = "select seq, no from leaf where seq between $1 and $2"
	numberedBySeq   = "select seq, no from leaf where seq = any($1::bigint[])"

	insertLeaves = leaves.insert("")
	moveHead     = "update hub_head set leaves = $1, sealed = greatest(sealed, $2), owner = $3, lease_until = clock_timestamp() + $4 * interval '1 microsecond' where one"
)

func (n *numbering) load(ctx context.Context, conn *pgxpool.Conn) error {
	b := new(pgx.Batch)
	b.Queue("begin isolation level read committed")
	b.Queue(lockHead, n.owner).QueryRow(func(row pgx.Row) error { return row.Scan(append(headFields(&n.head), &n.taken)...) })
	if len(n.seqs) > 0 {
		first, last := slices.Min(n.seqs), slices.Max(n.seqs)
		if last-first < int64(2*len(n.seqs)) {
			n.read(b.Queue(placesByRange, first, last), b.Queue(numberedByRange, first, last))
		} else {
			args := pointers(n.seqs)
			n.read(seqs.queue(b, placesBySeq, args), seqs.queue(b, numberedBySeq, args))
		}
	}
	if err := inOrder(ctx, conn, b); err != nil {
		return fmt.Errorf("lock the head: %w", err)
	}
	return nil
}

func (n *numbering) read(places, numbered *pgx.QueuedQuery) {
	loadRows(places, func(p *place) []any { return []any{&p.Seq, (*key)(&p.packet)} }, func(p *place) { n.found[p.Seq] = p })
	loadRows(numbered, func(l *record.Leaf) []any { return []any{&l.Seq, &l.No} }, func(l *record.Leaf) {
		if p := n.found[l.Seq]; p != nil {
			p.No, p.numbered = l.No, true
		}
	})
}

// assign gives the next numbers to what has none, in the order of seqs, and returns all leaves in leaf order.
// A receipt that was committed once and is not there shows that the record lost commits (D5).
func (n *numbering) assign() (all []record.Leaf, fresh []*place, err error) {
	all = make([]record.Leaf, 0, len(n.seqs))
	for _, seq := range n.seqs {
		p := n.found[seq]
		if p == nil {
			return nil, nil, fmt.Errorf("number receipt %d: %w: %w", seq, record.ErrNotFound, record.ErrWentBack)
		}
		if !p.numbered {
			p.No, p.numbered = n.head.Leaves, true
			n.head.Leaves++
			fresh = append(fresh, p)
		}
		all = append(all, p.Leaf)
	}
	slices.SortFunc(all, func(a, b record.Leaf) int { return cmp.Compare(a.No, b.No) })
	return slices.CompactFunc(all, func(a, b record.Leaf) bool { return a.No == b.No }), fresh, nil
}

func (n *numbering) store(ctx context.Context, conn *pgxpool.Conn, fresh []*place, sealed int64) error {
	b := new(pgx.Batch)
	leaves.queue(b, insertLeaves, fresh)
	b.Queue(moveHead, n.head.Leaves, sealed, n.owner, n.lease.Microseconds())
	b.Queue("commit")
	if err := inOrder(ctx, conn, b); err != nil {
		return fmt.Errorf("store %d leaves: %w", len(fresh), err)
	}
	return nil
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
