package broker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// crash ends a hub at one of its writes into the record, before the write or after it. From then on nothing that
// the hub does has an effect.
type crash struct {
	at    int
	after bool
	late  bool // the sealer numbers, not the commits

	mu      sync.Mutex
	n       int
	down    chan struct{} // closed by the crash
	revived bool          // the hub was started again after it
}

var errDown = fmt.Errorf("%w: the process is gone", record.ErrAway) // which no packet is to blame for

func (c *crash) crashed() bool {
	select {
	case <-c.down:
		return true
	default:
		return false
	}
}

func (c *crash) write(run func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock() // one write at a time, so that none is under way when the process goes
	if c.crashed() {
		return errDown
	}
	if c.n++; c.n != c.at {
		return run()
	}
	if c.after {
		_ = run()
	}
	close(c.down)
	return errDown
}

// arm puts the crash into the seam. Reading, and renewing the lease, are no writes.
func (c *crash) arm(s *seam) {
	c.down = make(chan struct{})
	s.set(func(s *seam) {
		s.late = c.late
		s.update = func(_ record.Reads, run func() error) error { return c.write(run) }
		s.number = func(seqs []int64, run func() (record.Head, []record.Leaf, error)) (head record.Head, leaves []record.Leaf, err error) {
			if len(seqs) == 0 && !c.crashed() {
				return run()
			}
			err = c.write(func() (err error) { head, leaves, err = run(); return err })
			return head, leaves, err
		}
	})
}

// passes tries a step of the journey until it succeeds; when the hub crashes meanwhile, it is started anew.
func (c *crash) passes(t *testing.T, e *brokertest.Env, what string, try func(context.Context) bool) {
	t.Helper()
	for {
		if c.crashed() && !c.revived {
			c.revived = true
			e.Restart()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if !c.revived {
			go func() {
				select {
				case <-c.down:
					cancel()
				case <-ctx.Done():
				}
			}()
		}
		done := try(ctx)
		cancel()
		if done {
			return
		}
		if !c.crashed() || c.revived && ctx.Err() == context.DeadlineExceeded {
			t.Fatalf("%s did not succeed", what)
		}
	}
}

// The path of acceptance fails at each write twice: before the effect and after it. Then nothing is lost and
// nothing doubled.
func TestACrashAtAnyWriteLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		var s *seam
		e := brokertest.Start(t, brokertest.Options{Open: through(&s, open), Broker: broker.Options{Lease: 200 * time.Millisecond, Republish: 100 * time.Millisecond, ReconcileEvery: 30 * time.Millisecond}})
		for _, late := range []bool{true, false} {
			least := 4 // commits, which number their receipts
			if late {
				least = 7 // and numberings, of which the last two can be one
			}
			last := least
			if _, is := s.Record.(*postgres.Record); is {
				last = (least + 1) / 2 // the answer goes the same way
			}
			for at := 1; at <= last; at++ {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("the sealer numbers %t, write %d, after its effect %t", late, at, after), func(t *testing.T) {
						c := &crash{at: at, after: after, late: late}
						c.arm(s)
						crashingJourney(t, e, c)
					})
				}
			}
		}
	})
}

func crashingJourney(t *testing.T, e *brokertest.Env, c *crash) {
	before := sound(t, e)
	p := signing(e)
	c.passes(t, e, "submission", func(ctx context.Context) bool {
		o, _ := e.Submit(ctx, "head-a", p)
		return o.Standing == broker.Custody
	})
	c.passes(t, e, "registration", func(ctx context.Context) bool { return reaches(ctx, e, p.ID, document.TaskActive) })
	var answers []document.PacketID // an execution that is tried again is another packet
	c.passes(t, e, "execution", func(ctx context.Context) bool {
		sign := func(f *document.Attachment) (document.Signature, error) { return e.Sign("ivanov", f.Inline), nil }
		o, err := e.Execute(ctx, "sub-a1", broker.Execution{Packet: p.ID, Task: "t-1", Executor: "ivanov", Outcome: document.Signed, Sign: sign})
		if o.Packet.Sender == "sub-a1" {
			answers = append(answers, o.Packet)
		}
		return o.Standing == broker.Custody || err != nil && o.Faults.Has(document.TaskAnswered)
	})
	c.passes(t, e, "closing", func(ctx context.Context) bool { return reaches(ctx, e, p.ID, document.TaskClosed) })
	want := []document.Stage{document.Accept, document.Forward, document.Deliver, document.Register, document.Execute, document.Close, document.AnswerPacket}
	c.passes(t, e, "sealing", func(ctx context.Context) bool {
		for ctx.Err() == nil && len(stages(t, e, p.ID, "sub-a1")) < len(want) {
			waitFor(ctx, e)
		}
		return ctx.Err() == nil
	})
	if !c.crashed() {
		t.Fatalf("the journey has only %d writes", c.n)
	}
	if got := stages(t, e, p.ID, "sub-a1"); !slices.Equal(got, want) {
		t.Errorf("receipts %v, want %v", got, want)
	}
	until(t, e, "nothing is open", func() bool {
		due, err := e.Record.Due(bounded(t), time.Now().AddDate(1, 0, 0), 10)
		return err == nil && len(due) == 0
	})
	a, leaves, taken := sound(t, e), len(want), 0
	for _, id := range answers {
		got := stages(t, e, id, "head-a")
		leaves += len(got)
		switch {
		case slices.Equal(got, []document.Stage{document.Accept, document.Forward, document.Deliver, document.Register}):
			taken++
		case len(got) > 0 && !slices.Equal(got, []document.Stage{document.Reject}):
			t.Errorf("an answer has the receipts %v", got)
		}
	}
	if taken != 1 || a.Leaves-before.Leaves != int64(leaves) || a.Cards-before.Cards != 2 {
		t.Errorf("%d of %d answers were taken; there are %d receipts, %d of them known, and %d cards", taken, len(answers), a.Leaves-before.Leaves, leaves, a.Cards-before.Cards)
	}
	if letters := dead(t, e); len(letters) > 0 {
		t.Errorf("dead letter: %s", letters[0].Reason)
	}
}

// reaches waits until the packet's task is in the state.
func reaches(ctx context.Context, e *brokertest.Env, id document.PacketID, want document.TaskState) bool {
	woken, leave := e.Announcer().Listen("")
	defer leave()
	for {
		_, exchanges, err := e.Record.Packet(ctx, id)
		if err == nil && len(exchanges) == 1 && exchanges[0].Tasks[0].State == want {
			return true
		}
		select {
		case <-woken:
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return false
		}
	}
}

// waitFor waits until something is sealed, and no longer than a moment.
func waitFor(ctx context.Context, e *brokertest.Env) {
	woken, leave := e.Announcer().Listen("")
	defer leave()
	select {
	case <-woken:
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}

func TestLeavesThatWereNumberedAndNotWrittenAreWrittenWithoutWaitingForAnotherReceipt(t *testing.T) {
	t.Parallel()
	var s *seam
	e := brokertest.Start(t, brokertest.Options{Open: through(&s, openSQLite)})
	p := e.Letter("sub-b1")
	var cut sync.Once
	s.set(func(s *seam) {
		s.late = true
		s.number = func(seqs []int64, run func() (record.Head, []record.Leaf, error)) (record.Head, []record.Leaf, error) {
			head, leaves, err := run()
			if len(leaves) > 0 {
				cut.Do(func() { leaves, err = nil, errors.New("the connection was cut after COMMIT") })
			}
			return head, leaves, err
		}
	})
	standing(t, submit(t, e, p), broker.Refused)
	sound(t, e)
}
