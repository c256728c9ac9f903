package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var (
	kept = newTable("kept", "adapter text, contour text, key text, version bigint, value bytea, at timestamptz, until timestamptz", func(k *record.Kept) []any {
		return []any{&k.Adapter, (*string)(&k.Contour), &k.Key, &k.Version, &k.Value, (*instant)(&k.At), (*instant)(&k.Until)}
	})
	keptKeys = newTable("kept", "adapter text, contour text, key text", func(k *record.KeptKey) []any {
		return []any{&k.Adapter, (*string)(&k.Contour), &k.Key}
	})

	putKept = kept.over(`with n as (select * from ` + kept.unnest() + ` n(` + kept.columns("") + `)),
	i as (insert into kept select adapter, contour, key, 1, value, at, until from n where version = 0 on conflict do nothing returning 1),
	u as (update kept t set version = t.version + 1, value = n.value, at = n.at, until = n.until from n
		where n.version > 0 and (t.adapter, t.contour, t.key, t.version) = (n.adapter, n.contour, n.key, n.version) returning 1)
	select hub_changed('kept', (select count(*) from i) + (select count(*) from u), cardinality($1))`)
	dropKept = keptKeys.delete()
)

// Keep stores and removes what adapters remember; see record.Keeper.
func (r *Record) Keep(ctx context.Context, put []record.Kept, drop []record.KeptKey) error {
	put, drop = slices.Clone(put), slices.Clone(drop)
	slices.SortFunc(put, func(a, b record.Kept) int { return record.CompareKept(a.KeptKey, b.KeptKey) })
	slices.SortFunc(drop, record.CompareKept)
	err := untilSettled(ctx, func() error {
		b := new(pgx.Batch)
		kept.queue(b, putKept, pointers(put))
		keptKeys.queue(b, dropKept, pointers(drop))
		return r.pool.SendBatch(ctx, b).Close()
	})
	if sqlState(err) == changedState {
		return fmt.Errorf("keep: %w: %w", record.ErrStale, err)
	}
	if err != nil {
		return fmt.Errorf("keep: %w", away(err))
	}
	return nil
}

// Kept returns one of them.
func (r *Record) Kept(ctx context.Context, k record.KeptKey) (record.Kept, error) {
	row, err := one(ctx, r, kept.fields, "select "+kept.columns("")+" from kept where adapter = $1 and contour = $2 and key = $3", k.Adapter, string(k.Contour), k.Key)
	if err != nil {
		return record.Kept{}, fmt.Errorf("kept %s: %w", k.Key, err)
	}
	return *row, nil
}

// KeptBy returns those of an adapter for a contour, by key.
func (r *Record) KeptBy(ctx context.Context, adapter string, contour document.ContourCode, after, before string, limit int) ([]record.Kept, error) {
	var sql question
	sql.add("select "+kept.columns("")+" from kept where adapter = ? and contour = ? and key > ?", adapter, string(contour), after)
	if before != "" {
		sql.add(" and key < ?", before)
	}
	sql.add(" order by key limit ?", bounded(limit))
	return values(query(ctx, r, kept.fields, sql.sql.String(), sql.args...))
}

// KeptCount counts them, up to most.
func (r *Record) KeptCount(ctx context.Context, adapter string, contour document.ContourCode, after, before string, most int) (n int, err error) {
	err = r.pool.QueryRow(ctx, "select count(*) from (select 1 from kept where adapter = $1 and contour = $2 and key > $3 and key < $4 limit $5) k", adapter, string(contour), after, before, most).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what is kept: %w", away(err))
	}
	return n, nil
}
