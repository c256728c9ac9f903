package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/recordtest"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
)

// restorable is a record whose file somebody changes behind its back.
type restorable struct {
	*sqlite.Record
	path string
}

func (r *restorable) SetBack(t testing.TB, leaves int64) {
	t.Helper()
	db, err := sql.Open("sqlite", r.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE hub_head SET leaves = ?1", leaves); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) record.Record {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record.db")
	r, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return &restorable{r, path}
}

func TestRecord(t *testing.T) {
	recordtest.Run(t, func(t *testing.T) record.Record { return open(t) })
}

func BenchmarkRecord(b *testing.B) {
	recordtest.Bench(b, func(b *testing.B) record.Record { return open(b) })
}
