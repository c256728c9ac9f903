package broker

import (
	"context"
	"fmt"
	"time"
)

// maxSkew is how far the clocks of this machine, of the record and of the bus may stand apart. Beyond it
// nobody knows which day it is: registration and expiry pause, and health is red (D16). Custody goes on: its
// order comes from leaves.
const maxSkew = 2 * time.Minute

// watchClocks compares the clocks from time to time.
func (h *Hub) watchClocks(ctx context.Context) error {
	for {
		if err := h.compareClocks(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("clocks differ: registration and expiry pause", "error", err)
		}
		if !sleep(ctx, h.ClockEvery) {
			return nil
		}
	}
}

// compareClocks notes whether the clocks agree. A record or bus that does not answer says nothing about time.
func (h *Hub) compareClocks(ctx context.Context) error {
	var wrong error
	before := time.Now()
	if there, err := h.record.Now(ctx); err == nil {
		wrong = skew("record", before, there, time.Now())
	}
	before = time.Now()
	if stream, err := h.bus.js.Stream(ctx, Submissions); err == nil && wrong == nil {
		wrong = skew("bus", before, stream.CachedInfo().TimeStamp, time.Now())
	}
	h.clocks.Store(&clocks{wrong})
	return wrong
}

// clocks is the last comparison.
type clocks struct{ wrong error }

func skew(whose string, before, there, after time.Time) error {
	switch {
	case there.Before(before.Add(-maxSkew)):
		return fmt.Errorf("the %s's clock is %s behind this machine's", whose, before.Sub(there).Round(time.Second))
	case there.After(after.Add(maxSkew)):
		return fmt.Errorf("the %s's clock is %s ahead of this machine's", whose, there.Sub(after).Round(time.Second))
	}
	return nil
}

// ClocksAgree returns what is wrong with the clocks, for health.
func (h *Hub) ClocksAgree() error {
	if c := h.clocks.Load(); c != nil {
		return c.wrong
	}
	return nil
}

// awaitClocks waits until the clocks agree; it says false when ctx ended first.
func (h *Hub) awaitClocks(ctx context.Context) bool {
	for h.ClocksAgree() != nil {
		if !sleep(ctx, time.Second) {
			return false
		}
	}
	return true
}
