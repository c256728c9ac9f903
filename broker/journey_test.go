package broker_test

import (
	"context"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // machines are shared; what hangs, hangs longer
	t.Cleanup(cancel)
	return ctx
}

// await waits until the packet's exchange with the receiver satisfies done, woken by what is sealed.
func await(t testing.TB, e *brokertest.Env, id document.PacketID, receiver document.ContourCode, done func(*record.Exchange) bool) *record.Exchange {
	t.Helper()
	ctx := bounded(t)
	woken, leave := e.Announcer().Listen("")
	defer leave()
	for {
		_, exchanges, err := e.Record.Packet(ctx, id)
		if err == nil {
			for _, ex := range exchanges {
				if ex.Receiver == receiver && done(ex) {
					if err := e.Barrier(ctx); err != nil {
						t.Fatal(err)
					}
					return ex
				}
			}
		}
		select {
		case <-woken:
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("packet %s toward %s: waited in vain; it is %+v, %v", id, receiver, exchanges, err)
		}
	}
}

func inState(s document.State) func(*record.Exchange) bool {
	return func(ex *record.Exchange) bool { return ex.State == s }
}

func taskIn(s document.TaskState) func(*record.Exchange) bool {
	return func(ex *record.Exchange) bool { return len(ex.Tasks) > 0 && ex.Tasks[0].State == s }
}

func TestATaskGoesToAnExecutorAndComesBackClosed(t *testing.T) {
	e := brokertest.Start(t, brokertest.Options{})
	ctx := bounded(t)
	p := e.Letter("sub-a1", brokertest.Task("t-1", document.Sign, "sub-a1", "ivanov"))

	o, err := e.Submit(ctx, "head-a", p)
	if err != nil {
		t.Fatal(err)
	}
	if o.Standing != broker.Custody {
		t.Fatalf("standing %s, faults %v", o.Standing, o.Faults)
	}
	ex := await(t, e, p.ID, "sub-a1", inState(document.Registered))
	if ex.Tasks[0].State != document.TaskActive || ex.Tasks[0].Number.Number == "" {
		t.Fatalf("task %+v", ex.Tasks[0])
	}
	signer := func(f *document.Attachment) (document.Signature, error) { return e.Sign("ivanov", f.Inline), nil }
	o, err = e.Execute(ctx, "sub-a1", broker.Execution{Packet: p.ID, Task: "t-1", Executor: "ivanov", Outcome: document.Signed, Sign: signer})
	if err != nil {
		t.Fatal(err)
	}
	if o.Standing != broker.Custody {
		t.Fatalf("answer: standing %s, faults %v", o.Standing, o.Faults)
	}
	await(t, e, p.ID, "sub-a1", taskIn(document.TaskClosed))

	sealed, err := e.Record.Receipts(ctx, p.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	var stages []document.Stage
	for _, s := range sealed {
		r, err := wire.UnmarshalReceipt(s.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		stages = append(stages, r.Stage)
	}
	want := []document.Stage{document.Accept, document.Forward, document.Deliver, document.Register, document.Execute, document.Close, document.AnswerPacket}
	if len(stages) != len(want) {
		t.Fatalf("receipts %v, want %v", stages, want)
	}
	for i := range want {
		if stages[i] != want[i] {
			t.Fatalf("receipts %v, want %v", stages, want)
		}
	}
}
