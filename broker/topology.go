package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Partitions is into how many parts submissions (by sender) and deliveries (by receiver) are divided.
// It is fixed when the streams are made: a packet of one contour always takes the same part.
const Partitions = 16

// The streams.
const (
	Submissions = "SUBMISSIONS"
	Deliveries  = "DELIVERIES"
	Receipts    = "RECEIPTS"
	Dead        = "DEAD"
)

// The subjects. Contours may use the request subjects only (D13); the streams' own are the hub's.
const (
	inSubject      = "smdo.in."      // + contour; stored as smdo.in.<partition>.<contour>
	deliverSubject = "smdo.deliver." // + contour; stored as smdo.deliver.<partition>.<contour>
	receiptSubject = "smdo.receipt." // + contour.stage
	deadSubject    = "smdo.dead."    // + stage
	sealSubject    = "smdo.seal"     // tells the sealing instance to look; kept nowhere
	sealedSubject  = "smdo.sealed"   // tells the other instances how many leaves there are; kept nowhere
	nudgeSubject   = "smdo.nudge."   // + contour: something lies in its mailbox; kept nowhere
)

// Sizes bounds the streams (D15).
type Sizes struct {
	Submissions int64 // bytes
	Deliveries  int64 // bytes
	Receipts    int64 // bytes; older ones are dropped, the ledger has them
	Share       int64 // messages of one contour in SUBMISSIONS and in DELIVERIES
}

// DefaultSizes suit one machine with some hundred contours.
func DefaultSizes() Sizes {
	return Sizes{Submissions: 8 << 30, Deliveries: 1 << 30, Receipts: 8 << 30, Share: 100_000}
}

// streams is the whole topology: what a stream keeps, from whom, and how it is bounded.
func streams(s Sizes, replicas int) []jetstream.StreamConfig {
	common := jetstream.StreamConfig{Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, Replicas: replicas, MaxConsumers: 2 * Partitions, Duplicates: 100 * time.Millisecond}
	in, out, seen, dead := common, common, common, common

	in.Name, in.Subjects = Submissions, []string{inSubject + "*"}
	in.SubjectTransform = partitioned(inSubject)
	in.Retention, in.MaxBytes, in.MaxMsgsPerSubject, in.DiscardNewPerSubject = jetstream.LimitsPolicy, s.Submissions, s.Share, true
	in.MaxMsgSize = maxMessage

	out.Name, out.Subjects = Deliveries, []string{deliverSubject + "*"}
	out.SubjectTransform = partitioned(deliverSubject)
	out.Retention, out.MaxBytes, out.MaxMsgsPerSubject, out.DiscardNewPerSubject = jetstream.WorkQueuePolicy, s.Deliveries, s.Share, true

	seen.Name, seen.Subjects = Receipts, []string{receiptSubject + ">"}
	seen.MaxBytes, seen.Discard, seen.AllowDirect = s.Receipts, jetstream.DiscardOld, true
	seen.MaxConsumers = 1024

	dead.Name, dead.Subjects = Dead, []string{deadSubject + "*"}
	dead.MaxBytes, dead.MaxMsgs, dead.Discard, dead.MaxAge = 64<<20, 100_000, jetstream.DiscardOld, 30*24*time.Hour

	return []jetstream.StreamConfig{in, out, seen, dead}
}

func partitioned(prefix string) *jetstream.SubjectTransformConfig {
	return &jetstream.SubjectTransformConfig{Source: prefix + "*", Destination: fmt.Sprintf("%s{{partition(%d,1)}}.{{wildcard(1)}}", prefix, Partitions)}
}

const busMark = "smdo-bus" // metadata of every stream: which bus this is

// ErrUnsafe says that a stream is not as custody needs it.
var ErrUnsafe = errors.New("bus: unsafe")

// ErrStrangeBus says that the bus does not belong to the record, or that streams are missing on it.
var ErrStrangeBus = errors.New("bus: not the one that belongs to this record; run 'smdo rebuild bus'")

// setUp makes the streams of a new bus and marks them.
func (b *Bus) setUp(ctx context.Context, id string) error {
	for _, want := range streams(b.sizes, b.replicas) {
		want.Metadata = map[string]string{busMark: id}
		if _, err := b.js.CreateOrUpdateStream(ctx, want); err != nil {
			return fmt.Errorf("make stream %s: %w", want.Name, err)
		}
	}
	return nil
}

// check asserts that all streams are there, carry the mark and are as safe as the topology says.
func (b *Bus) check(ctx context.Context, id string) error {
	for _, want := range streams(b.sizes, b.replicas) {
		stream, err := b.js.Stream(ctx, want.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("%w: stream %s is missing", ErrStrangeBus, want.Name)
		}
		if err != nil {
			return fmt.Errorf("look at stream %s: %w", want.Name, err)
		}
		got := stream.CachedInfo().Config
		if got.Metadata[busMark] != id {
			return fmt.Errorf("%w: stream %s belongs to %q, the record to %q", ErrStrangeBus, want.Name, got.Metadata[busMark], id)
		}
		if err := safe(got, want); err != nil {
			return err
		}
	}
	return nil
}

// safe compares what custody and fairness rest on.
func safe(got, want jetstream.StreamConfig) error {
	switch {
	case got.Storage != jetstream.FileStorage:
		return fmt.Errorf("%w: stream %s is kept in memory", ErrUnsafe, want.Name)
	case got.Discard != want.Discard || got.DiscardNewPerSubject != want.DiscardNewPerSubject:
		return fmt.Errorf("%w: stream %s would drop old messages silently (discard policy)", ErrUnsafe, want.Name)
	case got.Retention != want.Retention:
		return fmt.Errorf("%w: stream %s has another retention policy", ErrUnsafe, want.Name)
	case got.MaxAge != want.MaxAge:
		return fmt.Errorf("%w: stream %s drops messages by age", ErrUnsafe, want.Name)
	case want.SubjectTransform != nil && (got.SubjectTransform == nil || *got.SubjectTransform != *want.SubjectTransform):
		return fmt.Errorf("%w: stream %s has another partitioning", ErrUnsafe, want.Name)
	case !slices.Equal(got.Subjects, want.Subjects):
		return fmt.Errorf("%w: stream %s listens to %v", ErrUnsafe, want.Name, got.Subjects)
	case got.Replicas < want.Replicas:
		return fmt.Errorf("%w: stream %s has %d replicas, configured are %d", ErrUnsafe, want.Name, got.Replicas, want.Replicas)
	}
	return nil
}

// consumers makes one pulling consumer a partition, pinned to one client, so that instances share the
// partitions and do not fight over a journal.
func (b *Bus) consumers(ctx context.Context, stream, prefix, name string, log *slog.Logger) ([]jetstream.Consumer, error) {
	out := make([]jetstream.Consumer, Partitions)
	for p := range out {
		c, err := b.consumer(ctx, log, stream, jetstream.ConsumerConfig{
			Durable:        fmt.Sprintf("%s-%02d", name, p),
			FilterSubject:  fmt.Sprintf("%s%d.*", prefix, p),
			AckPolicy:      jetstream.AckExplicitPolicy,
			AckWait:        ackWait,
			MaxDeliver:     -1, // D8: unlimited; poison is told apart by the stage
			MaxAckPending:  4 * maxBatch,
			PriorityPolicy: jetstream.PriorityPolicyPinned,
			PriorityGroups: []string{pinGroup},
			PinnedTTL:      pinTTL,
			MemoryStorage:  stream == Deliveries, // what was acknowledged is gone from the stream: there is nothing to remember
		})
		if err != nil {
			return nil, fmt.Errorf("make consumer %s-%02d: %w", name, p, err)
		}
		out[p] = c
	}
	return out, nil
}

// consumer makes one consumer. That the bus gives no answer (it chooses a leader, or this process was stopped
// while it waited) is not a refusal: it is asked again until ctx ends.
func (b *Bus) consumer(ctx context.Context, log *slog.Logger, stream string, config jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	for wait := newBackOff(); ; {
		c, err := b.js.CreateOrUpdateConsumer(ctx, stream, config)
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrNoResponders) {
			return c, err
		}
		log.Warn("the bus does not answer, waiting", "consumer", config.Durable, "error", err)
		if !sleep(ctx, wait.NextBackOff()) {
			return nil, ctx.Err()
		}
	}
}

const (
	ackWait    = 60 * time.Second
	pinGroup   = "hub"
	pinTTL     = 10 * time.Second
	maxBatch   = 512
	maxMessage = 1 << 20 // a packet with its inline files (D15) and some room
)

func receiptsOf(c document.ContourCode, s document.Stage) string {
	return receiptSubject + string(c) + "." + s.String()
}

func headers(kind, id string, source document.ContourCode) nats.Header {
	return nats.Header{"ce-specversion": {"1.0"}, "ce-type": {kind}, "ce-id": {id}, "ce-source": {"/contours/" + string(source)}}
}
