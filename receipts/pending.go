package receipts

import (
	"context"
	"slices"
)

// Offer hands over receipts that were just committed. It does not block.
func (s *Sealer) Offer(p []Pending) {
	s.add(p)
	s.signal()
}

// Seal hands over receipts that were just committed, and seals them in the caller's goroutine unless the sealer is at
// work already: for who has nothing better to do. It saves a packet that travels alone the wait for another goroutine.
func (s *Sealer) Seal(ctx context.Context, p []Pending) {
	s.add(p)
	if s.turn.TryLock() {
		more, err := s.round(ctx)
		s.turn.Unlock()
		if err == nil && !more {
			return
		}
	}
	s.signal() // what failed was kept; Run tries it again, or says why it cannot
}

func (s *Sealer) add(p []Pending) {
	s.init()
	s.mu.Lock()
	s.pending = append(s.pending, p...)
	for i := range p {
		s.waiting[p[i].Seq] = struct{}{}
	}
	idle := !s.holder && slices.ContainsFunc(p, func(p Pending) bool { return p.Receipt.Leaf < 0 })
	s.mu.Unlock()
	if idle && s.Nudge != nil {
		s.Nudge()
	}
}

// Flush waits until everything that was offered before it was called is sealed: what is read from the record
// afterwards may be shown (D4).
func (s *Sealer) Flush(ctx context.Context) error {
	s.init()
	var last int64
	s.mu.Lock()
	for seq := range s.waiting {
		last = max(last, seq)
	}
	s.mu.Unlock()
	for {
		s.mu.Lock()
		open := false
		for seq := range s.waiting {
			open = open || seq <= last
		}
		calm := s.calm
		s.mu.Unlock()
		if !open {
			return nil
		}
		select {
		case <-calm:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settled notes that these leaves are sealed: they stand in the book.
func (s *Sealer) settled(leaves []Leaf) {
	for i := range leaves {
		s.done(leaves[i].Seq)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return
	}
	for i := range leaves {
		delete(s.waiting, leaves[i].Seq)
	}
	close(s.calm)
	s.calm = make(chan struct{})
}

// settleDone notes what was sealed before it was offered: a look into the record can be faster than the stage that
// committed it. Call it when the book is up to the record.
func (s *Sealer) settleDone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.waiting)
	for seq := range s.waiting {
		if s.isDone(seq) {
			delete(s.waiting, seq)
		}
	}
	if len(s.waiting) < before {
		close(s.calm)
		s.calm = make(chan struct{})
	}
}

func (s *Sealer) take() (batch []Pending, look, behind bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.pending), maxSeal)
	batch = s.pending[:n:n]
	s.pending = s.pending[n:]
	look, s.look = s.look, false
	behind, s.behind = s.behind, false
	return batch, look, behind
}

// giveBack keeps what could not be sealed for the next round.
func (s *Sealer) giveBack(batch []Pending, look bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(batch, s.pending...)
	s.look = s.look || look
}
