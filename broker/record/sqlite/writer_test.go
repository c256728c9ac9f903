package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

func openTest(t *testing.T) (*Record, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "записи №1?.db") // a name that a URI has to escape
	r, err := Open(t.Context(), path)
	fatal(t, err)
	t.Cleanup(func() { r.Close() })
	return r, path
}

// dead is a change that stores one dead letter of a stage.
func dead(stage string) func(*record.State) (*record.Writes, error) {
	return func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewDead: []*record.Dead{{Key: record.NewKey(), Stage: stage}}}, nil
	}
}

func stored(t *testing.T, r *Record, stage string) int {
	t.Helper()
	all, err := r.DeadLetters(t.Context(), stage, record.Key{}, 1000)
	fatal(t, err)
	return len(all)
}

// busy holds the writer within a change until it is let go, and returns when the writer is there.
func busy(t *testing.T, r *Record) (let func()) {
	t.Helper()
	inside, free, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- r.Update(t.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
			close(inside)
			<-free
			return nil, nil
		})
	}()
	<-inside
	return func() {
		close(free)
		fatal(t, <-done)
	}
}

// waiting returns when n changes are in the queue.
func waiting(t *testing.T, r *Record, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for len(r.writer.queue) < n {
		if ctx.Err() != nil {
			t.Fatal("nobody waits")
		}
		runtime.Gosched()
	}
}

func TestAllThatWaitsIsOneCommitAndFailuresStayAlone(t *testing.T) {
	r, _ := openTest(t)
	const n = 20
	let := busy(t, r)
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() {
			errs[i] = r.Update(t.Context(), record.Reads{}, func(st *record.State) (*record.Writes, error) {
				w, _ := dead("waited")(st)
				if i%5 == 0 { // found out in the middle of storing
					w.Adopted = []record.UploadKey{{Contour: "nobody"}}
				}
				return w, nil
			})
		})
	}
	waiting(t, r, n)
	var commits atomic.Int32
	fatal(t, r.writer.s.conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { commits.Add(1); return 0 })
		return nil
	}))
	let()
	all.Wait()
	if got := commits.Load(); got != 2 { // that of the change they waited for, and theirs
		t.Errorf("%d changes that waited took %d commits, want one", n, got-1)
	}
	for i, err := range errs {
		if stale := errors.Is(err, record.ErrStale); stale != (i%5 == 0) || err != nil && !stale {
			t.Errorf("change %d: %v", i, err)
		}
	}
	if got := stored(t, r, "waited"); got != n-n/5 {
		t.Errorf("%d rows are stored, want %d", got, n-n/5)
	}
}

func TestAPanicOfDecideReachesItsCallerAndNobodyElse(t *testing.T) {
	r, _ := openTest(t)
	func() {
		defer func() {
			if p := recover(); p != "poison" {
				t.Errorf("the caller recovered %v", p)
			}
		}()
		r.Update(t.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) { panic("poison") })
	}()
	fatal(t, r.Update(t.Context(), record.Reads{}, dead("after")))
	if stored(t, r, "after") != 1 {
		t.Error("the record does not go on after a panic")
	}
}

func TestWhoGivesUpWhileWaitingChangesNothing(t *testing.T) {
	r, _ := openTest(t)
	let := busy(t, r)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Update(ctx, record.Reads{}, dead("gave up")) }()
	waiting(t, r, 1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up got %v", err)
	}
	let()
	fatal(t, r.Update(t.Context(), record.Reads{}, dead("next")))
	if stored(t, r, "gave up") != 0 {
		t.Error("a change was made for one who gave up")
	}
}

func TestTheOutcomeIsAwaitedOnceTheWriterIsAtIt(t *testing.T) {
	r, _ := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := r.Update(ctx, record.Reads{}, func(st *record.State) (*record.Writes, error) {
		cancel() // in the middle
		return dead("done")(st)
	})
	if err != nil || stored(t, r, "done") != 1 {
		t.Errorf("%v, %d stored: an interrupted change must be known to be done", err, stored(t, r, "done"))
	}
}

func TestCloseAnswersThoseWhoWait(t *testing.T) {
	r, path := openTest(t)
	let := busy(t, r)
	done := make(chan error)
	go func() { done <- r.Update(t.Context(), record.Reads{}, dead("late")) }()
	waiting(t, r, 1)
	closed := make(chan error)
	go func() { closed <- r.Close() }()
	<-r.writer.stop
	let()
	late := <-done
	fatal(t, <-closed)
	if err := r.Update(t.Context(), record.Reads{}, dead("never")); !errors.Is(err, errClosed) {
		t.Errorf("Update after Close: %v", err)
	}
	if _, err := r.Head(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Head after Close: %v", err)
	}
	again, err := Open(t.Context(), path)
	fatal(t, err)
	defer again.Close()
	if want := map[bool]int{true: 1, false: 0}[late == nil]; stored(t, again, "late") != want {
		t.Errorf("the one who waited was told %v, and %d rows are stored", late, stored(t, again, "late"))
	}
}

func TestReadersSurviveThoseWhoGoAway(t *testing.T) {
	r, _ := openTest(t)
	for i := range 400 {
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			for range i % 50 {
				runtime.Gosched()
			}
			cancel()
			close(gone)
		}()
		if _, err := r.Leaves(ctx, 0, 10); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		<-gone
	}
	for range 2 * readerCount { // every one of them still answers
		fatal(t, r.Ping(t.Context()))
	}
	fatal(t, r.Update(t.Context(), record.Reads{}, dead("after")))
	for range 2 * readerCount { // and none of them sits in an old snapshot
		if stored(t, r, "after") != 1 {
			t.Fatal("a reader sees an old snapshot")
		}
	}
}
