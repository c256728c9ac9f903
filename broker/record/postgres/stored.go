package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The sum of a contour's uploads is a row that each new one of them changes, so uploads of one contour commit one
// after the other. That is short beside the putting of a file, and other contours, repeats and admission never wait
// for it.
const (
	makeStored   = "insert into stored (contour, bytes) select n, 0 from unnest($1::text[]) n order by 1 on conflict do nothing"
	lockStored   = "select contour, bytes from stored where contour = any($1::text[]) order by contour for update"
	selectStored = "select bytes from stored where contour = $1"
)

// moveStored changes sums by what rows weigh, in the order of lockStored.
func moveStored(weight, rows string) string {
	return "insert into stored as t (contour, bytes) select contour, (" + weight + ")::bigint from " + rows +
		" group by contour order by contour on conflict (contour) do update set bytes = t.bytes + excluded.bytes"
}

// loadStored locks the sums of contours. Who names them is about to enter uploads: the locks of entering come first, as
// those of giving up do in Doom, which changes sums at its end; else the two could wait for each other.
func loadStored(b *pgx.Batch, s *record.State, reads record.Reads) {
	s.Stored = make(map[document.ContourCode]int64, len(reads.Stored))
	if len(reads.Stored) == 0 {
		return
	}
	lockEntering(b, reads.Uploads)
	names := contourNames(reads.Stored)
	b.Queue(makeStored, names)
	b.Queue(lockStored, names).Query(func(rows pgx.Rows) error {
		var contour string
		var bytes int64
		_, err := pgx.ForEachRow(rows, []any{&contour, &bytes}, func() error {
			s.Stored[document.ContourCode(contour)] = bytes
			return nil
		})
		return err
	})
}

func contourNames(contours []document.ContourCode) *array {
	names := newArray("text", len(contours))
	for _, c := range contours {
		names.text(string(c))
	}
	return names
}

// Stored returns what a contour's own uploads weigh together.
func (r *Record) Stored(ctx context.Context, contour document.ContourCode) (int64, error) {
	bytes, err := one(ctx, r, func(n *int64) []any { return []any{n} }, selectStored, string(contour))
	if errors.Is(err, record.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("bytes stored of %s: %w", contour, err)
	}
	return *bytes, nil
}
