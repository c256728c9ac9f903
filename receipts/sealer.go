package receipts

import (
	"cmp"
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
//	number   consecutive leaf numbers, committed in the record
//	append   the leaves and a signed checkpoint to the ledger's file, synced
//	announce to whom it concerns
//
// Numbering is one short transaction of its own that takes what many stages have committed. When nobody else is
// committing, the record can number in the very commit that stored the receipts (record.Writes.Number), which saves
// a packet that travels alone the wait for another one. Such receipts are offered with their leaf, and need only
// the last two steps.
//
// A crash before the numbering leaves receipts without a leaf: they are found again (Unsealed). A crash
// after it leaves leaves that the file lacks: they are read from the record (Leaves) and appended. Since the
// file is a function of the record, the order of crashes does not matter, and a second sealer that wakes up
// late writes the same bytes into its own file.
//
// One instance at a time numbers what commits did not, by a lease in the record; the others follow its leaves into their files
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

	turn sync.Mutex // held for a round

	mu      sync.Mutex
	pending []Pending
	waiting map[int64]struct{} // seqs offered here that are not sealed yet
	calm    chan struct{}      // closed, and made anew, whenever some of them were sealed
	look    bool               // somebody else committed: look in the record
	behind  bool               // somebody else numbered: read its leaves
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

// Look makes the sealer look in the record for what other instances committed.
func (s *Sealer) Look() {
	s.init()
	s.mu.Lock()
	s.look = true
	s.mu.Unlock()
	s.signal()
}

// Follow makes the sealer read leaves that another instance has sealed.
func (s *Sealer) Follow() {
	s.init()
	s.mu.Lock()
	s.behind = true
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
			s.turn.Lock()
			more, err := s.round(ctx)
			s.turn.Unlock()
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
	s.turn.Lock()
	defer s.turn.Unlock()
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
	batch, look, behind := s.take()
	rest, err := s.seal(ctx, batch, look)
	if errors.Is(err, ErrNotSealer) {
		s.setHolder(false)
		rest, look, behind, err = nil, true, true, nil
	}
	if err == nil && behind {
		err = s.catchUp(ctx)
	}
	if err != nil {
		s.giveBack(rest, look || behind)
		return false, err
	}
	s.settleDone()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) > 0, nil
}

// seal numbers a batch and writes it. After an error it returns what it is to be called with again.
func (s *Sealer) seal(ctx context.Context, batch []Pending, look bool) ([]Pending, error) {
	batch, err := s.writeNumbered(ctx, batch)
	if err != nil {
		return batch, err
	}
	if look {
		if batch, err = s.lookUp(ctx, batch); err != nil {
			return batch, err
		}
	}
	if batch, err = s.fillGaps(ctx, batch); err != nil || len(batch) == 0 && !look {
		return batch, err
	}
	seqs := make([]int64, len(batch))
	for i := range batch {
		seqs[i] = batch[i].Seq
	}
	head, leaves, err := s.Record.Number(ctx, s.Owner, s.Lease, seqs, s.mark)
	if err != nil {
		return batch, fmt.Errorf("number %d receipts: %w", len(seqs), err)
	}
	s.setHolder(true)
	if err := s.write(ctx, batch, leaves); err != nil {
		return batch, err
	}
	if s.Book.Leaves() < head.Leaves { // an earlier round was cut off between numbering and writing, or another instance numbered
		return batch, s.catchUp(ctx)
	}
	return nil, nil
}

// writeNumbered writes what was numbered when it was committed, and returns the others.
func (s *Sealer) writeNumbered(ctx context.Context, batch []Pending) (others []Pending, err error) {
	var numbered []Pending
	var leaves []Leaf
	for _, p := range batch {
		if p.Receipt.Leaf < 0 {
			others = append(others, p)
			continue
		}
		numbered = append(numbered, p)
		leaves = append(leaves, Leaf{No: p.Receipt.Leaf, Seq: p.Seq})
	}
	if len(numbered) == 0 {
		return batch, nil
	}
	slices.SortFunc(leaves, func(a, b Leaf) int { return cmp.Compare(a.No, b.No) })
	if err := s.write(ctx, numbered, leaves); err != nil {
		return batch, err
	}
	return others, nil
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

// write appends to the book those of the leaves that it lacks, and announces them. When it does not end just before
// them it is brought up to the record.
func (s *Sealer) write(ctx context.Context, batch []Pending, leaves []Leaf) error {
	fresh := leaves
	for len(fresh) > 0 && fresh[0].No < s.Book.Leaves() {
		fresh = fresh[1:]
	}
	switch n := len(fresh); {
	case n == 0:
	case fresh[0].No != s.Book.Leaves() || fresh[n-1].No != fresh[0].No+int64(n)-1:
		if err := s.catchUp(ctx); err != nil {
			return err
		}
	default:
		bySeq := make(map[int64]*Pending, len(batch))
		for i := range batch {
			bySeq[batch[i].Seq] = &batch[i]
		}
		bodies, sealed := make([][]byte, n), make([]Sealed, n)
		for i, l := range fresh {
			p := bySeq[l.Seq]
			p.Receipt.Leaf = l.No
			bodies[i], sealed[i] = p.Bytes, Sealed{p.Receipt, p.Bytes}
		}
		if err := s.append(bodies, sealed); err != nil {
			return err
		}
	}
	s.settled(leaves)
	return nil
}

func (s *Sealer) append(bodies [][]byte, sealed []Sealed) error {
	if err := s.Book.Append(bodies); err != nil {
		return &fatalError{err}
	}
	s.Announce(sealed)
	return nil
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
	mark, err := s.Record.Sealed(ctx)
	if err != nil {
		return fmt.Errorf("read the sealed mark: %w", err)
	}
	s.raise(mark)
	if head.Leaves < s.Book.Leaves() {
		return fmt.Errorf("%w: the ledger has %d receipts, the record %d", ErrWentBack, s.Book.Leaves(), head.Leaves)
	}
	return s.catchUp(ctx)
}
