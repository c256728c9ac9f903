// Package recordtest is the conformance suite of the record: the promises of package record, each as a test
// that both databases pass. It needs no knowledge of SQL.
//
// Who writes another record calls Run from its own tests with a function that opens a fresh, empty one:
//
//	func TestRecord(t *testing.T) { recordtest.Run(t, open) }
//
// The record that is opened must also be a Reverser, so that the suite can do what no hub can: restore an older
// state under a running process.
package recordtest

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// A Reverser sets the head back as a restored backup would (D5).
type Reverser interface {
	// SetBack makes the record say, behind the back of its user, that it has only so many leaves.
	SetBack(t testing.TB, leaves int64)
}

// promises are the tests by name.
func promises() []promise {
	var all []promise
	for _, some := range [][]promise{rowPromises, commitPromises, journalPromises, sealPromises, shownPromises, pagePromises, listPromises, uploadPromises, storedPromises, bookPromises, keepPromises} {
		all = append(all, some...)
	}
	return all
}

type promise struct {
	name string
	test func(*bed)
}

// Run holds the records that open returns to the promises of package record. Each test gets an empty one and
// closes it.
func Run(t *testing.T, open func(t *testing.T) record.Record) {
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			r := open(t)
			t.Cleanup(func() {
				if err := r.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			p.test(&bed{T: t, r: r})
		})
	}
}
