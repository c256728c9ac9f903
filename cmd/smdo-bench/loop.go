package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A road takes one packet from its sender to its sealed registration.
type road interface {
	// travel sends packet i and returns when it is registered and sealed; custody says when the hub had it.
	travel(ctx context.Context, i int) (custody time.Time, err error)
	// batches says how many items each stage took at once, on average, since the last call.
	batches() map[string]float64
	// audit looks that n packets have arrived whole, and each once.
	audit(ctx context.Context, n int) error
	close() error
}

// Result is what one run measured. It is what a child process prints.
type Result struct {
	Road       string
	Packets    int
	InFlight   int
	Rate       float64   // packets a second, registered and sealed
	Custody    Quantiles // from handing in to custody
	Registered Quantiles // from handing in to the sealed registration
	Batches    map[string]float64
	Allocs     float64   // a packet, of the whole process
	Bytes      float64   // allocated a packet
	CPU        float64   // microseconds a packet, of this process
	Postgres   float64   // microseconds a packet, of the server
	Peak       int64     // VmHWM in bytes, of this process
	Syncs      float64   // fdatasync of 1 KB a second, just before
	Tenths     []float64 // packets a second in each tenth of the run
	Costs      []float64 // CPU microseconds a packet in each tenth, PostgreSQL's included
}

// Quantiles of a latency.
type Quantiles struct{ P50, P99 time.Duration }

// drive keeps inFlight packets on the road until n have arrived, after a tenth as many to warm up, and
// audits all of them.
func drive(ctx context.Context, r road, n, inFlight, server int, profile *profile) (Result, error) {
	warm := min(n/10, 4*inFlight)
	if _, _, err := loop(ctx, r, 0, warm, inFlight, func() {}); err != nil {
		return Result{}, err
	}
	r.batches()
	runtime.GC()
	if err := profile.start(); err != nil {
		return Result{}, err
	}
	marks := newMarks(server, n)
	before := memory()
	custody, registered, err := loop(ctx, r, warm, n, inFlight, marks.arrived)
	if err != nil {
		return Result{}, err
	}
	after := memory()
	if err := profile.stop(); err != nil {
		return Result{}, err
	}
	result := Result{
		Packets: n, InFlight: inFlight, Custody: quantiles(custody), Registered: quantiles(registered), Batches: r.batches(),
		Allocs: float64(after.Mallocs-before.Mallocs) / float64(n), Bytes: float64(after.TotalAlloc-before.TotalAlloc) / float64(n), Peak: peak(),
	}
	marks.judge(&result)
	if err := r.audit(ctx, warm+n); err != nil {
		return Result{}, fmt.Errorf("audit: %w", err)
	}
	return result, nil
}

// loop is the closed loop: inFlight senders, each with one packet on the road. arrived is called for each.
func loop(ctx context.Context, r road, from, n, inFlight int, arrived func()) (custody, registered []time.Duration, err error) {
	custody, registered = make([]time.Duration, n), make([]time.Duration, n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var senders sync.WaitGroup
	for range min(inFlight, n) {
		senders.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				start := time.Now()
				taken, err := r.travel(ctx, from+i)
				if err != nil {
					cancel(fmt.Errorf("packet %d: %w", from+i, err))
					return
				}
				custody[i], registered[i] = taken.Sub(start), time.Since(start)
				arrived()
			}
		})
	}
	senders.Wait()
	return custody, registered, context.Cause(ctx)
}

func quantiles(all []time.Duration) Quantiles {
	if len(all) == 0 {
		return Quantiles{}
	}
	slices.Sort(all)
	return Quantiles{all[len(all)/2], all[len(all)*99/100]}
}
