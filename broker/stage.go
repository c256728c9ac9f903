package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// intake takes messages of all partitions and hands them on in batches: what is there, up to maxBatch,
// without lingering.
type intake struct {
	messages chan jetstream.Msg
	stop     []jetstream.ConsumeContext
}

func (b *Bus) take(consumers []jetstream.Consumer, log *slog.Logger) (*intake, error) {
	in := &intake{messages: make(chan jetstream.Msg, 4*maxBatch)}
	for _, c := range consumers {
		cc, err := c.Consume(func(m jetstream.Msg) { in.messages <- m },
			jetstream.PullMaxMessages(maxBatch), jetstream.PullExpiry(5*time.Second), jetstream.PullPriorityGroup(pinGroup),
			jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
				if !errors.Is(err, jetstream.ErrNoHeartbeat) && !errors.Is(err, jetstream.ErrConnectionClosed) {
					log.Debug("bus consumer", "error", err)
				}
			}))
		if err != nil {
			in.end()
			return nil, fmt.Errorf("consume: %w", err)
		}
		in.stop = append(in.stop, cc)
	}
	return in, nil
}

func (in *intake) end() {
	for _, cc := range in.stop {
		cc.Stop()
	}
}

// batch waits for a message and returns it with all that are there. It returns nil when ctx ends.
func (in *intake) batch(ctx context.Context) []jetstream.Msg {
	var batch []jetstream.Msg
	select {
	case m := <-in.messages:
		batch = append(batch, m)
	case <-ctx.Done():
		return nil
	}
	for len(batch) < maxBatch {
		select {
		case m := <-in.messages:
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

// commit runs do on the batch until it has succeeded or its culprits are buried (D8). While the record is
// away it waits: nothing is lost, the bus keeps the messages. Otherwise a batch that fails is halved until
// the culprit stands alone; what fails alone, several times, is handed to bury.
func commit[T any](ctx context.Context, h *Hub, stage string, batch []T, do func(context.Context, []T) error, bury func(context.Context, T, error) error) error {
	if len(batch) == 0 {
		return nil
	}
	wait := newBackOff()
	for attempt := 1; ; attempt++ {
		err := Guarded(func() error { return do(ctx, batch) })
		switch {
		case err == nil:
			h.metrics.batches.WithLabelValues(stage).Observe(float64(len(batch)))
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case h.fatal(err):
			return err
		case errors.Is(err, errRulesMoved):
			attempt = 0
			if err = h.LoadRules(ctx); err == nil {
				continue
			}
			h.log.Warn("rules cannot be read", "error", err)
		case errors.Is(err, record.ErrAway) || h.away(ctx):
			attempt = 0
			h.log.Warn("the record is away, waiting", "error", err)
		case len(batch) > 1:
			middle := len(batch) / 2
			if err := commit(ctx, h, stage, batch[:middle], do, bury); err != nil {
				return err
			}
			return commit(ctx, h, stage, batch[middle:], do, bury)
		case attempt >= 3:
			return bury(ctx, batch[0], err)
		}
		if !sleep(ctx, wait.NextBackOff()) {
			return ctx.Err()
		}
	}
}

func newBackOff() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(backoff.WithInitialInterval(20*time.Millisecond), backoff.WithMaxInterval(2*time.Second), backoff.WithMaxElapsedTime(0))
}

// sleep waits for d; it says false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// away says whether the record does not answer.
func (h *Hub) away(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return h.record.Ping(ctx) != nil
}

// Guarded runs f and turns a panic into an error: a parser that panics must not take its neighbours along.
func Guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	return f()
}

var errPanic = errors.New("panic")
