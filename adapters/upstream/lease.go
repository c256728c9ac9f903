package upstream

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Of several instances of the hub one works with the router. It raises the version of a row of the record three times
// within the lease; who has seen no change of it for a whole lease by its own clock takes the row. No two clocks are
// compared. An instance that was stopped for longer than a lease may do a step that another has done meanwhile: such steps
// are harmless by themselves, and «send» is noted before it is made, against the version that was read.
const leaseKey = "lease"

// lead runs work whenever this instance holds the lease, until ctx ends.
func (l *Link) lead(ctx context.Context, work func(context.Context) error) error {
	self := rand.Text()
	beat := time.NewTicker(l.Lease / 3)
	defer beat.Stop()
	var seen int64 = -1
	var since time.Time
	for {
		row, err := l.leaseRow(ctx)
		switch {
		case err != nil:
			seen = -1
		case len(row.Value) == 0 || row.Version == seen && time.Since(since) >= l.Lease:
			if version, err := l.claim(ctx, self, row.Version); err == nil {
				if err := l.hold(ctx, self, version, work); err != nil || ctx.Err() != nil {
					return err
				}
				seen = -1
			}
		case row.Version != seen:
			seen, since = row.Version, time.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		}
	}
}

// leaseRow is the row; its value is who holds it, or empty.
func (l *Link) leaseRow(ctx context.Context) (record.Kept, error) {
	row, err := l.Record.Kept(ctx, key("", leaseKey))
	if errors.Is(err, record.ErrNotFound) {
		return record.Kept{KeptKey: key("", leaseKey)}, nil
	}
	return row, err
}

func (l *Link) claim(ctx context.Context, holder string, version int64) (int64, error) {
	err := l.Record.Keep(ctx, []record.Kept{{KeptKey: key("", leaseKey), Version: version, Value: []byte(holder), At: l.Clock()}}, nil)
	if err != nil {
		return 0, fmt.Errorf("lease: %w", err)
	}
	return version + 1, nil
}

// hold works while the lease can be renewed, and gives it up at the end.
func (l *Link) hold(ctx context.Context, self string, version int64, work func(context.Context) error) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- work(working) }()
	beat := time.NewTicker(l.Lease / 3)
	defer beat.Stop()
	renewed := time.Now()
	for {
		select {
		case err := <-ended:
			free, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_, _ = l.claim(free, "", version) // else it ends by itself
			return err
		case <-beat.C:
		}
		next, err := l.claim(working, self, version)
		switch {
		case err == nil:
			version, renewed = next, time.Now()
		case errors.Is(err, record.ErrStale) || time.Since(renewed) >= l.Lease*2/3: // another may take it from now on
			stop()
		}
	}
}
