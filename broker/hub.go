package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Parts is what a hub is put together from.
type Parts struct {
	Record   record.Record
	Blobs    blob.Store
	Verifier *signature.Verifier
	Bus      *Bus
	Ledger   *ledger.Ledger
	Log      *slog.Logger
}

// Options are the settings of a hub. Zero values mean the defaults named.
type Options struct {
	Instance string          // names this process among those that share the record; a random one
	Limits   document.Limits // of packets; document.DefaultLimits
	Custody  time.Duration   // how long a door waits before it answers «queued»; 10 s
	Lease    time.Duration   // of the sealer; 5 s

	Republish       time.Duration // an unsettled delivery is published again after this; 30 s
	RegisterWithin  time.Duration // later than this a registration is overdue: a warning; 5 days
	PullLease       time.Duration // how long a pulled packet is neither expired nor withdrawn; 15 min
	HoldAgain       time.Duration // a held packet is examined again after this; 30 s
	ReconcileEvery  time.Duration // how often overdue rows are looked for; 2 s
	ClockEvery      time.Duration // how often this machine's clock is compared with the record's and the bus's; 30 s
	ExpiryGrace     time.Duration // nothing expires this soon after a start: receivers could not reach us; 15 min
	KeepSubmissions time.Duration // admitted submissions stay on the bus at least this long; 24 h
	FileGrace       time.Duration // a file that nothing holds is removed when it is older; 24 h
	EarlyReports    int           // reports about unknown packets kept for one contour; 1000

	Clock func() time.Time // time.Now
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&o.Custody, 10*time.Second)
	set(&o.Lease, 5*time.Second)
	set(&o.Republish, 30*time.Second)
	set(&o.RegisterWithin, 5*24*time.Hour)
	set(&o.PullLease, 15*time.Minute)
	set(&o.HoldAgain, 30*time.Second)
	set(&o.ReconcileEvery, 2*time.Second)
	set(&o.ClockEvery, 30*time.Second)
	set(&o.ExpiryGrace, 15*time.Minute)
	set(&o.KeepSubmissions, 24*time.Hour)
	set(&o.FileGrace, 24*time.Hour)
	if o.Limits == (document.Limits{}) {
		o.Limits = document.DefaultLimits()
	}
	if o.Instance == "" {
		o.Instance = record.NewKey().String()
	}
	if o.EarlyReports == 0 {
		o.EarlyReports = 1000
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

// Hub is one process of the hub.
type Hub struct {
	Options
	record   record.Record
	blobs    blob.Store
	verifier *signature.Verifier
	bus      *Bus
	sealer   *receipts.Sealer
	ledger   *ledger.Ledger
	announce *Announcer
	log      *slog.Logger
	metrics  *metrics
	book     atomic.Pointer[contours.Book]
	clocks   atomic.Pointer[clocks]
	started  time.Time
	crowded  chan struct{} // a submission found no room on the bus
}

// errRulesMoved ends a transaction that read another version of the rules than was examined (D10).
var errRulesMoved = errors.New("the rules changed meanwhile")

// New puts a hub together. It binds the bus to the record, brings the ledger up to the record and reads the
// rules, so that a hub that cannot work says so before it opens a door.
func New(ctx context.Context, p Parts, o Options) (*Hub, error) {
	h := &Hub{Options: o.withDefaults(), record: p.Record, blobs: p.Blobs, verifier: p.Verifier, bus: p.Bus, ledger: p.Ledger, log: p.Log, metrics: newMetrics(), crowded: make(chan struct{}, 1)}
	h.started = h.Clock()
	if err := h.record.Durable(ctx); err != nil {
		return nil, err
	}
	if err := h.bus.Bind(ctx, h.record); err != nil {
		return nil, err
	}
	h.announce = newAnnouncer(h)
	h.sealer = &receipts.Sealer{
		Record: h.record, Book: h.ledger, Owner: h.Instance, Lease: h.Lease, Decode: wire.UnmarshalReceipt,
		Announce: h.announce.sealed, Nudge: func() { _ = h.bus.nc.Publish(sealSubject, nil) }, Log: h.log,
	}
	if err := h.sealer.CatchUp(ctx); err != nil {
		return nil, fmt.Errorf("bring the ledger up to the record: %w", err)
	}
	h.announce.sealedTo = h.ledger.Leaves() // what an earlier process sealed may still be missing on the bus
	if err := h.LoadRules(ctx); err != nil {
		return nil, err
	}
	return h, nil
}

// Run works until ctx ends; it returns why it had to stop earlier (D5, a ledger that cannot be written).
func (h *Hub) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range []func(context.Context) error{
		h.sealer.Run, h.announce.run, h.runAdmission, h.runRegistration, h.runReconciler, h.runKeeper, h.serveBus, h.watchClocks,
	} {
		group.Go(func() error { return run(ctx) })
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// fatal says that the hub must stop: going on would number twice or fork the ledger.
func (h *Hub) fatal(err error) bool { return errors.Is(err, record.ErrWentBack) }

// Book is the rules in force, compiled.
func (h *Hub) Book() *contours.Book { return h.book.Load() }

// LoadRules reads the rules in force from the record, when they are not those that are loaded.
func (h *Hub) LoadRules(ctx context.Context) error {
	head, err := h.record.Head(ctx)
	if err != nil {
		return fmt.Errorf("load rules: %w", err)
	}
	if b := h.book.Load(); b != nil && b.Version() == head.Rules {
		return nil
	}
	if head.Rules == 0 {
		book, err := contours.NewBook(&contours.Config{}, 0)
		if err != nil {
			return err
		}
		h.book.Store(book)
		return nil
	}
	r, err := h.record.RulesVersion(ctx, head.Rules)
	if err != nil {
		return fmt.Errorf("load rules %d: %w", head.Rules, err)
	}
	config, problems := contours.Parse(r.Text)
	if len(problems) > 0 {
		return fmt.Errorf("load rules %d: %w", head.Rules, problems)
	}
	book, err := contours.NewBook(config, head.Rules)
	if err != nil {
		return fmt.Errorf("load rules %d: %w", head.Rules, err)
	}
	h.book.Store(book)
	return nil
}

// fewReceipts is how many the stage that committed them seals itself at most.
const fewReceipts = 8

// offer hands the receipts of a committed change to the sealer. When nothing else follows from it and they are few, they
// are sealed before it returns, if the sealer is idle.
func (h *Hub) offer(ctx context.Context, c *change) {
	pending := make([]receipts.Pending, 0, len(c.writes.Receipts))
	for _, r := range c.writes.Receipts {
		if r.Seq != 0 {
			pending = append(pending, receipts.Pending{Seq: r.Seq, Bytes: r.Bytes, Receipt: &r.Receipt})
		}
	}
	switch {
	case len(pending) == 0:
	case c.ends && len(pending) <= fewReceipts:
		h.sealer.Seal(ctx, pending)
	default:
		h.sealer.Offer(pending)
	}
}

// update runs decide in one transaction and hands its receipts to the sealer.
func (h *Hub) update(ctx context.Context, reads record.Reads, decide func(*change) error) error {
	var last *change
	err := h.record.Update(ctx, reads, func(s *record.State) (*record.Writes, error) {
		c := &change{state: s, now: h.Clock(), book: h.Book(), hub: h}
		if err := decide(c); err != nil {
			return nil, err
		}
		if c.moved {
			return nil, errRulesMoved
		}
		last = c
		return c.done(), nil
	})
	if err == nil && last != nil {
		h.offer(ctx, last)
	}
	return err
}

// again calls change, which names its reads by the rules and the day, until they hold while it decides.
func (h *Hub) again(ctx context.Context, change func() error) error {
	for try := 1; ; try++ {
		err := change()
		if !errors.Is(err, errRulesMoved) || try == 5 {
			return err
		}
		if err := h.LoadRules(ctx); err != nil {
			return err
		}
	}
}

// Barrier waits until everything that this process has committed so far is sealed. Doors call it between
// reading the record and showing what they read (D4: sealed, then seen).
func (h *Hub) Barrier(ctx context.Context) error { return h.sealer.Flush(ctx) }
