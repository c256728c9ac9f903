package receipts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Numbers is what the sealer needs of the record; broker/record describes each promise.
type Numbers interface {
	Number(ctx context.Context, owner string, lease time.Duration, seqs []int64, sealed int64) (Head, []Leaf, error)
	Unsealed(ctx context.Context, seqs []int64, limit int) ([]Unsealed, error)
	Sealed(ctx context.Context) (int64, error)
	Horizon(ctx context.Context) (int64, error)
	Leaves(ctx context.Context, from int64, limit int) ([]Leaf, error)
	Head(ctx context.Context) (Head, error)
}

// Book is the ledger's file.
type Book interface {
	Leaves() int64
	Append(leaves [][]byte) error
}

// Pending is a receipt that a stage has just committed.
type Pending struct {
	Seq     int64
	Bytes   []byte
	Receipt *document.Receipt
}

// Sealer gives receipts their place in the ledger, and only then lets them be seen (D4):
//
//	number   one short transaction of the record: consecutive leaf numbers, committed
//	append   the leaves and a signed checkpoint to the ledger's file, synced
//	announce to whom it concerns
//
// A crash before the numbering leaves receipts without a leaf: they are found again (Unsealed). A crash
// after it leaves leaves that the file lacks: they are read from the record (Leaves) and appended. Since the
// file is a function of the record, the order of crashes does not matter, and a second sealer that wakes up
// late writes the same bytes into its own file.
//
// One instance at a time numbers, by a lease in the record; the others follow its leaves into their files
// and announce them to their own listeners.
//
// # Order
//
// A receipt must not get a lower number than one that caused it, though another instance committed that
// one. Seqs grow in the order of causes: what was caused was inserted after its cause was committed. So the
// sealer numbers in the order of Seq, and when seqs are missing between those that it was given it looks for
// them in the record first. One that is not visible then belongs to a transaction that has not committed,
// and can have caused nothing; it is looked for again until the record says that it will never appear.
type Sealer struct {
	Record   Numbers
	Book     Book
	Owner    string        // names this instance in the lease
	Lease    time.Duration // how long another instance waits before it takes over
	Decode   func([]byte) (*document.Receipt, error)
	Announce func([]Sealed) // must not block for long
	Nudge    func()         // tells the instance that holds the lease to look; may be nil
	Log      *slog.Logger

	mu      sync.Mutex
	pending []Pending
	waiting map[int64]struct{} // seqs offered here that are not sealed yet
	calm    chan struct{}      // closed, and made anew, whenever some of them were sealed
	look    bool               // somebody else committed: look in the record
	wake    chan struct{}
	once    sync.Once

	mark    int64              // every receipt with Seq <= mark has a leaf or does not exist
	sealed  map[int64]struct{} // seqs above mark that have a leaf or do not exist
	missing map[int64]struct{} // seqs above mark that were not visible when they were looked for
	holder  bool
}

// maxSeal is how many receipts one numbering takes at most.
const maxSeal = 4096

func (s *Sealer) init() {
	s.once.Do(func() {
		s.wake = make(chan struct{}, 1)
		s.sealed, s.missing = map[int64]struct{}{}, map[int64]struct{}{}
		s.waiting, s.calm = map[int64]struct{}{}, make(chan struct{})
	})
}

// Offer hands over receipts that were just committed. It does not block.
func (s *Sealer) Offer(p []Pending) {
	s.init()
	s.mu.Lock()
	s.pending = append(s.pending, p...)
	for i := range p {
		s.waiting[p[i].Seq] = struct{}{}
	}
	standby := !s.holder
	s.mu.Unlock()
	s.signal()
	if standby && s.Nudge != nil {
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

// settled notes that these leaves are sealed.
func (s *Sealer) settled(leaves []Leaf) {
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

// Look makes the sealer look in the record for what other instances committed.
func (s *Sealer) Look() {
	s.init()
	s.mu.Lock()
	s.look = true
	s.mu.Unlock()
	s.signal()
}

func (s *Sealer) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run seals until ctx ends or the ledger cannot be written or the head went back (D5): then it returns
// why, and the hub must stop. While the record is away it waits and tries again.
func (s *Sealer) Run(ctx context.Context) error {
	s.init()
	defer s.release()
	s.Look()
	tick := time.NewTicker(s.Lease / 3)
	defer tick.Stop()
	wait := backoff.NewExponentialBackOff(backoff.WithInitialInterval(20*time.Millisecond), backoff.WithMaxInterval(2*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
			s.mu.Lock()
			s.look = true
			s.mu.Unlock()
		}
		for {
			more, err := s.round(ctx)
			if ctx.Err() != nil {
				return nil
			}
			var fatal *fatalError
			if errors.As(err, &fatal) || errors.Is(err, ErrWentBack) {
				return err
			}
			if err != nil {
				s.Log.Warn("sealing waits for the record", "error", err)
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(wait.NextBackOff()):
				}
				continue
			}
			wait.Reset()
			if !more {
				break
			}
		}
	}
}

// release gives the lease up, so that the next instance need not wait for its end.
func (s *Sealer) release() {
	if !s.holder {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _, _ = s.Record.Number(ctx, s.Owner, 0, nil, s.mark) // when it fails the lease runs out by itself
}

type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

// round seals one batch, or follows the holder of the lease. It says whether more is waiting.
func (s *Sealer) round(ctx context.Context) (more bool, err error) {
	batch, look := s.take()
	if look {
		if batch, err = s.lookUp(ctx, batch); err != nil {
			s.giveBack(batch, true)
			return false, err
		}
	}
	if batch, err = s.fillGaps(ctx, batch); err != nil {
		s.giveBack(batch, look)
		return false, err
	}
	seqs := make([]int64, len(batch))
	for i := range batch {
		seqs[i] = batch[i].Seq
	}
	head, leaves, err := s.Record.Number(ctx, s.Owner, s.Lease, seqs, s.mark)
	if errors.Is(err, ErrNotSealer) {
		s.setHolder(false)
		return s.follow(ctx)
	}
	if err != nil {
		s.giveBack(batch, look)
		return false, fmt.Errorf("number %d receipts: %w", len(seqs), err)
	}
	s.setHolder(true)
	if err := s.write(ctx, batch, leaves); err != nil {
		return false, err
	}
	if s.Book.Leaves() < head.Leaves { // an earlier round was cut off between numbering and writing
		if err := s.catchUp(ctx); err != nil {
			return false, err
		}
	}
	for _, seq := range seqs {
		s.done(seq)
	}
	s.settleDone()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) > 0, nil
}

func (s *Sealer) take() (batch []Pending, look bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.pending), maxSeal)
	batch = s.pending[:n:n]
	s.pending = s.pending[n:]
	look, s.look = s.look, false
	return batch, look
}

// giveBack keeps what could not be sealed for the next round.
func (s *Sealer) giveBack(batch []Pending, look bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(batch, s.pending...)
	s.look = s.look || look
}

func (s *Sealer) setHolder(holds bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if holds && !s.holder {
		s.look = true // what the former holder left
		s.signal()
	}
	s.holder = holds
}

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

// write appends the leaves to the book and announces them. When the book does not end just before them
// it is first brought up to the record.
func (s *Sealer) write(ctx context.Context, batch []Pending, leaves []Leaf) error {
	leaves = slices.DeleteFunc(leaves, func(l Leaf) bool { return l.No < s.Book.Leaves() })
	if len(leaves) == 0 {
		return nil
	}
	defer s.settled(leaves)
	if leaves[0].No != s.Book.Leaves() || leaves[len(leaves)-1].No != leaves[0].No+int64(len(leaves))-1 {
		return s.catchUp(ctx)
	}
	bySeq := make(map[int64]*Pending, len(batch))
	for i := range batch {
		bySeq[batch[i].Seq] = &batch[i]
	}
	bodies, sealed := make([][]byte, len(leaves)), make([]Sealed, len(leaves))
	for i, l := range leaves {
		p := bySeq[l.Seq]
		p.Receipt.Leaf = l.No
		bodies[i], sealed[i] = p.Bytes, Sealed{p.Receipt, p.Bytes}
	}
	return s.append(bodies, sealed)
}

func (s *Sealer) append(bodies [][]byte, sealed []Sealed) error {
	if err := s.Book.Append(bodies); err != nil {
		return &fatalError{err}
	}
	s.Announce(sealed)
	return nil
}

// follow copies what the holder of the lease numbered.
func (s *Sealer) follow(ctx context.Context) (more bool, err error) {
	if err := s.catchUp(ctx); err != nil {
		return false, err
	}
	s.settleDone()
	return false, nil
}

// catchUp appends the leaves that the record has and the book lacks.
func (s *Sealer) catchUp(ctx context.Context) error {
	for {
		leaves, err := s.Record.Leaves(ctx, s.Book.Leaves(), maxSeal)
		if err != nil {
			return fmt.Errorf("read leaves from %d: %w", s.Book.Leaves(), err)
		}
		if len(leaves) == 0 {
			return nil
		}
		bodies, sealed := make([][]byte, len(leaves)), make([]Sealed, len(leaves))
		for i, l := range leaves {
			if l.No != s.Book.Leaves()+int64(i) {
				return &fatalError{fmt.Errorf("leaf %d is missing in the record", s.Book.Leaves()+int64(i))}
			}
			r, err := s.Decode(l.Bytes)
			if err != nil {
				return &fatalError{fmt.Errorf("leaf %d in the record: %w", l.No, err)}
			}
			r.Leaf = l.No
			bodies[i], sealed[i] = l.Bytes, Sealed{r, l.Bytes}
		}
		if err := s.append(bodies, sealed); err != nil {
			return err
		}
		s.settled(leaves)
	}
}

// CatchUp brings the book up to the record before anything else runs: at start, under no load.
func (s *Sealer) CatchUp(ctx context.Context) error {
	s.init()
	head, err := s.Record.Head(ctx)
	if err != nil {
		return fmt.Errorf("read head: %w", err)
	}
	if head.Leaves < s.Book.Leaves() {
		return fmt.Errorf("%w: the ledger has %d receipts, the record %d", ErrWentBack, s.Book.Leaves(), head.Leaves)
	}
	return s.catchUp(ctx)
}
