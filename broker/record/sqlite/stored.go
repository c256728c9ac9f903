package sqlite

import (
	"context"
	"errors"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const (
	storedBytes = "SELECT bytes FROM stored WHERE contour = ?1"
	moveStored  = "INSERT INTO stored (contour, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes"
)

// Stored returns what a contour's own uploads weigh together.
func (r *Record) Stored(ctx context.Context, contour document.ContourCode) (int64, error) {
	return view(ctx, r, func(s *session) (int64, error) { return sumOf(ctx, s, contour) })
}

func sumOf(ctx context.Context, s *session, contour document.ContourCode) (int64, error) {
	n, err := number(ctx, s, storedBytes, string(contour))
	if errors.Is(err, record.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

func (t *tx) loadStored(ctx context.Context, contours []document.ContourCode) (map[document.ContourCode]int64, error) {
	sums := make(map[document.ContourCode]int64, len(contours))
	for _, c := range contours {
		n, err := sumOf(ctx, t.session, c)
		if err != nil {
			return nil, err
		}
		sums[c] = n
	}
	return sums, nil
}

// enter inserts an upload, or renews the one that is there; a new one of the contour's own weighs on its sum.
func (t *tx) enter(ctx context.Context, u *record.Upload) error {
	known, err := number(ctx, t.session, "SELECT EXISTS (SELECT 1 FROM upload WHERE contour = ?1 AND sha256 = ?2)", uploadArgs(u.UploadKey)...)
	if err != nil {
		return err
	}
	if _, err := insert(ctx, t.session, uploadRow, []*record.Upload{u}); err != nil || known != 0 || u.Lent {
		return err
	}
	_, err = t.exec(ctx, moveStored, string(u.Contour), u.Size)
	return err
}

// remove deletes the uploads of a file and gives their bytes back.
func (t *tx) remove(ctx context.Context, sha256 [32]byte) error {
	uploads, err := list(ctx, t.session, uploadRow.fields, "SELECT "+uploadRow.columns+" FROM upload WHERE sha256 = ?1", sha256[:])
	if err != nil {
		return err
	}
	for _, u := range uploads {
		if u.Lent {
			continue
		}
		if _, err := t.exec(ctx, moveStored, string(u.Contour), -u.Size); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, "DELETE FROM upload WHERE sha256 = ?1", sha256[:])
	return err
}
