package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"

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

// The primary result codes of SQLite that mean so.
const (
	busy     = 5
	locked   = 6
	noMemory = 7
	readOnly = 8
	ioError  = 10
	full     = 13
	cantOpen = 14
)

func absent(err error) bool {
	if errors.Is(err, errClosed) {
		return true
	}
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return false
	}
	switch failed.Code() & 0xff {
	case busy, locked, noMemory, readOnly, ioError, full, cantOpen:
		return true
	}
	return false
}
