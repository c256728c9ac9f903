package sqlite

import (
	"context"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// DeadLetters returns the dead letters of a stage by key; with no stage, all.
func (r *Record) DeadLetters(ctx context.Context, stage string, after record.Key, limit int) ([]*record.Dead, error) {
	query := "SELECT " + deadRow.columns + " FROM dead_letter WHERE stage = ?1 AND key > ?2 ORDER BY key LIMIT ?3"
	if stage == "" {
		query = "SELECT " + deadRow.columns + " FROM dead_letter WHERE ?1 = '' AND key > ?2 ORDER BY key LIMIT ?3"
	}
	return view(ctx, r, func(s *session) ([]*record.Dead, error) {
		return list(ctx, s, deadRow.fields, query, stage, after[:], bounded(limit))
	})
}
