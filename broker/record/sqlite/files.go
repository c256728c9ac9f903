package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Doom gives up files that nothing holds: record.Files says what it promises. Most files have been adopted, and stay
// so; those are passed over before the writer is asked, who then decides alone.
func (r *Record) Doom(ctx context.Context, files []record.StoredFile) (free []record.StoredFile, err error) {
	loose, err := r.unadopted(ctx, files)
	if err != nil || len(loose) == 0 {
		return nil, err
	}
	err = r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		free = nil
		for _, f := range loose {
			gone, err := t.doom(ctx, f)
			if err != nil {
				return fmt.Errorf("doom file %x: %w", f.SHA256[:4], err)
			}
			if gone {
				free = append(free, f)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return free, nil
}

func (r *Record) unadopted(ctx context.Context, files []record.StoredFile) ([]record.StoredFile, error) {
	return view(ctx, r, func(s *session) (loose []record.StoredFile, err error) {
		for _, f := range files {
			held, err := number(ctx, s, "SELECT EXISTS (SELECT 1 FROM upload WHERE sha256 = ?1 AND adopted = 1)", f.SHA256[:])
			if err != nil {
				return nil, fmt.Errorf("look for uploads of %x: %w", f.SHA256[:4], err)
			}
			if held == 0 {
				loose = append(loose, f)
			}
		}
		return loose, nil
	})
}

// doom gives up one file, unless it is held.
func (t *tx) doom(ctx context.Context, f record.StoredFile) (bool, error) {
	stored := nanoseconds(f.Stored)
	held, err := number(ctx, t.session, "SELECT EXISTS (SELECT 1 FROM upload WHERE sha256 = ?1 AND (adopted = 1 OR at > ?2))", f.SHA256[:], stored)
	if err != nil || held != 0 {
		return false, err
	}
	if err := t.remove(ctx, f.SHA256); err != nil {
		return false, err
	}
	_, err = t.exec(ctx, "INSERT INTO doomed (sha256, stored) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET stored = max(stored, excluded.stored)", f.SHA256[:], stored)
	return err == nil, err
}

// Maintain drops old doom marks. There is no ANALYZE here on purpose: queries name their indexes by their shape, and
// statistics of a young record would only lead them away.
func (r *Record) Maintain(ctx context.Context, now time.Time) error {
	return r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, "DELETE FROM doomed WHERE stored < ?1", nanoseconds(now.Add(-record.KeepMarks))); err != nil {
			return fmt.Errorf("drop old doom marks: %w", err)
		}
		if _, err := t.exec(ctx, "DELETE FROM kept WHERE until <> 0 AND until <= ?1", nanoseconds(now)); err != nil {
			return fmt.Errorf("forget what adapters kept: %w", err)
		}
		return nil
	})
}
