package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// A session is one connection with its prepared statements. One goroutine at a time uses it.
type session struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	inserts    map[insertKey]*sql.Stmt
	args       []any // of insert, used again and again
}

type insertKey struct {
	table string
	rows  int
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, statements: map[string]*sql.Stmt{}, inserts: map[insertKey]*sql.Stmt{}}, nil
}

// close ends the connection with its statements.
func (s *session) close() error {
	for _, st := range s.statements {
		st.Close()
	}
	for _, st := range s.inserts {
		st.Close()
	}
	return s.conn.Close()
}

func (s *session) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.statements[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", query, err)
	}
	s.statements[query] = st
	return st, nil
}

// exec runs a statement and returns how many rows it changed.
func (s *session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := s.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// change runs a statement that has to change one row.
func (s *session) change(ctx context.Context, query string, args ...any) error {
	n, err := s.exec(ctx, query, args...)
	if err == nil && n != 1 {
		err = record.ErrNotFound
	}
	return err
}

// each runs a query; next is called for every row and names where its columns go, done when they are there.
func (s *session) each(ctx context.Context, query string, args []any, next func() []any, done func() error) error {
	st, err := s.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(next()...); err != nil {
			return err
		}
		if err := done(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list returns the rows of a query whose columns are those that fields names.
func list[T any](ctx context.Context, s *session, fields func(*T) []any, query string, args ...any) ([]*T, error) {
	var all []*T
	var t *T
	err := s.each(ctx, query, args,
		func() []any { t = new(T); return fields(t) },
		func() error { all = append(all, t); return nil })
	return all, err
}

// one returns the only row of a query, or ErrNotFound.
func one[T any](ctx context.Context, s *session, fields func(*T) []any, query string, args ...any) (*T, error) {
	all, err := list(ctx, s, fields, query, args...)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, record.ErrNotFound
	}
	return all[0], nil
}

// found turns ErrNotFound into nil, where absence is an answer.
func found[T any](t *T, err error) (*T, error) {
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil
	}
	return t, err
}

// number returns the only column of the only row of a query.
func number(ctx context.Context, s *session, query string, args ...any) (int64, error) {
	n, err := one(ctx, s, func(n *int64) []any { return []any{n} }, query, args...)
	if err != nil {
		return 0, err
	}
	return *n, nil
}

// insertSizes are how many rows one statement inserts: a statement costs more than a row, but each size has
// to be prepared. Chosen by BenchmarkRecord.
var insertSizes = [...]int{32, 4, 1}

// insert inserts rows and returns how many of them were new.
func insert[T any](ctx context.Context, s *session, r row[T], rows []*T) (int64, error) {
	var inserted int64
	for _, size := range insertSizes {
		for len(rows) >= size {
			st, err := insertStatement(ctx, s, r, size)
			if err != nil {
				return 0, err
			}
			s.args = s.args[:0]
			for _, t := range rows[:size] {
				for _, f := range r.fields(t) {
					s.args = append(s.args, value(f))
				}
			}
			result, err := st.ExecContext(ctx, s.args...)
			if err != nil {
				return 0, fmt.Errorf("insert into %s: %w", r.table, err)
			}
			n, _ := result.RowsAffected()
			inserted += n
			rows = rows[size:]
		}
	}
	return inserted, nil
}

func insertStatement[T any](ctx context.Context, s *session, r row[T], size int) (*sql.Stmt, error) {
	if st, ok := s.inserts[insertKey{r.table, size}]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, insertQuery(r, size))
	if err != nil {
		return nil, fmt.Errorf("prepare insert into %s: %w", r.table, err)
	}
	s.inserts[insertKey{r.table, size}] = st
	return st, nil
}

// insertQuery composes the statement. Its parameters are nameless: the driver looks the name of each one up in a
// list, which for ?NNN takes time that grows with the square of their number. OR FAIL spares SQLite the journal
// by which it could undo one statement; an error undoes the whole change anyway.
func insertQuery[T any](r row[T], size int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT OR FAIL INTO %s (%s) VALUES ", r.table, r.columns)
	columns := strings.Count(r.columns, ",") + 1
	for i := range size * columns {
		switch {
		case i == 0:
			b.WriteString("(?")
		case i%columns == 0:
			b.WriteString("), (?")
		default:
			b.WriteString(", ?")
		}
	}
	b.WriteByte(')')
	if r.repeat != "" {
		b.WriteString(" ON CONFLICT " + r.repeat)
	}
	return b.String()
}

// values are the arguments of a statement that sets fields.
func values(fields ...any) []any {
	args := make([]any, len(fields))
	for i, f := range fields {
		args[i] = value(f)
	}
	return args
}
