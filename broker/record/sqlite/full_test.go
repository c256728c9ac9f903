package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// TestAFullDiskLosesNothingAndTheRecordGoesOn makes the file as large as it may be (F10).
func TestAFullDiskLosesNothingAndTheRecordGoesOn(t *testing.T) {
	r, _ := openTest(t)
	pages := func(limit int) {
		t.Helper()
		_, err := r.writer.s.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", limit))
		fatal(t, err)
	}
	pages(120)
	large := func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewDead: []*record.Dead{{Key: record.NewKey(), Stage: "large", Payload: make([]byte, 50_000)}}}, nil
	}
	kept := 0
	for {
		err := r.Update(t.Context(), record.Reads{}, large)
		var full *sqlite.Error
		if errors.As(err, &full) && full.Code() == sqlite3.SQLITE_FULL {
			break
		}
		fatal(t, err)
		if kept++; kept > 100 {
			t.Fatal("the disk is never full")
		}
	}
	if err := r.Update(t.Context(), record.Reads{}, large); err == nil {
		t.Error("there is no space, and an Update succeeded")
	}
	if got := stored(t, r, "large"); got != kept {
		t.Errorf("%d rows are stored, %d Updates succeeded", got, kept)
	}
	pages(10_000)
	fatal(t, r.Update(t.Context(), record.Reads{}, large))
	if got := stored(t, r, "large"); got != kept+1 {
		t.Errorf("when there was space again, %d rows are stored, want %d", got, kept+1)
	}
}
