package brokertest

import (
	"sync/atomic"
	"time"
)

// Clock is the hub's clock in a test: it runs, and can be put forward.
type Clock struct{ ahead atomic.Int64 }

// Now is what the hub is told.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Forward puts the clock forward.
func (c *Clock) Forward(d time.Duration) { c.ahead.Add(int64(d)) }
