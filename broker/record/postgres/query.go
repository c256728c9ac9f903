package postgres

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

const maxPage = 1000

func bounded(limit int) int { return min(max(limit, 1), maxPage) }

// query returns the rows of a question, each as a new T.
func query[T any](ctx context.Context, r *Record, fields func(*T) []any, sql string, args ...any) ([]*T, error) {
	rows, err := r.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("ask the record: %w", away(err))
	}
	var list []*T
	if err := scanRows(rows, fields, func(row *T) { list = append(list, row) }); err != nil {
		return nil, fmt.Errorf("ask the record: %w", away(err))
	}
	return list, nil
}

// one returns the only row; record.ErrNotFound when there is none.
func one[T any](ctx context.Context, r *Record, fields func(*T) []any, sql string, args ...any) (*T, error) {
	row := new(T)
	err := r.pool.QueryRow(ctx, sql, args...).Scan(fields(row)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, record.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("ask the record: %w", away(err))
	}
	return row, nil
}

// values turns pointers into values.
func values[T any](p []*T, err error) ([]T, error) {
	if err != nil || len(p) == 0 {
		return nil, err
	}
	list := make([]T, len(p))
	for i := range p {
		list[i] = *p[i]
	}
	return list, nil
}

// question is an SQL query in the making.
type question struct {
	sql  strings.Builder
	args []any
}

// add appends text in which each ? stands for the next of args.
func (q *question) add(text string, args ...any) {
	for _, a := range args {
		before, after, _ := strings.Cut(text, "?")
		q.args = append(q.args, a)
		q.sql.WriteString(before + "$" + strconv.Itoa(len(q.args)))
		text = after
	}
	q.sql.WriteString(text)
}

// direction says how a list runs: the comparison that goes on after a row, and the order.
func direction(newest bool) (after, order string) {
	if newest {
		return "<", "desc"
	}
	return ">", "asc"
}

var errCursor = errors.New("not a cursor of this list")

// cursor is where a page ended: opaque to those who carry it.
func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\n")))
}

// parseCursor reads what cursor wrote.
func parseCursor(c string, n int) ([]string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(c)
	parts := strings.SplitN(string(raw), "\n", n)
	if err != nil || len(parts) != n {
		return nil, fmt.Errorf("%q: %w", c, errCursor)
	}
	return parts, nil
}

// cursorKey reads a key in a cursor.
func cursorKey(part string) (record.Key, error) {
	k, err := record.ParseKey(part)
	if err != nil {
		return k, fmt.Errorf("%w: %w", errCursor, err)
	}
	return k, nil
}
