package record_test

import (
	"errors"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

func TestGuardNoticesAHeadThatWentBack(t *testing.T) {
	var g record.Guard
	head := func(epoch string, leaves int64) record.Head { return record.Head{Epoch: epoch, Leaves: leaves} }
	for _, step := range []struct {
		name string
		read record.Head
		bad  bool
	}{
		{"the first head", head("a", 5), false},
		{"the same", head("a", 5), false},
		{"further", head("a", 9), false},
		{"behind", head("a", 8), true},
		{"where it was", head("a", 9), false},
		{"another record, however far", head("b", 50), true},
	} {
		if err := g.Check(g.Seen(), step.read); errors.Is(err, record.ErrWentBack) != step.bad {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

func TestGuardForgivesATransactionThatBeganEarlier(t *testing.T) {
	var g record.Guard
	before := g.Seen()
	if err := g.Check(g.Seen(), record.Head{Epoch: "a", Leaves: 9}); err != nil {
		t.Fatal(err)
	}
	if err := g.Check(before, record.Head{Epoch: "a", Leaves: 7}); err != nil {
		t.Errorf("a head that was read before the furthest: %v", err)
	}
	if got := g.Seen().Leaves; got != 9 {
		t.Errorf("the furthest head has %d leaves", got)
	}
}

func TestKeyAtParts(t *testing.T) {
	before := record.KeyAt(time.Now().Add(-time.Millisecond))
	k := record.NewKey()
	after := record.KeyAt(time.Now().Add(time.Millisecond))
	if k.Hex() <= before.Hex() || k.Hex() >= after.Hex() {
		t.Errorf("key %s is not between %s and %s", k, before, after)
	}
	if !record.KeyAt(time.Time{}).IsZero() {
		t.Error("no time is not before all keys")
	}
}
