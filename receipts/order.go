package receipts

import (
	"context"
	"fmt"
	"slices"
)

// lookUp adds what stands in the record without a leaf, whoever committed it, and forgets those missing
// seqs that will never appear.
func (s *Sealer) lookUp(ctx context.Context, batch []Pending) ([]Pending, error) {
	mark, err := s.Record.Sealed(ctx)
	if err != nil {
		return batch, fmt.Errorf("look for receipts: %w", err)
	}
	s.raise(mark)
	horizon, err := s.Record.Horizon(ctx)
	if err != nil {
		return batch, fmt.Errorf("look for receipts: %w", err)
	}
	found, err := s.Record.Unsealed(ctx, nil, maxSeal)
	if err != nil {
		return batch, fmt.Errorf("look for receipts: %w", err)
	}
	if batch, err = s.merge(batch, found); err != nil {
		return batch, err
	}
	if len(found) == maxSeal {
		s.Look() // there is more
		return batch, nil
	}
	have := seqSet(batch)
	s.mu.Lock()
	for i := range s.pending {
		have[s.pending[i].Seq] = struct{}{}
	}
	s.mu.Unlock()
	for seq := range s.missing {
		if _, ok := have[seq]; seq <= horizon && !ok {
			s.done(seq)
		}
	}
	return batch, nil
}

// fillGaps orders the batch by seq and adds those of the missing seqs below its last that are visible now.
func (s *Sealer) fillGaps(ctx context.Context, batch []Pending) ([]Pending, error) {
	batch = slices.DeleteFunc(batch, func(p Pending) bool { return s.isDone(p.Seq) })
	if len(batch) == 0 {
		return batch, nil
	}
	slices.SortFunc(batch, func(a, b Pending) int { return int(a.Seq - b.Seq) })
	batch = slices.CompactFunc(batch, func(a, b Pending) bool { return a.Seq == b.Seq })
	gaps := s.gaps(batch)
	if len(gaps) == 0 {
		return batch, nil
	}
	found, err := s.Record.Unsealed(ctx, gaps, len(gaps))
	if err != nil {
		return batch, fmt.Errorf("look for receipts between: %w", err)
	}
	if batch, err = s.merge(batch, found); err != nil {
		return batch, err
	}
	slices.SortFunc(batch, func(a, b Pending) int { return int(a.Seq - b.Seq) })
	have := seqSet(batch)
	for _, seq := range gaps {
		if _, ok := have[seq]; !ok {
			s.missing[seq] = struct{}{}
		}
	}
	return batch, nil
}

// gaps lists the seqs above the mark and below the batch's last that are neither sealed nor in the batch.
func (s *Sealer) gaps(batch []Pending) []int64 {
	const most = 100_000 // a sequence that jumps further was set by hand; the next look finds what is there
	var gaps []int64
	next := s.mark + 1
	for i := range batch {
		for ; next < batch[i].Seq && len(gaps) < most; next++ {
			if _, ok := s.sealed[next]; !ok {
				gaps = append(gaps, next)
			}
		}
		next = batch[i].Seq + 1
	}
	return gaps
}

func (s *Sealer) merge(batch []Pending, found []Unsealed) ([]Pending, error) {
	have := seqSet(batch)
	for _, u := range found {
		if _, ok := have[u.Seq]; ok || s.isDone(u.Seq) {
			continue
		}
		r, err := s.Decode(u.Bytes)
		if err != nil {
			return batch, &fatalError{fmt.Errorf("receipt %d in the record: %w", u.Seq, err)}
		}
		batch = append(batch, Pending{u.Seq, u.Bytes, r})
	}
	return batch, nil
}

func seqSet(batch []Pending) map[int64]struct{} {
	set := make(map[int64]struct{}, len(batch))
	for i := range batch {
		set[batch[i].Seq] = struct{}{}
	}
	return set
}

func (s *Sealer) isDone(seq int64) bool {
	_, ok := s.sealed[seq]
	return ok || seq <= s.mark
}

// done notes that seq needs no more attention, and raises the mark over what is done without a gap.
func (s *Sealer) done(seq int64) {
	delete(s.missing, seq)
	if seq > s.mark {
		s.sealed[seq] = struct{}{}
	}
	for {
		if _, ok := s.sealed[s.mark+1]; !ok {
			return
		}
		s.mark++
		delete(s.sealed, s.mark)
	}
}

func (s *Sealer) raise(mark int64) {
	if mark <= s.mark {
		return
	}
	s.mark = mark
	for seq := range s.sealed {
		if seq <= mark {
			delete(s.sealed, seq)
		}
	}
	for seq := range s.missing {
		if seq <= mark {
			delete(s.missing, seq)
		}
	}
	s.done(0)
}
