package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// partitioned are the big tables, with the packet's key by which they are: a month of them can be moved to
// slower disks, or be detached after the time of keeping, without touching the rest.
var partitioned = []struct{ table, key string }{{"packet_body", "key"}, {"receipt", "packet"}}

// EnsurePartitions makes the monthly partitions from now until the month of a time, where they are missing.
// Call it daily with a time weeks ahead. What no partition was made for goes into a default one, and then
// that month stays there.
func (r *Record) EnsurePartitions(ctx context.Context, until time.Time) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		// One process at a time; and not behind a long transaction, for all others would wait behind us.
		if _, err := tx.Exec(ctx, "set local lock_timeout = '3s'"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('smdo partitions'))"); err != nil {
			return err
		}
		now := time.Now().UTC()
		for month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC); !month.After(until); month = month.AddDate(0, 1, 0) {
			for _, p := range partitioned {
				if err := makePartition(ctx, tx, p.table, p.key, month); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make partitions: %w", err)
	}
	return nil
}

func makePartition(ctx context.Context, tx pgx.Tx, table, key string, month time.Time) error {
	name, first, next := table+month.Format("_2006_01"), record.KeyAt(month), record.KeyAt(month.AddDate(0, 1, 0))
	var done bool
	err := tx.QueryRow(ctx, fmt.Sprintf("select to_regclass($1) is not null or exists (select 1 from %s_default where %s >= $2 and %s < $3)", table, key, key), name, first, next).Scan(&done)
	if err != nil || done {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf("create table %s partition of %s for values from ('%s') to ('%s') with (toast_tuple_target = 8160)", name, table, first, next))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
