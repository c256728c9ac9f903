package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var apiKeys = newTable("api_key", "id text, contour text, role text, name text, secret bytea, created timestamptz, expires timestamptz, revoked timestamptz", func(k *record.APIKey) []any {
	return []any{&k.ID, (*string)(&k.Contour), (*string)(&k.Role), &k.Name, (*digest)(&k.Secret), (*instant)(&k.Created), (*instant)(&k.Expires), (*instant)(&k.Revoked)}
})

var insertKeys = apiKeys.insert("")

// AddKey stores a new API key.
func (r *Record) AddKey(ctx context.Context, k record.APIKey) error {
	if _, err := r.pool.Exec(ctx, insertKeys.many, apiKeys.arrays([]*record.APIKey{&k})...); err != nil {
		return fmt.Errorf("add key %s: %w", k.ID, err)
	}
	return nil
}

// Key returns the key with an id, whether it is revoked or not.
func (r *Record) Key(ctx context.Context, id string) (record.APIKey, error) {
	k, err := one(ctx, r, apiKeys.fields, "select "+apiKeys.columns("")+" from api_key where id = $1", id)
	if err != nil {
		return record.APIKey{}, fmt.Errorf("key %s: %w", id, err)
	}
	return *k, nil
}

// Keys returns a contour's keys by id; with no contour, everybody's.
func (r *Record) Keys(ctx context.Context, contour document.ContourCode, after string, limit int) ([]record.APIKey, error) {
	var sql question
	sql.add("select "+apiKeys.columns("")+" from api_key where id > ?", after)
	if contour != "" {
		sql.add(" and contour = ?", string(contour))
	}
	sql.add(" order by id limit ?", bounded(limit))
	return values(query(ctx, r, apiKeys.fields, sql.sql.String(), sql.args...))
}

// RevokeKey ends a key; one that was revoked before keeps its first time.
func (r *Record) RevokeKey(ctx context.Context, id string, at time.Time) error {
	tag, err := r.pool.Exec(ctx, "update api_key set revoked = coalesce(revoked, $2) where id = $1", id, at)
	if err == nil && tag.RowsAffected() == 0 {
		err = record.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, err)
	}
	return nil
}

// BindBus remembers the identity of the bus; ErrStale when another one is bound.
func (r *Record) BindBus(ctx context.Context, bus string) error {
	tag, err := r.pool.Exec(ctx, "update hub_head set bus = $1 where one and bus in ('', $1)", bus)
	if err == nil && tag.RowsAffected() == 0 {
		err = record.ErrStale
	}
	if err != nil {
		return fmt.Errorf("bind bus %q: %w", bus, err)
	}
	return nil
}

// DeadLetters returns the dead letters of a stage by key; with no stage, all.
func (r *Record) DeadLetters(ctx context.Context, stage string, after record.Key, limit int) ([]*record.Dead, error) {
	var sql question
	sql.add("select "+deads.columns("")+" from dead_letter where key > ?", after)
	if stage != "" {
		sql.add(" and stage = ?", stage)
	}
	sql.add(" order by key limit ?", bounded(limit))
	return query(ctx, r, deads.fields, sql.sql.String(), sql.args...)
}
