package broker_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// strayClock is a record on a machine whose clock was moved.
type strayClock struct {
	record.Record
	ahead *atomic.Int64 // nanoseconds
}

func (r strayClock) Now(context.Context) (time.Time, error) {
	return time.Now().Add(time.Duration(r.ahead.Load())), nil
}

func TestRegistrationPausesWhileTheClocksDiffer(t *testing.T) {
	var ahead atomic.Int64
	ahead.Store(int64(time.Hour))
	open := func(t testing.TB, dir string) record.Record { return strayClock{openSQLite(t, dir), &ahead} }
	e := brokertest.Start(t, brokertest.Options{Open: open, Broker: broker.Options{ClockEvery: 20 * time.Millisecond}})
	until(t, e, "the clocks were compared", func() bool { return e.ClocksAgree() != nil })

	p := e.Letter("sub-a1", brokertest.Task("t", document.Inform, "sub-a1", "ivanov"))
	accepted(t, e, p) // custody goes on
	if _, err := e.Reconcile(bounded(t)); err != nil {
		t.Fatal(err)
	}
	if ex := await(t, e, p.ID, "sub-a1", func(*record.Exchange) bool { return true }); ex.State != document.Forwarded {
		t.Errorf("with clocks an hour apart the packet is %s", ex.State)
	}
	ahead.Store(0)
	registered(t, e, p, "sub-a1")
}
