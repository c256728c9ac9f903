package recordtest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// A bed is one empty record under test, with what the tests say often.
type bed struct {
	*testing.T
	r  record.Record
	mu sync.Mutex
	n  int // for ids
}

func (b *bed) next() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	return b.n
}

// must fails the test on an error.
func (b *bed) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// same compares; empty and nil are the same.
func (b *bed) same(what string, got, want any) {
	b.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		b.Errorf("%s differs (-want +got):\n%s", what, d)
	}
}

// update commits what decide returns.
func (b *bed) update(reads record.Reads, decide func(*record.State) *record.Writes) {
	b.Helper()
	b.must(b.r.Update(b.Context(), reads, func(st *record.State) (*record.Writes, error) { return decide(st), nil }))
}

// write commits w.
func (b *bed) write(w *record.Writes) {
	b.Helper()
	b.update(record.Reads{}, func(*record.State) *record.Writes { return w })
}

// state returns what a stage would see.
func (b *bed) state(reads record.Reads) (seen *record.State) {
	b.Helper()
	b.update(reads, func(st *record.State) *record.Writes { seen = st; return nil })
	return seen
}

// packet makes an accepted packet of sender, not stored yet.
func (b *bed) packet(sender document.ContourCode) *record.Packet {
	n := b.next()
	return &record.Packet{Key: record.NewKey(), ID: document.PacketID{Sender: sender, MsgID: document.MsgID(fmt.Sprintf("m%d", n))}, Attempt: 1,
		Digest: [32]byte{byte(n), byte(n >> 8)}, Kind: document.Main, State: document.Accepted, At: start.Add(time.Duration(n) * time.Second), Body: []byte(fmt.Sprint("body ", n))}
}

// exchange makes the exchange of p toward receiver, not stored yet.
func exchange(p *record.Packet, receiver document.ContourCode, state document.State, tasks ...string) *record.Exchange {
	e := &record.Exchange{Packet: p.Key, ID: p.ID, Receiver: receiver, State: state, Delivery: record.Mailbox, Changed: p.At}
	for i, id := range tasks {
		e.Tasks = append(e.Tasks, record.Task{Packet: p.Key, Receiver: receiver, ID: id, Ordinal: i, Kind: document.Sign, Executor: "ivanov"})
	}
	return e
}

// receipt makes a receipt about p, not stored yet.
func receipt(p *record.Packet, receiver document.ContourCode, stage document.Stage, event string) *record.Receipt {
	id := document.NewReceiptID(p.ID, receiver, "", stage, event)
	return &record.Receipt{Receipt: document.Receipt{ID: id, Packet: p.ID, Receiver: receiver, Stage: stage, Event: event, At: p.At}, PacketKey: p.Key, Bytes: []byte(id)}
}

// admitted stores a packet of sender toward receiver with its two receipts, forwarded into the mailbox.
func (b *bed) admitted(sender, receiver document.ContourCode, tasks ...string) (*record.Packet, []*record.Receipt) {
	b.Helper()
	p := b.packet(sender)
	receipts := []*record.Receipt{receipt(p, receiver, document.Accept, "a"), receipt(p, receiver, document.Forward, "a")}
	b.write(&record.Writes{NewPackets: []*record.Packet{p}, NewExchanges: []*record.Exchange{exchange(p, receiver, document.Forwarded, tasks...)}, Receipts: receipts})
	return p, receipts
}

// seal numbers receipts as the only sealer.
func (b *bed) seal(receipts ...*record.Receipt) []record.Leaf {
	b.Helper()
	_, leaves, err := b.r.Number(b.Context(), "sealer", time.Hour, seqs(receipts), 0)
	b.must(err)
	return leaves
}

func seqs(receipts []*record.Receipt) []int64 {
	s := make([]int64, len(receipts))
	for i, r := range receipts {
		s[i] = r.Seq
	}
	return s
}

// together runs f n times at once and waits for all; the goroutines set out at the same moment.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() { <-begin; f(i) })
	}
	close(begin)
	all.Wait()
}
