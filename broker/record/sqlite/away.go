package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// away marks an error that says nothing of what was asked: the disk is full or broken, the file is locked or
// closed. Whoever gets it asks the same again.
func away(err error) error {
	if err == nil || !absent(err) {
		return err
	}
	return fmt.Errorf("%w: %w", record.ErrAway, err)
}

func absent(err error) bool {
	if errors.Is(err, errClosed) {
		return true
	}
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return false
	}
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}
