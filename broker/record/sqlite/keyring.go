package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// AddKey stores a new API key.
func (r *Record) AddKey(ctx context.Context, k record.APIKey) error {
	return r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := insert(ctx, t.session, apiKeyRow, []*record.APIKey{&k})
		return err
	})
}

// Key returns the key with an id, whether it is revoked or not.
func (r *Record) Key(ctx context.Context, id string) (record.APIKey, error) {
	k, err := view(ctx, r, func(s *session) (*record.APIKey, error) {
		return one(ctx, s, apiKeyRow.fields, "SELECT "+apiKeyRow.columns+" FROM api_key WHERE id = ?1", id)
	})
	if err != nil {
		return record.APIKey{}, fmt.Errorf("key %s: %w", id, err)
	}
	return *k, nil
}

// Keys returns a contour's keys by id; with no contour, everybody's.
func (r *Record) Keys(ctx context.Context, contour document.ContourCode, after string, limit int) ([]record.APIKey, error) {
	query := "SELECT " + apiKeyRow.columns + " FROM api_key WHERE contour = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
	if contour == "" {
		query = "SELECT " + apiKeyRow.columns + " FROM api_key WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3"
	}
	return view(ctx, r, func(s *session) ([]record.APIKey, error) {
		return rows(list(ctx, s, apiKeyRow.fields, query, string(contour), after, bounded(limit)))
	})
}

// RevokeKey ends a key; one that was revoked before keeps its first time.
func (r *Record) RevokeKey(ctx context.Context, id string, at time.Time) error {
	err := r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		return t.change(ctx, "UPDATE api_key SET revoked = iif(revoked = 0, ?2, revoked) WHERE id = ?1", id, nanoseconds(at))
	})
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, err)
	}
	return nil
}
