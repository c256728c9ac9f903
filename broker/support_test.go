package broker_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// The tests wait for disks more than they compute: more of them run side by side than there are cores.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	pgtest.Main(m)
}

// opener opens the record of a hub that keeps its files in dir.
type opener = func(t testing.TB, dir string) record.Record

func openSQLite(t testing.TB, dir string) record.Record {
	t.Helper()
	r, err := sqlite.Open(context.Background(), dir+"/record.db")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openPostgres(url string) opener {
	return func(t testing.TB, _ string) record.Record {
		t.Helper()
		r, err := postgres.Open(context.Background(), url, postgres.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// onBoth holds a promise to both records.
func onBoth(t *testing.T, promise func(t *testing.T, open opener)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		promise(t, openSQLite)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		promise(t, openPostgres(pgtest.Start(t)))
	})
}

// together runs n calls of do at once and waits for all.
func together(n int, do func(i int)) {
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { do(i) })
	}
	wait.Wait()
}

// submit hands the packet to the hub's own door.
func submit(t testing.TB, e *brokertest.Env, p *document.Packet) broker.Outcome {
	t.Helper()
	o, err := e.Submit(bounded(t), p.ID.Sender, p)
	if err != nil && len(o.Faults) == 0 {
		t.Fatalf("submit %s: %v", p.ID, err)
	}
	return o
}

// accepted hands the packet over and demands custody. «Queued» is answered as a connector does: by a repeat.
func accepted(t testing.TB, e *brokertest.Env, p *document.Packet) broker.Outcome {
	t.Helper()
	o := submit(t, e, p)
	for ctx := bounded(t); o.Standing == broker.Waiting && ctx.Err() == nil; {
		o = submit(t, e, p)
	}
	return standing(t, o, broker.Custody)
}

func standing(t testing.TB, o broker.Outcome, want broker.Standing) broker.Outcome {
	t.Helper()
	if o.Standing != want {
		t.Fatalf("packet %s: standing %s, want %s; faults: %v", o.Packet, o.Standing, want, o.Faults)
	}
	return o
}

// request hands the packet to the door on the bus.
func request(t testing.TB, nc *nats.Conn, p *document.Packet) *smdov1.SubmitReply {
	t.Helper()
	body, err := wire.MarshalPacket(p)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := nc.RequestWithContext(bounded(t), "smdo.submit."+string(p.ID.Sender), body)
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	var reply smdov1.SubmitReply
	if err := proto.Unmarshal(answer.Data, &reply); err != nil {
		t.Fatal(err)
	}
	return &reply
}

// codes lists the codes of faults, each once, in order.
func codes(faults document.Faults) []document.FaultCode {
	var all []document.FaultCode
	for i := range faults {
		all = append(all, faults[i].Code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stages lists what is sealed about the packet toward a receiver, in leaf order.
func stages(t testing.TB, e *brokertest.Env, id document.PacketID, receiver document.ContourCode) []document.Stage {
	t.Helper()
	var all []document.Stage
	for _, r := range sealed(t, e, id) {
		if r.Receiver == receiver {
			all = append(all, r.Stage)
		}
	}
	return all
}

func sealed(t testing.TB, e *brokertest.Env, id document.PacketID) []*document.Receipt {
	t.Helper()
	rows, err := e.Record.Receipts(bounded(t), id, 1000)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*document.Receipt, len(rows))
	for i, s := range rows {
		if all[i], err = wire.UnmarshalReceipt(s.Bytes); err != nil {
			t.Fatal(err)
		}
		all[i].Leaf = s.Leaf
	}
	return all
}

// registered waits until the packet has its number at the receiver.
func registered(t testing.TB, e *brokertest.Env, p *document.Packet, receiver document.ContourCode) *record.Exchange {
	t.Helper()
	return await(t, e, p.ID, receiver, inState(document.Registered))
}

// until waits until done says yes, woken by what is sealed.
func until(t testing.TB, e *brokertest.Env, what string, done func() bool) {
	t.Helper()
	ctx := bounded(t)
	woken, leave := e.Announcer().Listen("")
	defer leave()
	for !done() {
		select {
		case <-woken:
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// numbered waits until the journal of tasks at sub-a1 has given n numbers, and demands that all is sound then.
func numbered(t testing.TB, e *brokertest.Env, n int) broker.Audit {
	t.Helper()
	until(t, e, fmt.Sprintf("%d tasks are registered", n), func() bool {
		journals, err := e.Record.Journals(bounded(t), "sub-a1")
		return err == nil && slices.ContainsFunc(journals, func(j record.Journal) bool { return j.Journal == "tasks" && j.Last >= int64(n) })
	})
	a := sound(t, e)
	if a.Cards != int64(n) {
		t.Errorf("%d cards, want %d", a.Cards, n)
	}
	return a
}

// sound demands that all is sealed, that journals have neither gaps nor repeats, and that ledger and record
// are equal.
func sound(t testing.TB, e *brokertest.Env) broker.Audit {
	t.Helper()
	ctx := bounded(t)
	until(t, e, "everything is sealed", func() bool {
		rest, err := e.Record.Unsealed(ctx, nil, 1)
		head, err2 := e.Record.Head(ctx)
		return err == nil && err2 == nil && len(rest) == 0 && head.Leaves == e.Announcer().Sealed()
	})
	head, err := e.Record.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.CompareAll(ctx, e.LedgerDir(), e.Checker)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Discrepancies) > 0 || a.Leaves < head.Leaves {
		t.Fatalf("the ledger has %d receipts, the record %d; discrepancies: %v", a.Leaves, head.Leaves, a.Discrepancies)
	}
	return a
}

// dead lists the dead letters.
func dead(t testing.TB, e *brokertest.Env) []*record.Dead {
	t.Helper()
	letters, err := e.Record.DeadLetters(bounded(t), "", record.Key{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

// seam is the record with a place to step in between it and the hub: as far as the hub can tell, another
// implementation of the record that fails, waits or panics.
type seam struct {
	record.Record
	mu      sync.Mutex
	late    bool // receipts are numbered by the sealer only, never by the commit that stores them
	update  func(reads record.Reads, run func() error) error
	number  func(seqs []int64, run func() (record.Head, []record.Leaf, error)) (record.Head, []record.Leaf, error)
	leaves  func() error
	mailbox func()
}

func (s *seam) Update(ctx context.Context, reads record.Reads, decide func(*record.State) (*record.Writes, error)) error {
	s.mu.Lock()
	hook, late := s.update, s.late
	s.mu.Unlock()
	run := func() error {
		return s.Record.Update(ctx, reads, func(st *record.State) (*record.Writes, error) {
			w, err := decide(st)
			if w != nil && late {
				w.Number = false
			}
			return w, err
		})
	}
	if hook == nil {
		return run()
	}
	return hook(reads, run)
}

func (s *seam) Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (record.Head, []record.Leaf, error) {
	run := func() (record.Head, []record.Leaf, error) { return s.Record.Number(ctx, owner, lease, seqs, sealed) }
	s.mu.Lock()
	hook := s.number
	s.mu.Unlock()
	if hook == nil {
		return run()
	}
	return hook(seqs, run)
}

func (s *seam) Leaves(ctx context.Context, from int64, limit int) ([]record.Leaf, error) {
	s.mu.Lock()
	hook := s.leaves
	s.mu.Unlock()
	if hook != nil {
		if err := hook(); err != nil {
			return nil, err
		}
	}
	return s.Record.Leaves(ctx, from, limit)
}

func (s *seam) Mailbox(ctx context.Context, contour document.ContourCode, after record.Key, limit int) ([]*record.Exchange, error) {
	rows, err := s.Record.Mailbox(ctx, contour, after, limit)
	s.mu.Lock()
	hook := s.mailbox
	s.mu.Unlock()
	if hook != nil {
		hook()
	}
	return rows, err
}

// set puts hooks in place, or takes them away.
func (s *seam) set(change func(*seam)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// through opens records with the seam in front; the last one opened is in *s.
func through(s **seam, open opener) opener {
	return func(t testing.TB, dir string) record.Record {
		*s = &seam{Record: open(t, dir)}
		return *s
	}
}
