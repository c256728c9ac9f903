package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Number gives receipts their leaf numbers: record.Sealing says what it promises.
func (r *Record) Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (record.Head, []record.Leaf, error) {
	var h record.Head
	var leaves []record.Leaf
	err := r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		now := time.Now()
		if t.head.owner != owner && now.Before(t.head.until) {
			return record.ErrNotSealer
		}
		t.head.owner, t.head.until = owner, now.Add(lease)
		t.head.sealed = max(t.head.sealed, sealed)
		var err error
		if leaves, err = t.number(ctx, seqs); err != nil {
			return err
		}
		for _, seq := range slices.Sorted(slices.Values(seqs)) {
			if seq == t.head.sealed+1 {
				t.head.sealed = seq
			}
		}
		h = t.head.Head
		return t.setHead(ctx)
	})
	if err != nil {
		return record.Head{}, nil, err
	}
	return h, leaves, nil
}

// numberNow numbers receipts that were just inserted, all older ones having their numbers.
func (t *tx) numberNow(ctx context.Context, receipts []*record.Receipt) error {
	leaves := make([]*record.Leaf, 0, len(receipts))
	for _, r := range receipts {
		if r.Seq == 0 {
			continue
		}
		r.Leaf = t.head.Leaves
		t.head.Leaves++
		leaves = append(leaves, &record.Leaf{No: r.Leaf, Seq: r.Seq})
	}
	if _, err := insert(ctx, t.session, leafRow, leaves); err != nil {
		return err
	}
	t.head.sealed = t.seq
	return t.setHead(ctx)
}

// place is a receipt with its leaf number, if it has one.
type place struct {
	record.Leaf
	numbered bool
}

func placeFields(p *place) []any {
	return []any{&p.Seq, &p.numbered, &p.No}
}

const placeQuery = "SELECT r.seq, l.no IS NOT NULL, coalesce(l.no, 0) FROM receipt r LEFT JOIN leaf l ON l.seq = r.seq WHERE r.seq"

// number numbers those of seqs that have no number, in their order, and returns all in leaf order.
func (t *tx) number(ctx context.Context, seqs []int64) ([]record.Leaf, error) {
	places, err := t.places(ctx, seqs)
	if err != nil {
		return nil, err
	}
	var fresh []*record.Leaf
	leaves := make([]record.Leaf, 0, len(seqs))
	for _, seq := range seqs {
		p := places[seq]
		if p == nil {
			return nil, fmt.Errorf("number receipt %d: %w", seq, record.ErrNotFound)
		}
		if !p.numbered {
			p.numbered, p.No = true, t.head.Leaves
			t.head.Leaves++
			fresh = append(fresh, &p.Leaf)
		}
		leaves = append(leaves, p.Leaf)
	}
	if _, err := insert(ctx, t.session, leafRow, fresh); err != nil {
		return nil, err
	}
	slices.SortFunc(leaves, func(a, b record.Leaf) int { return cmp.Compare(a.No, b.No) })
	return slices.CompactFunc(leaves, func(a, b record.Leaf) bool { return a.No == b.No }), nil
}

// places finds the receipts. They mostly stand in a row, then one walk finds them all.
func (t *tx) places(ctx context.Context, seqs []int64) (map[int64]*place, error) {
	places := make(map[int64]*place, len(seqs))
	if len(seqs) == 0 {
		return places, nil
	}
	first, last := slices.Min(seqs), slices.Max(seqs)
	if last-first < int64(2*len(seqs)) {
		rows, err := list(ctx, t.session, placeFields, placeQuery+" BETWEEN ?1 AND ?2", first, last)
		for _, p := range rows {
			places[p.Seq] = p
		}
		return places, err
	}
	return lookUp(ctx, t, placeFields, placeQuery+" = ?1", seqs, func(seq int64) []any { return []any{seq} })
}

// Unsealed returns receipts without a leaf, by seq.
func (r *Record) Unsealed(ctx context.Context, seqs []int64, limit int) ([]record.Unsealed, error) {
	return view(ctx, r, func(s *session) ([]record.Unsealed, error) {
		const query = "SELECT seq, bytes FROM receipt r WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.seq = r.seq) AND r.seq"
		fields := func(u *record.Unsealed) []any { return []any{&u.Seq, (*octets)(&u.Bytes)} }
		if seqs == nil {
			return rows(list(ctx, s, fields, query+" > (SELECT sealed FROM hub_head) ORDER BY seq LIMIT ?1", limit))
		}
		var all []record.Unsealed
		for _, seq := range slices.Compact(slices.Sorted(slices.Values(seqs))) {
			if len(all) == limit {
				break
			}
			u, err := found(one(ctx, s, fields, query+" = ?1", seq))
			if err != nil {
				return nil, err
			}
			if u != nil {
				all = append(all, *u)
			}
		}
		return all, nil
	})
}

// Sealed returns the mark that Number remembered.
func (r *Record) Sealed(ctx context.Context) (int64, error) {
	return view(ctx, r, func(s *session) (int64, error) { return number(ctx, s, "SELECT sealed FROM hub_head") })
}

// Horizon is the highest seq: with one writer, what is not committed has none yet.
func (r *Record) Horizon(ctx context.Context) (int64, error) {
	return view(ctx, r, func(s *session) (int64, error) { return lastSeq(ctx, s) })
}

// Leaves returns numbered receipts in leaf order.
func (r *Record) Leaves(ctx context.Context, from int64, limit int) ([]record.Leaf, error) {
	return view(ctx, r, func(s *session) ([]record.Leaf, error) {
		return rows(list(ctx, s, func(l *record.Leaf) []any { return []any{&l.No, &l.Seq, (*octets)(&l.Bytes)} },
			"SELECT l.no, l.seq, r.bytes FROM leaf l JOIN receipt r ON r.seq = l.seq WHERE l.no >= ?1 ORDER BY l.no LIMIT ?2", from, limit))
	})
}
