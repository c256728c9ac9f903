package postgres

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is a table with those of its columns that one kind of statement carries, and how a row T fills them.
type table[T any] struct {
	name   string
	names  []string
	types  []string
	fields func(T) []any // pointers to the fields, in the order of the columns
}

// newTable reads columns as in SQL: "key uuid, sender text".
func newTable[T any](name, columns string, fields func(T) []any) table[T] {
	t := table[T]{name: name, fields: fields}
	for column := range strings.SplitSeq(columns, ",") {
		c, typ, _ := strings.Cut(strings.TrimSpace(column), " ")
		t.names, t.types = append(t.names, c), append(t.types, typ)
	}
	return t
}

// columns lists the columns, each behind a prefix like "p.".
func (t table[T]) columns(prefix string) string {
	return prefix + strings.Join(t.names, ", "+prefix)
}

// unnest is the rows of a batch as a table, for a statement that goes through over: "unnest($1::uuid[], …)".
// What follows must be an alias.
func (t table[T]) unnest() string {
	params := make([]string, len(t.types))
	for i, typ := range t.types {
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, typ)
	}
	return "unnest(" + strings.Join(params, ", ") + ")"
}

// statement is a statement over rows: many sends them as arrays, one sends a single row's fields as they are. The
// server spends half as much on that, which is what one packet alone waits for.
type statement struct{ many, one string }

// over makes a statement of SQL that reads its rows from unnest, and counts them as cardinality($1), or finds rows by
// any($1::uuid[]).
func (t table[T]) over(sql string) statement {
	params := make([]string, len(t.types))
	for i, typ := range t.types {
		params[i] = fmt.Sprintf("$%d::%s", i+1, typ)
	}
	one := strings.NewReplacer(t.unnest(), "(select "+strings.Join(params, ", ")+")", "cardinality($1)", "1", "any($1::uuid[])", "$1::uuid")
	return statement{sql, one.Replace(sql)}
}

// insert is the statement that inserts a batch.
func (t table[T]) insert(onConflict string) statement {
	return t.over(fmt.Sprintf("insert into %s (%s) select * from %s n %s", t.name, t.columns(""), t.unnest(), onConflict))
}

// update is the statement that sets all columns but the first `keys`, which find the row. It fails when a row
// is not found (see hub_changed in the schema).
func (t table[T]) update(keys int, where string) statement {
	var find, set []string
	for i, c := range t.names {
		if i < keys {
			find = append(find, fmt.Sprintf("t.%s = n.%s", c, c))
		} else {
			set = append(set, fmt.Sprintf("%s = n.%s", c, c))
		}
	}
	return t.over(fmt.Sprintf("with u as (update %s t set %s from %s n(%s) where %s %s returning 1) select hub_changed('%s', (select count(*) from u), cardinality($1))",
		t.name, strings.Join(set, ", "), t.unnest(), t.columns(""), strings.Join(find, " and "), where, t.name))
}

// delete is the statement that removes the rows found by all columns.
func (t table[T]) delete() statement {
	find := make([]string, len(t.names))
	for i, c := range t.names {
		find[i] = fmt.Sprintf("t.%s = n.%s", c, c)
	}
	return t.over(fmt.Sprintf("delete from %s t using %s n(%s) where %s", t.name, t.unnest(), t.columns(""), strings.Join(find, " and ")))
}

// arrays holds the columns of rows.
func (t table[T]) arrays(rows []T) []any {
	arrays := make([]*array, len(t.types))
	for i, typ := range t.types {
		arrays[i] = newArray(typ, len(rows))
	}
	for _, row := range rows {
		for i, f := range t.fields(row) {
			arrays[i].add(f, t.types[i])
		}
	}
	args, total := make([]any, len(arrays)), 0
	for i, a := range arrays {
		args[i] = a
		total += len(a.buf)
	}
	arrays[0].ahead = total
	return args
}

// cells are the fields of one row.
func (t table[T]) cells(row T) []any {
	var a array
	args, ends := make([]any, len(t.types)), make([]int, len(t.types))
	for i, f := range t.fields(row) {
		a.add(f, t.types[i])
		ends[i] = len(a.buf)
	}
	start := 0
	for i, end := range ends {
		args[i] = element(a.buf[start:end])
		start = end
	}
	return args
}

// queue puts a statement over rows into a batch; none when there are no rows.
func (t table[T]) queue(b *pgx.Batch, s statement, rows []T) *pgx.QueuedQuery {
	switch len(rows) {
	case 0:
		return nil
	case 1:
		return b.Queue(s.one, t.cells(rows[0])...)
	}
	return b.Queue(s.many, t.arrays(rows)...)
}

// pointers gives the rows of a slice as pointers.
func pointers[T any](rows []T) []*T {
	list := make([]*T, len(rows))
	for i := range rows {
		list[i] = &rows[i]
	}
	return list
}
