package sqlite

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var keptRow = row[record.Kept]{
	table: "kept", columns: "adapter, contour, key, version, value, at, until",
	fields: func(k *record.Kept) []any {
		return []any{&k.Adapter, (*string)(&k.Contour), &k.Key, &k.Version, (*octets)(&k.Value), (*instant)(&k.At), (*instant)(&k.Until)}
	},
	repeat: "(adapter, contour, key) DO NOTHING",
}

// Keep stores and removes what adapters remember; see record.Keeper.
func (r *Record) Keep(ctx context.Context, put []record.Kept, drop []record.KeptKey) error {
	err := r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		for _, k := range put {
			if err := keepOne(ctx, t.session, k); err != nil {
				return err
			}
		}
		for _, k := range drop {
			if _, err := t.exec(ctx, "DELETE FROM kept WHERE adapter = ?1 AND contour = ?2 AND key = ?3", k.Adapter, string(k.Contour), k.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	return nil
}

func keepOne(ctx context.Context, s *session, k record.Kept) error {
	var n int64
	var err error
	if k.Version == 0 {
		k.Version = 1
		n, err = insert(ctx, s, keptRow, []*record.Kept{&k})
	} else {
		n, err = s.exec(ctx, "UPDATE kept SET version = version + 1, value = ?5, at = ?6, until = ?7 WHERE adapter = ?1 AND contour = ?2 AND key = ?3 AND version = ?4",
			k.Adapter, string(k.Contour), k.Key, k.Version, value((*octets)(&k.Value)), nanoseconds(k.At), nanoseconds(k.Until))
	}
	if err == nil && n != 1 {
		err = record.ErrStale
	}
	return err
}

// Kept returns one of them.
func (r *Record) Kept(ctx context.Context, k record.KeptKey) (record.Kept, error) {
	found, err := view(ctx, r, func(s *session) (*record.Kept, error) {
		return one(ctx, s, keptRow.fields, "SELECT "+keptRow.columns+" FROM kept WHERE adapter = ?1 AND contour = ?2 AND key = ?3", k.Adapter, string(k.Contour), k.Key)
	})
	if err != nil {
		return record.Kept{}, fmt.Errorf("kept %s: %w", k.Key, err)
	}
	return *found, nil
}

// KeptBy returns those of an adapter for a contour, by key.
func (r *Record) KeptBy(ctx context.Context, adapter string, contour document.ContourCode, after, before string, limit int) ([]record.Kept, error) {
	query := "SELECT " + keptRow.columns + " FROM kept WHERE adapter = ?1 AND contour = ?2 AND key > ?3 AND key < ?4 ORDER BY key LIMIT ?5"
	if before == "" {
		query = "SELECT " + keptRow.columns + " FROM kept WHERE adapter = ?1 AND contour = ?2 AND key > ?3 AND ?4 = '' ORDER BY key LIMIT ?5"
	}
	return view(ctx, r, func(s *session) ([]record.Kept, error) {
		return rows(list(ctx, s, keptRow.fields, query, adapter, string(contour), after, before, bounded(limit)))
	})
}

// KeptCount counts them, up to most.
func (r *Record) KeptCount(ctx context.Context, adapter string, contour document.ContourCode, after, before string, most int) (int, error) {
	n, err := view(ctx, r, func(s *session) (int64, error) {
		return number(ctx, s, "SELECT count(*) FROM (SELECT 1 FROM kept WHERE adapter = ?1 AND contour = ?2 AND key > ?3 AND key < ?4 LIMIT ?5)", adapter, string(contour), after, before, most)
	})
	return int(n), err
}
