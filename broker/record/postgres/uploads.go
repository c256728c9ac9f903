package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Uploads returns what no packet adopted, the oldest first; those already doomed too, since a crash may have
// left their files.
func (r *Record) Uploads(ctx context.Context, before time.Time, limit int) ([]*record.Upload, error) {
	return query(ctx, r, uploads.fields, "select "+uploads.columns("")+" from upload where not adopted and at < $1 order by at limit $2", before, bounded(limit))
}

var (
	// The locks are taken in the order of loadUploads.
	lockDoomed = "select t.contour, t.sha256 from " + uploadKeys.unnest() +
		" w(contour, sha256) join upload t on t.contour = w.contour and t.sha256 = w.sha256 where not t.adopted and t.at < $3 order by t.contour, t.sha256 for update of t"
	doomUploads   = "update upload t set doomed = true from " + uploadKeys.unnest() + " n(contour, sha256) where t.contour = n.contour and t.sha256 = n.sha256"
	neededUploads = "select distinct sha256 from upload where sha256 = any($1::bytea[]) and not doomed"
	forgetUploads = "delete from upload t using " + uploadKeys.unnest() + " n(contour, sha256) where t.contour = n.contour and t.sha256 = n.sha256 and t.doomed"
)

// Doom marks uploads for collection and returns those whose files nobody else needs.
func (r *Record) Doom(ctx context.Context, names []record.UploadKey, before time.Time) ([]record.UploadKey, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var free []record.UploadKey
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, lockDoomed, append(uploadKeys.arrays(pointers(names)), before)...)
		if err != nil {
			return err
		}
		var doomed []*record.UploadKey
		if err := scanRows(rows, uploadKeys.fields, func(k *record.UploadKey) { doomed = append(doomed, k) }); err != nil || len(doomed) == 0 {
			return err
		}
		args := uploadKeys.arrays(doomed)
		if _, err := tx.Exec(ctx, doomUploads, args...); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, neededUploads, args[1])
		if err != nil {
			return err
		}
		needed := map[[32]byte]bool{}
		if err := scanRows(rows, func(d *digest) []any { return []any{d} }, func(d *digest) { needed[*d] = true }); err != nil {
			return err
		}
		doomed = slices.DeleteFunc(doomed, func(k *record.UploadKey) bool { return needed[k.SHA256] })
		free, err = values(doomed, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("doom %d uploads: %w", len(names), err)
	}
	return free, nil
}

// Forget removes uploads that are still doomed.
func (r *Record) Forget(ctx context.Context, names []record.UploadKey) error {
	if len(names) == 0 {
		return nil
	}
	if _, err := r.pool.Exec(ctx, forgetUploads, uploadKeys.arrays(pointers(names))...); err != nil {
		return fmt.Errorf("forget %d uploads: %w", len(names), err)
	}
	return nil
}
