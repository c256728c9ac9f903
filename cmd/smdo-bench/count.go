package main

import (
	"context"
	"sync"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// counted is a record that counts how much each commit holds.
type counted struct {
	record.Record
	tally
}

// tally is how often each stage committed, and how many items in all.
type tally struct {
	mu    sync.Mutex
	calls map[string][2]int
}

func (t *tally) add(stage string, items int) {
	if items == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[string][2]int{}
	}
	was := t.calls[stage]
	t.calls[stage] = [2]int{was[0] + 1, was[1] + items}
}

func (t *tally) means() map[string]float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	means := map[string]float64{}
	for stage, c := range t.calls {
		means[stage] = float64(c[1]) / float64(c[0])
	}
	t.calls = nil
	return means
}

// Update counts packets admitted and cards registered.
func (c *counted) Update(ctx context.Context, reads record.Reads, decide func(*record.State) (*record.Writes, error)) error {
	var admitted, registered int
	err := c.Record.Update(ctx, reads, func(s *record.State) (*record.Writes, error) {
		w, err := decide(s)
		if w != nil {
			admitted, registered = len(w.NewPackets), len(w.NewCards)
		}
		return w, err
	})
	if err == nil {
		c.add("admit", admitted)
		c.add("register", registered)
	}
	return err
}

// Number counts receipts sealed.
func (c *counted) Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (record.Head, []record.Leaf, error) {
	c.add("seal", len(seqs))
	return c.Record.Number(ctx, owner, lease, seqs, sealed)
}
