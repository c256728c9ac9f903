package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// view answers a question from one snapshot, on a connection that cannot write.
func view[T any](ctx context.Context, r *Record, ask func(*session) (T, error)) (answer T, err error) {
	var s *session
	select {
	case s = <-r.idle:
	case <-ctx.Done():
		return answer, ctx.Err()
	}
	if s == nil {
		return answer, away(errClosed)
	}
	defer func() { r.idle <- s }()
	whole := context.WithoutCancel(ctx) // who asked may go away, the connection has to come back without a transaction
	if _, err := s.exec(whole, "BEGIN"); err != nil {
		return answer, err
	}
	defer func() {
		if _, undo := s.exec(whole, "ROLLBACK"); undo != nil {
			err = errors.Join(err, fmt.Errorf("end of reading: %w", undo))
		}
	}()
	answer, err = ask(s)
	return answer, away(err)
}

// closeReaders waits for those who read now. Whoever comes later finds a nil session.
func (r *Record) closeReaders() error {
	var errs []error
	for range r.opened {
		errs = append(errs, (<-r.idle).close())
	}
	if r.opened > 0 {
		close(r.idle)
	}
	return errors.Join(errs...)
}

// Ping says whether the record answers now.
func (r *Record) Ping(ctx context.Context) error {
	_, err := view(ctx, r, func(s *session) (int64, error) { return number(ctx, s, "SELECT 1") })
	return err
}

// Now is this machine's time.
func (r *Record) Now(context.Context) (time.Time, error) { return time.Now(), nil }

// Durable returns an error that names the setting when a commit would not survive a power failure. It asks the
// connection that writes.
func (r *Record) Durable(ctx context.Context) error {
	return r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		for _, want := range []struct{ setting, value string }{{"journal_mode", "wal"}, {"synchronous", "2"}} {
			got, err := one(ctx, t.session, func(v *string) []any { return []any{v} }, "PRAGMA "+want.setting)
			if err != nil {
				return fmt.Errorf("read setting %s: %w", want.setting, err)
			}
			if !strings.EqualFold(*got, want.value) {
				return fmt.Errorf("SQLite %s is %s, want %s: a commit would not survive a power failure", want.setting, *got, want.value)
			}
		}
		return nil
	})
}
