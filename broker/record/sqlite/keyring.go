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

// Uploads returns what no packet adopted, the oldest first; those already doomed too, since a crash may have
// left their files.
func (r *Record) Uploads(ctx context.Context, before time.Time, limit int) ([]*record.Upload, error) {
	return view(ctx, r, func(s *session) ([]*record.Upload, error) {
		return list(ctx, s, uploadRow.fields, "SELECT "+uploadRow.columns+" FROM upload INDEXED BY upload_loose WHERE adopted = 0 AND at < ?1 ORDER BY at LIMIT ?2",
			nanoseconds(before), bounded(limit))
	})
}

// Doom marks uploads for collection and returns those whose files nobody else needs.
func (r *Record) Doom(ctx context.Context, keys []record.UploadKey, before time.Time) ([]record.UploadKey, error) {
	var free []record.UploadKey
	err := r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		var doomed []record.UploadKey
		for _, k := range keys {
			n, err := t.exec(ctx, "UPDATE upload SET doomed = 1 WHERE contour = ?1 AND sha256 = ?2 AND adopted = 0 AND at < ?3", append(uploadArgs(k), nanoseconds(before))...)
			if err != nil {
				return fmt.Errorf("doom upload %x of %s: %w", k.SHA256[:4], k.Contour, err)
			}
			if n == 1 {
				doomed = append(doomed, k)
			}
		}
		free = nil
		for _, k := range doomed {
			needed, err := number(ctx, t.session, "SELECT EXISTS (SELECT 1 FROM upload WHERE sha256 = ?1 AND doomed = 0)", k.SHA256[:])
			if err != nil {
				return err
			}
			if needed == 0 {
				free = append(free, k)
			}
		}
		return nil
	})
	return free, err
}

// Forget removes uploads that are still doomed.
func (r *Record) Forget(ctx context.Context, keys []record.UploadKey) error {
	return r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		for _, k := range keys {
			if _, err := t.exec(ctx, "DELETE FROM upload WHERE contour = ?1 AND sha256 = ?2 AND doomed = 1", uploadArgs(k)...); err != nil {
				return fmt.Errorf("forget upload %x of %s: %w", k.SHA256[:4], k.Contour, err)
			}
		}
		return nil
	})
}
