package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Entering an upload looks for a mark that is not there, and Doom for an upload that is not there: rows that can be
// locked may be absent on both sides. So both take a lock named by the digest first, shared by those who enter, and
// look only then, in a later statement, which sees what the earlier holder committed. Adopting needs no more than
// the lock on the row that it adopts.
const (
	enterLocks = "select pg_advisory_xact_lock_shared(n) from unnest($1::bigint[]) n"
	doomLocks  = "select pg_advisory_xact_lock(n) from unnest($1::bigint[]) n"
)

// lockEntering takes the locks of those who enter these uploads.
func lockEntering(b *pgx.Batch, uploads []record.UploadKey) {
	digests := make([][32]byte, len(uploads))
	for i, u := range uploads {
		digests[i] = u.SHA256
	}
	b.Queue(enterLocks, lockNumbers(digests))
}

// lockNumbers names the locks of digests by their first octets, in ascending order. Two files of one number
// wait for each other, no more.
func lockNumbers(digests [][32]byte) *array {
	numbers := make([]int64, len(digests))
	for i, d := range digests {
		numbers[i] = int64(binary.BigEndian.Uint64(d[:]))
	}
	slices.Sort(numbers)
	a := newArray("bigint", len(numbers))
	for _, n := range slices.Compact(numbers) {
		a.bigint(n)
	}
	return a
}

var (
	selectAdopted = "select sha256 from upload where sha256 = any($1::bytea[]) and adopted"

	// The rows are locked in the order of loadUploads. One that was waited for is read as its last holder left it.
	lockUploadsOf = "select " + uploads.columns("") + " from upload where sha256 = any($1::bytea[]) order by contour, sha256 for update"
	deleteUploads = "with u as (delete from upload where sha256 = any($1::bytea[]) returning contour, size, lent) " + moveStored("-sum(size)", "u where not lent")
	insertMarks   = marks.insert("on conflict (sha256) do update set stored = greatest(doomed.stored, excluded.stored)")
	dropMarks     = "delete from doomed where stored < $1"
)

// Doom gives up files that nothing holds: record.Files says what it promises. Most files have been adopted, and stay
// so; those are passed over without locks.
func (r *Record) Doom(ctx context.Context, files []record.StoredFile) ([]record.StoredFile, error) {
	loose, err := r.unadopted(ctx, files)
	if err != nil || len(loose) == 0 {
		return nil, err
	}
	var free []record.StoredFile
	err = untilSettled(ctx, func() error {
		return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
			if err := r.checkHead(ctx, tx); err != nil {
				return err
			}
			free, err = doom(ctx, tx, loose)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("doom %d files: %w", len(loose), away(err))
	}
	return free, nil
}

func (r *Record) unadopted(ctx context.Context, files []record.StoredFile) ([]record.StoredFile, error) {
	if len(files) == 0 {
		return nil, nil
	}
	adopted, err := query(ctx, r, func(d *digest) []any { return []any{d} }, selectAdopted, digestsOf(files))
	if err != nil {
		return nil, err
	}
	held := make(map[[32]byte]bool, len(adopted))
	for _, d := range adopted {
		held[*d] = true
	}
	return without(files, held), nil
}

// checkHead looks before anything is given up whether the record is still the one that this process knows (D5): an
// older one has not heard of packets whose files are here.
func (r *Record) checkHead(ctx context.Context, tx pgx.Tx) error {
	seen := r.guard.Seen()
	var head record.Head
	if err := tx.QueryRow(ctx, selectHead).Scan(headFields(&head)...); err != nil {
		return err
	}
	return r.guard.Check(seen, head)
}

func doom(ctx context.Context, tx pgx.Tx, files []record.StoredFile) ([]record.StoredFile, error) {
	digests := make([][32]byte, len(files))
	stored := make(map[[32]byte]time.Time, len(files))
	for i, f := range files {
		digests[i], stored[f.SHA256] = f.SHA256, f.Stored
	}
	if _, err := tx.Exec(ctx, doomLocks, lockNumbers(digests)); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, lockUploadsOf, digestsOf(files))
	if err != nil {
		return nil, err
	}
	held := map[[32]byte]bool{}
	err = scanRows(rows, uploads.fields, func(u *record.Upload) {
		if u.Adopted || u.At.After(stored[u.SHA256]) {
			held[u.SHA256] = true
		}
	})
	free := without(files, held)
	if err != nil || len(free) == 0 {
		return nil, err
	}
	slices.SortFunc(free, func(a, b record.StoredFile) int { return bytes.Compare(a.SHA256[:], b.SHA256[:]) })
	if _, err := tx.Exec(ctx, deleteUploads, digestsOf(free)); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, insertMarks.many, marks.arrays(pointers(free))...)
	return free, err
}

func digestsOf(files []record.StoredFile) any { return marks.arrays(pointers(files))[0] }

func without(files []record.StoredFile, held map[[32]byte]bool) []record.StoredFile {
	return slices.DeleteFunc(slices.Clone(files), func(f record.StoredFile) bool { return held[f.SHA256] })
}

// Maintain makes the partitions of the next two months, drops old doom marks and forgets what was kept until now.
func (r *Record) Maintain(ctx context.Context, now time.Time) error {
	if err := r.EnsurePartitions(ctx, now.AddDate(0, 2, 0)); err != nil {
		return err
	}
	if _, err := r.pool.Exec(ctx, dropMarks, nanos(now.Add(-record.KeepMarks)).nanoseconds()); err != nil {
		return fmt.Errorf("drop old doom marks: %w", away(err))
	}
	if _, err := r.pool.Exec(ctx, "delete from kept where until <= $1", now); err != nil {
		return fmt.Errorf("forget what adapters kept: %w", away(err))
	}
	return nil
}
