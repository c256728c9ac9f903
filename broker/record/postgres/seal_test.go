package postgres_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// TestHorizon: a transaction that drew its seq early and commits late is waited for and never lost.
func TestHorizon(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	early, later := connect(t, url), connect(t, url)
	const insert = "insert into receipt (packet, key, seq, stage, sender, receiver, bytes) values (gen_random_uuid(), gen_random_uuid(), nextval('receipt_seq'), 1, 'a', 'b', 'slow')"
	exec(t, early, "begin")
	exec(t, early, insert) // seq 1
	p, _ := invented("min-econ", 1, nil)
	receipts := admitted(t, r, p) // seqs 2 and 3
	horizonIs(t, r, 0)
	unsealedAre(t, r, 2, 3)
	if _, _, err := r.Number(t.Context(), "a", time.Minute, []int64{receipts[0].Seq, receipts[1].Seq}, 0); err != nil {
		t.Fatal(err)
	}
	exec(t, later, "begin")
	exec(t, later, insert) // seq 4, still running when the first one ends
	exec(t, early, "commit")
	horizonIs(t, r, 3) // that is as far as it stood before seq 4 was drawn
	unsealedAre(t, r, 1)
	exec(t, later, "rollback")
	horizonIs(t, r, 4)
	unsealedAre(t, r, 1)
}

// TestHorizonUnderLoad: it moves on although at no moment all transactions are over.
func TestHorizonUnderLoad(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	running := connect(t, url)
	exec(t, running, "begin")
	exec(t, running, "select nextval('receipt_seq'), pg_current_xact_id()")
	for seq := int64(1); seq < 10; seq++ {
		horizonIs(t, r, seq-1)
		next := connect(t, url)
		exec(t, next, "begin")
		exec(t, next, "select pg_current_xact_id(), nextval('receipt_seq')")
		exec(t, running, "commit")
		running = next
	}
	exec(t, running, "rollback")
}

func horizonIs(t *testing.T, r *postgres.Record, want int64) {
	t.Helper()
	got, err := r.Horizon(t.Context())
	if err != nil || got != want {
		t.Errorf("horizon %d, %v; want %d", got, err, want)
	}
}

func unsealedAre(t *testing.T, r *postgres.Record, want ...int64) {
	t.Helper()
	got, err := r.Unsealed(t.Context(), nil, 10)
	if err != nil || len(got) != len(want) {
		t.Fatalf("unsealed %v, %v; want %v", got, err, want)
	}
	for i, u := range got {
		if u.Seq != want[i] {
			t.Errorf("unsealed %d is %d, want %d", i, u.Seq, want[i])
		}
	}
}

// TestTwoSealers: two processes that both believe to hold the lease cannot give a number twice, nor leave one out.
func TestTwoSealers(t *testing.T) {
	url := start(t)
	sealers := []*postgres.Record{openURL(t, url), openURL(t, url)}
	var seqs []int64
	for n := range 40 {
		p, _ := invented("min-econ", n, nil)
		for _, x := range admitted(t, sealers[0], p) {
			seqs = append(seqs, x.Seq)
		}
	}
	var all sync.WaitGroup
	for i, r := range sealers {
		all.Go(func() {
			for from := range len(seqs) - 8 {
				_, _, err := r.Number(t.Context(), []string{"a", "b"}[i], 0, seqs[from:from+9], 0) // leases of no length
				if err != nil && !errors.Is(err, record.ErrNotSealer) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	leaves, err := sealers[0].Leaves(t.Context(), 0, 1000)
	if err != nil || len(leaves) != len(seqs) {
		t.Fatalf("%d leaves, %v; want %d", len(leaves), err, len(seqs))
	}
	given := map[int64]bool{}
	for i, l := range leaves {
		if l.No != int64(i) || given[l.Seq] {
			t.Errorf("leaf %d has number %d and seq %d", i, l.No, l.Seq)
		}
		given[l.Seq] = true
	}
	h, err := sealers[1].Head(t.Context())
	if err != nil || h.Leaves != int64(len(seqs)) {
		t.Errorf("head %+v, %v", h, err)
	}
}

// TestLease: another process may number only when the lease has run out by the clock of the database.
func TestLease(t *testing.T) {
	url := start(t)
	a, b := openURL(t, url), openURL(t, url)
	if _, _, err := a.Number(t.Context(), "a", time.Hour, nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Number(t.Context(), "b", time.Hour, nil, 0); !errors.Is(err, record.ErrNotSealer) {
		t.Errorf("second sealer: %v", err)
	}
	run(t, url, "update hub_head set lease_until = now() - interval '1 second'")
	if _, _, err := b.Number(t.Context(), "b", time.Hour, nil, 0); err != nil {
		t.Errorf("after the lease: %v", err)
	}
	if _, _, err := a.Number(t.Context(), "a", time.Hour, nil, 0); !errors.Is(err, record.ErrNotSealer) {
		t.Errorf("the first one wakes up: %v", err)
	}
}

// TestLostReceipt: a receipt that was committed and is not there any more stops the sealer (D5).
func TestLostReceipt(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	p, _ := invented("min-econ", 1, nil)
	receipts := admitted(t, r, p)
	run(t, url, "delete from receipt where seq = $1", receipts[1].Seq)
	if _, _, err := r.Number(t.Context(), "a", time.Hour, []int64{receipts[0].Seq, receipts[1].Seq}, 0); !errors.Is(err, record.ErrWentBack) {
		t.Errorf("error %v, want ErrWentBack", err)
	}
	if h, err := r.Head(t.Context()); err != nil || h.Leaves != 0 {
		t.Errorf("head %+v, %v; want nothing numbered", h, err)
	}
}

// TestNumberedAtOnce: a commit numbers its own receipts only when nothing before them is without a number or may
// still come, and it waits for nobody.
func TestNumberedAtOnce(t *testing.T) {
	url := start(t)
	r := openURL(t, url)
	other := connect(t, url)
	next := 0
	numbered := func(why string, want bool) []int64 {
		t.Helper()
		next++
		p, _ := invented("min-econ", next, nil)
		x := &record.Receipt{Receipt: document.Receipt{ID: document.ReceiptID(p.ID.MsgID), Packet: p.ID, Stage: document.Accept, At: p.At}, PacketKey: p.Key, Bytes: []byte("x")}
		err := r.Update(t.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
			return &record.Writes{NewPackets: []*record.Packet{p}, Receipts: []*record.Receipt{x}, Number: true}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if (x.Leaf >= 0) != want {
			t.Errorf("%s: seq %d came back with leaf %d", why, x.Seq, x.Leaf)
		}
		return []int64{x.Seq}
	}
	seal := func(seqs []int64, mark int64) {
		t.Helper()
		if _, _, err := r.Number(t.Context(), "a", time.Hour, seqs, mark); err != nil {
			t.Fatal(err)
		}
	}
	numbered("nothing before it", true)

	exec(t, other, "begin")
	exec(t, other, "select from hub_head for update")
	left := numbered("the head is locked", false)
	exec(t, other, "rollback")
	left = append(left, numbered("one before it has no number", false)...)
	seal(left, 0)
	numbered("all before it have numbers again", true)

	exec(t, other, "begin")
	exec(t, other, "insert into receipt (packet, key, seq, stage, sender, receiver, bytes) values (gen_random_uuid(), gen_random_uuid(), nextval('receipt_seq'), 1, 'a', 'b', 'slow')")
	left = numbered("one before it may still commit", false)
	exec(t, other, "rollback")
	left = append(left, numbered("one before it will never be there, which only Horizon knows", false)...)
	seal(left, 0)
	left = numbered("the mark stands before the hole", false)
	seal(left, left[0])
	numbered("the mark stands behind the hole", true)

	leaves, err := r.Leaves(t.Context(), 0, 1000)
	if err != nil || len(leaves) != 8 {
		t.Fatalf("%d leaves, %v; want 8", len(leaves), err)
	}
	for i, l := range leaves {
		if l.No != int64(i) || i > 0 && l.Seq <= leaves[i-1].Seq {
			t.Errorf("leaf %d has number %d and seq %d", i, l.No, l.Seq)
		}
	}
}
