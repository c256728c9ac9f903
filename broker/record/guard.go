package record

import (
	"fmt"
	"sync"
)

// A Guard remembers the furthest head that this process has seen and notices when the record falls behind
// it (D5): a backup was restored under the running hub, or a standby took over that lacks commits. Its
// zero value has seen nothing.
//
// Heads are read by many transactions at once, and one that began earlier may be looked at later. So each
// notes Seen before it begins and compares what it read with that.
type Guard struct {
	mu   sync.Mutex
	seen Head
}

// Seen returns the furthest head so far. Take it before the transaction begins that reads the head.
func (g *Guard) Seen() Head {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen
}

// Check returns ErrWentBack when the head that was read is behind seen, or belongs to another record.
// Else it remembers it.
func (g *Guard) Check(seen, read Head) error {
	if seen.Epoch != "" && read.Epoch != seen.Epoch {
		return fmt.Errorf("epoch %q, seen before %q: %w", read.Epoch, seen.Epoch, ErrWentBack)
	}
	if read.Leaves < seen.Leaves {
		return fmt.Errorf("%d leaves, seen before %d: %w", read.Leaves, seen.Leaves, ErrWentBack)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen.Epoch == "" || read.Leaves > g.seen.Leaves {
		g.seen = read
	}
	return nil
}

// Expect tells the guard what was seen outside of the record, before its first use: as many receipts as the
// ledger holds, or as its last checkpoint signs. An empty epoch stands for any.
func (g *Guard) Expect(epoch string, leaves int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen.Epoch, g.seen.Leaves = epoch, max(g.seen.Leaves, leaves)
}
