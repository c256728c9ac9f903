package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Bus is the hub's nervous system: JetStream, embedded or a cluster elsewhere. It makes batches, buffers
// while the record is away, and lets receipts be replayed. It is never the only holder of anything that
// the hub has answered for.
type Bus struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	sizes    Sizes
	replicas int
}

// NewBus takes an open connection of the hub's own user.
func NewBus(nc *nats.Conn, sizes Sizes, replicas int) (*Bus, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(16*1024))
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	return &Bus{nc, js, sizes, max(replicas, 1)}, nil
}

// Conn is the hub's connection to the bus.
func (b *Bus) Conn() *nats.Conn { return b.nc }

// Bind makes the streams when neither record nor bus have been used, and else asserts that the two belong
// together: ErrStrangeBus when they do not.
func (b *Bus) Bind(ctx context.Context, r record.Record) error {
	head, err := r.Head(ctx)
	if err != nil {
		return fmt.Errorf("bind bus: %w", err)
	}
	if head.Bus != "" {
		return b.check(ctx, head.Bus)
	}
	id := record.NewKey().String()
	if err := r.BindBus(ctx, id); errors.Is(err, record.ErrStale) {
		return b.Bind(ctx, r) // another instance was faster
	} else if err != nil {
		return fmt.Errorf("bind bus: %w", err)
	}
	return b.setUp(ctx, id)
}

// Rebuild makes the streams anew for the record's bus: after a bus was lost. What was open comes again from
// the record (D3), the receipts from the ledger; submissions that nobody had custody of are repeated by
// their senders (D1).
func (b *Bus) Rebuild(ctx context.Context, r record.Record) error {
	head, err := r.Head(ctx)
	if err != nil {
		return fmt.Errorf("rebuild bus: %w", err)
	}
	for _, s := range []string{Submissions, Deliveries, Receipts, Dead} {
		if s == Submissions && head.Bus != "" && b.check(ctx, head.Bus) == nil {
			return nil // nothing is wrong with it
		}
		if err := b.js.DeleteStream(ctx, s); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("rebuild bus: %w", err)
		}
	}
	id := head.Bus
	if id == "" {
		id = record.NewKey().String()
		if err := r.BindBus(ctx, id); err != nil {
			return fmt.Errorf("rebuild bus: %w", err)
		}
	}
	return b.setUp(ctx, id)
}

// publish sends the messages and waits until the bus has all of them.
func (b *Bus) publish(ctx context.Context, messages []*nats.Msg) error {
	if len(messages) == 0 {
		return nil
	}
	futures := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		f, err := b.js.PublishMsgAsync(m)
		if err != nil {
			return fmt.Errorf("publish on %s: %w", subjectFamily(m.Subject), err)
		}
		futures[i] = f
	}
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	for i, f := range futures {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return fmt.Errorf("publish on %s: %w", subjectFamily(messages[i].Subject), err)
		case <-timeout.C:
			return fmt.Errorf("publish on %s: no answer", subjectFamily(messages[i].Subject))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// subjectFamily leaves the contour out of an error's text.
func subjectFamily(subject string) string {
	if i := strings.IndexByte(subject[len("smdo."):], '.'); i > 0 {
		return subject[:len("smdo.")+i]
	}
	return subject
}
