package upstream

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// State is whether calls of an account go through.
type State string

// The states of an account's circuit.
const (
	Closed   State = "closed"    // they do
	Open     State = "open"      // after several failures, or when the router asked for it: none is made for a while
	HalfOpen State = "half-open" // one is made to see whether they do again
)

// Circuit is how calls of an account fare.
type Circuit struct {
	Contour  document.ContourCode
	State    State
	Since    time.Time // of the state
	Until    time.Time // of an open one: when the router is tried again
	Failures int       // in a row
	Last     string    // what failed last; empty while all is well
}

// failuresToOpen is how many calls in a row have to fail.
const failuresToOpen = 3

// errOpen is a call that was not made.
var errOpen = errors.New("the router is left alone for a while")

type circuit struct {
	mu   sync.Mutex
	now  Circuit
	wait *backoff.ExponentialBackOff
}

func newCircuit(contour document.ContourCode, first time.Duration) *circuit {
	return &circuit{now: Circuit{Contour: contour, State: Closed}, wait: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(first), backoff.WithMaxInterval(5*time.Minute), backoff.WithMaxElapsedTime(0))}
}

// enter lets a call through, or says errOpen.
func (c *circuit) enter(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.now.State == Closed:
		return nil
	case c.now.State == Open && !at.Before(c.now.Until):
		c.now.State, c.now.Since = HalfOpen, at
		return nil
	}
	return errOpen
}

// settle notes how the call went. pause is how long the router asked to be left alone.
func (c *circuit) settle(at time.Time, failed error, pause time.Duration, log *slog.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if failed == nil {
		if c.now.State != Closed {
			log.Info("the router answers again", "contour", c.now.Contour)
			c.now.State, c.now.Since, c.now.Until = Closed, at, time.Time{}
		}
		c.now.Failures, c.now.Last = 0, ""
		c.wait.Reset()
		return
	}
	c.now.Failures++
	c.now.Last = failed.Error()
	if c.now.State == Closed && c.now.Failures < failuresToOpen && pause == 0 {
		return
	}
	if c.now.State == Closed {
		log.Warn("the router is left alone for a while", "contour", c.now.Contour, "error", failed)
	}
	if c.now.State != Open {
		c.now.Since = at
	}
	c.now.State, c.now.Until = Open, at.Add(max(pause, c.wait.NextBackOff()))
}

// abandon notes that the call was given up by us: that says nothing about the router.
func (c *circuit) abandon(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.State == HalfOpen {
		c.now.State, c.now.Until = Open, at
	}
}

// open says whether calls are not made now.
func (c *circuit) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.State == Open
}

// Circuits returns how the calls of each account fare.
func (l *Link) Circuits() []Circuit {
	list := make([]Circuit, len(l.accounts))
	for i, a := range l.accounts {
		a.circuit.mu.Lock()
		list[i] = a.circuit.now
		a.circuit.mu.Unlock()
	}
	return list
}
