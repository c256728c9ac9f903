package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

const (
	queued   = 256 // changes that may wait; who comes then waits at the door
	gathered = 64  // changes in one commit at most, so that the first is not kept waiting for ever
)

// errClosed is what those get who come while the record is being closed.
var errClosed = errors.New("the record is closed")

// A writer is the goroutine that owns the only writing connection.
type writer struct {
	s     *session
	guard *record.Guard
	queue chan *change

	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

// A change is one caller's part of a commit.
type change struct {
	do    func(context.Context, *tx) error
	taken atomic.Bool // by the writer, who will answer, or by the caller, who went away
	done  chan error
}

// A tx is the transaction that is under way.
type tx struct {
	*session
	head head
	seq  int64 // the last that a receipt got
}

func startWriter(s *session, guard *record.Guard) *writer {
	w := &writer{s: s, guard: guard, queue: make(chan *change, queued), stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.run()
	return w
}

// write has do done in a transaction and returns after its COMMIT. An error of do undoes what do did and
// nothing else. ctx is honoured until the writer takes the change in hand; from then on the outcome is awaited.
func (w *writer) write(ctx context.Context, do func(context.Context, *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &change{do: do, done: make(chan error, 1)}
	select {
	case w.queue <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return away(errClosed)
	}
	select {
	case err := <-c.done:
		return answer(err)
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	case <-w.stopped:
		if c.taken.CompareAndSwap(false, true) {
			return away(errClosed)
		}
	}
	return answer(<-c.done)
}

// panicked carries what do panicked with from the writer's goroutine to the caller's.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprint("panic in a change of the record: ", p.value) }

func answer(err error) error {
	var p *panicked
	if errors.As(err, &p) {
		panic(p.value)
	}
	return away(err)
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case <-w.stop:
			return
		case first := <-w.queue:
			w.commit(w.gather(first))
		}
	}
}

// gather takes in hand all that waits now, without lingering.
func (w *writer) gather(first *change) []*change {
	var batch []*change
	for c := first; ; {
		if c.taken.CompareAndSwap(false, true) {
			batch = append(batch, c)
		}
		if len(batch) == gathered {
			return batch
		}
		select {
		case c = <-w.queue:
		default:
			return batch
		}
	}
}

// commit makes one transaction of the batch and answers everybody in it.
func (w *writer) commit(batch []*change) {
	if len(batch) == 0 {
		return
	}
	results := make([]error, len(batch))
	err := w.transact(batch, results)
	for i, c := range batch {
		if results[i] == nil {
			results[i] = err
		}
		c.done <- results[i]
	}
}

// transact does the batch. results are the errors of single changes, the returned error is that of all.
// It must not be interrupted: whoever is in it is answered by what became of the whole.
func (w *writer) transact(batch []*change, results []error) (err error) {
	ctx := context.Background()
	if _, err := w.s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_, undo := w.s.exec(ctx, "ROLLBACK")
			err = errors.Join(err, undo)
		}
	}()
	t, err := w.begin(ctx)
	if err != nil {
		return err
	}
	for i, c := range batch {
		if results[i], err = t.savepoint(ctx, c.do); err != nil {
			return err
		}
	}
	if _, err := w.s.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return w.guard.Check(record.Head{}, t.head.Head)
}

// begin reads what every transaction has to see (D5).
func (w *writer) begin(ctx context.Context) (*tx, error) {
	h, err := readHead(ctx, w.s)
	if err != nil {
		return nil, err
	}
	if err := w.guard.Check(w.guard.Seen(), h.Head); err != nil {
		return nil, err
	}
	seq, err := lastSeq(ctx, w.s)
	return &tx{session: w.s, head: *h, seq: max(seq, h.sealed)}, err // a receipt that was there already may have used the last seq
}

// savepoint does one change. The first error is that of the change, which then left nothing behind; the
// second means that the transaction cannot go on.
func (t *tx) savepoint(ctx context.Context, do func(context.Context, *tx) error) (failed, broken error) {
	if _, err := t.exec(ctx, "SAVEPOINT change"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	before := *t
	if failed = protect(ctx, t, do); failed != nil {
		*t = before
		if _, err := t.exec(ctx, "ROLLBACK TO change"); err != nil {
			return failed, fmt.Errorf("roll back to savepoint: %w", err)
		}
	}
	if _, err := t.exec(ctx, "RELEASE change"); err != nil {
		return failed, fmt.Errorf("release savepoint: %w", err)
	}
	return failed, nil
}

func protect(ctx context.Context, t *tx, do func(context.Context, *tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	return do(ctx, t)
}

// close waits for the transaction that is under way and ends the goroutine and its connection.
func (w *writer) close() error {
	w.once.Do(func() { close(w.stop) })
	<-w.stopped
	return w.s.close()
}
