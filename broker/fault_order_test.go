package broker_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

func TestNothingIsSeenBeforeItIsSealed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		var s *seam
		e, _ := mailboxHub(t, through(&s, open), broker.Options{})
		ctx := bounded(t)
		numbering, goOn := make(chan struct{}, 100), make(chan struct{})
		s.set(func(s *seam) {
			s.late = true
			s.number = func(seqs []int64, run func() (record.Head, []record.Leaf, error)) (record.Head, []record.Leaf, error) {
				if len(seqs) > 0 {
					numbering <- struct{}{}
					<-goOn
				}
				return run()
			}
		})
		before := streams(t, e)
		p := inform(e)
		told := make(chan broker.Outcome, 1)
		go func() {
			o, _ := e.Submit(ctx, "head-a", p)
			told <- o
		}()
		<-numbering // the commit is there, the leaves are not
		if items, err := e.Mailbox(ctx, "sub-a2", record.Key{}, 10); err != nil || len(items) > 0 {
			t.Errorf("the mailbox shows %v, %v", items, err)
		}
		if o, err := e.Standing(ctx, p.ID); err != nil || o.Standing != broker.Waiting || len(o.Receipts) > 0 {
			t.Errorf("standing %+v, %v", o, err)
		}
		if got := stages(t, e, p.ID, "sub-a2"); len(got) > 0 {
			t.Errorf("receipts %v", got)
		}
		if after := streams(t, e); after[broker.Receipts] != before[broker.Receipts] {
			t.Error("the bus announces what is not sealed")
		}
		select {
		case o := <-told:
			t.Errorf("the door answered %+v", o)
		default:
		}
		close(goOn)
		o := standing(t, <-told, broker.Custody)
		for _, r := range o.Receipts { // and what the door shows stands in the ledger by then
			if r.Leaf < 0 || r.Leaf >= e.Announcer().Sealed() {
				t.Errorf("receipt %s has leaf %d of %d", r.ID, r.Leaf, e.Announcer().Sealed())
			}
		}
	})
}

// peeking is a ledger that looks, before each write, at what was announced already.
type peeking struct {
	receipts.Book
	announced func() int64
	early     int
}

func (p *peeking) Append(leaves [][]byte) error {
	if p.announced() > p.Leaves() {
		p.early++
	}
	return p.Book.Append(leaves)
}

// A stage of one instance is slow to offer what it committed, another one is quick with what followed from it:
// the cause keeps the lower number, and nothing is announced before it is written.
func TestAReceiptNeverGetsALowerNumberThanItsCause(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open opener) {
		r := open(t, t.TempDir())
		defer func() { _ = r.Close() }()
		ctx, cancel := context.WithCancel(bounded(t))
		var sealedTo int64
		announced := make(chan []receipts.Sealed, 10)
		book := &peeking{Book: &shelf{}, announced: func() int64 { return sealedTo }}
		sealer := &receipts.Sealer{Record: r, Book: book, Owner: "test", Lease: time.Minute, Decode: wire.UnmarshalReceipt, Log: slog.Default(),
			Announce: func(s []receipts.Sealed) { sealedTo += int64(len(s)); announced <- s }}
		ended := make(chan struct{})
		go func() { defer close(ended); _ = sealer.Run(ctx) }()
		defer func() { cancel(); <-ended }()
		sealer.Offer(committedReceipt(t, r, "1", false)) // the sealer is at work
		<-announced
		for i, atOnce := range []bool{false, true} { // numbered by the sealer, or by the commit
			cause := committedReceipt(t, r, fmt.Sprint(i, "cause"), atOnce)
			effect := committedReceipt(t, r, fmt.Sprint(i, "effect"), atOnce)
			if atOnce != (effect[0].Receipt.Leaf >= 0) {
				t.Errorf("leaf %d of a commit that should number: %t", effect[0].Receipt.Leaf, atOnce)
			}
			sealer.Offer(effect)
			var got []int64
			for len(got) < 2 {
				for _, s := range <-announced {
					got = append(got, seqOf(t, r, s.Receipt.Leaf))
				}
			}
			if want := []int64{cause[0].Seq, effect[0].Seq}; !slices.Equal(got, want) {
				t.Errorf("sealed in the order %v, want %v", got, want)
			}
			sealer.Offer(cause) // at last; there is nothing left to do
		}
		if book.early > 0 {
			t.Error("something was announced before it was written")
		}
	})
}

// shelf keeps leaves in memory: the order is looked at, not the file.
type shelf struct{ leaves int64 }

func (s *shelf) Leaves() int64                { return s.leaves }
func (s *shelf) Append(leaves [][]byte) error { s.leaves += int64(len(leaves)); return nil }

// committedReceipt commits a receipt and returns what a stage offers.
func committedReceipt(t *testing.T, r record.Record, event string, number bool) []receipts.Pending {
	t.Helper()
	id := document.PacketID{Sender: "head-a", MsgID: "p"}
	rec := document.Receipt{ID: document.NewReceiptID(id, "sub-a1", "", document.Accept, event), Packet: id, Receiver: "sub-a1", Stage: document.Accept, Event: event, At: time.Now(), Leaf: -1}
	row := &record.Receipt{Receipt: rec, PacketKey: record.NewKey(), Bytes: wire.ReceiptBytes(&rec)}
	err := r.Update(bounded(t), record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{Receipts: []*record.Receipt{row}, Number: number}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return []receipts.Pending{{Seq: row.Seq, Bytes: row.Bytes, Receipt: &row.Receipt}}
}

func seqOf(t *testing.T, r record.Record, leaf int64) int64 {
	t.Helper()
	leaves, err := r.Leaves(bounded(t), leaf, 1)
	if err != nil || len(leaves) != 1 {
		t.Fatalf("leaf %d: %v, %v", leaf, leaves, err)
	}
	return leaves[0].Seq
}
