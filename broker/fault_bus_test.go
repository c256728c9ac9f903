package broker_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// busOptions make what is due be published again soon.
func busOptions(open opener) brokertest.Options {
	return brokertest.Options{Open: open, Rules: testRules(), Broker: broker.Options{Republish: 100 * time.Millisecond, ReconcileEvery: 30 * time.Millisecond}}
}

// replayed demands that the RECEIPTS stream holds exactly the ledger, one message a leaf.
func replayed(t *testing.T, e *brokertest.Env) {
	t.Helper()
	ctx := bounded(t)
	js, err := jetstream.New(e.Conn)
	if err != nil {
		t.Fatal(err)
	}
	var stream jetstream.Stream
	until(t, e, "the stream of receipts is full", func() bool {
		head, err := e.Record.Head(ctx)
		if err != nil {
			return false
		}
		stream, err = js.Stream(ctx, broker.Receipts)
		return err == nil && int64(stream.CachedInfo().State.LastSeq) == head.Leaves
	})
	leaves, err := e.Record.Leaves(ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leaves {
		m, err := stream.GetMsg(ctx, uint64(l.No)+1)
		if err != nil || !bytes.Equal(m.Data, l.Bytes) {
			t.Fatalf("leaf %d on the bus differs (%v)", l.No, err)
		}
	}
}

func TestALostBusIsNoticedAndRebuiltFromTheRecord(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		var s *seam
		e := brokertest.Start(t, busOptions(through(&s, open)))
		old := signing(e)
		accepted(t, e, old)
		registered(t, e, old, "sub-a1")
		pull := inform(e)
		accepted(t, e, pull)
		sound(t, e)
		c := &crash{at: 1, after: true} // committed and not published
		c.arm(s)
		lost := signing(e)
		go func() { _, _ = e.Submit(bounded(t), "head-a", lost) }()
		<-c.down
		e.Stop()
		if err := os.RemoveAll(e.BusDir()); err != nil {
			t.Fatal(err)
		}

		if err := e.Again(); !errors.Is(err, broker.ErrStrangeBus) {
			t.Fatalf("a hub starts on an empty bus: %v", err)
		}
		bus, err := e.Bus()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // doing it again is harmless
			if err := bus.Rebuild(bounded(t), e.Record); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Run(); err != nil {
			t.Fatal(err)
		}
		replayed(t, e)
		registered(t, e, lost, "sub-a1")
		await(t, e, pull.ID, "sub-a2", inState(document.Forwarded))
		accepted(t, e, old)
		accepted(t, e, lost)
		if a := sound(t, e); a.Cards != 2 {
			t.Errorf("%d cards", a.Cards)
		}
		replayed(t, e)
	})
}

func TestABusRolledBackToAnOlderCopyRepeatsWithoutEffect(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, busOptions(open))
		first := signing(e)
		accepted(t, e, first)
		registered(t, e, first, "sub-a1")
		e.Stop()
		older := filepath.Join(t.TempDir(), "bus")
		if err := os.CopyFS(older, os.DirFS(e.BusDir())); err != nil {
			t.Fatal(err)
		}
		if err := e.Again(); err != nil {
			t.Fatal(err)
		}
		packets := make([]*document.Packet, 20)
		for i := range packets {
			packets[i] = signing(e)
		}
		together(len(packets), func(i int) { accepted(t, e, packets[i]) })
		for _, p := range packets {
			registered(t, e, p, "sub-a1")
		}
		before := sound(t, e)
		e.Stop()
		if err := errors.Join(os.RemoveAll(e.BusDir()), os.Rename(older, e.BusDir())); err != nil {
			t.Fatal(err)
		}
		if err := e.Again(); err != nil {
			t.Fatal(err)
		}
		for _, p := range packets {
			accepted(t, e, p)
		}
		replayed(t, e)
		if after := sound(t, e); after.Cards != before.Cards || after.Leaves != before.Leaves {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
}

func TestTheBusOfAnotherRecordIsRefused(t *testing.T) {
	t.Parallel()
	e, other := brokertest.Start(t, brokertest.Options{}), brokertest.Start(t, brokertest.Options{})
	e.Stop()
	other.Stop()
	if err := errors.Join(os.RemoveAll(e.BusDir()), os.Rename(other.BusDir(), e.BusDir())); err != nil {
		t.Fatal(err)
	}
	if err := e.Again(); !errors.Is(err, broker.ErrStrangeBus) {
		t.Errorf("a hub starts on a strange bus: %v", err)
	}
}
