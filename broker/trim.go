package broker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Submissions stay on the bus for a while after they are admitted, for a record that is set back. That must keep nobody from
// submitting: what is admitted makes room at once for who has none left, and by and by for all (D15).

// makeRoom has what is admitted trimmed soon: a submission was refused, since the stream or a contour's share of it is full.
func (h *Hub) makeRoom() {
	select {
	case h.crowded <- struct{}{}:
	default:
	}
}

func (h *Hub) trimNow(ctx context.Context) {
	err := h.trim(ctx)
	if err == nil {
		err = h.trimShares(ctx)
	}
	if err != nil && ctx.Err() == nil {
		h.log.Warn("submissions cannot be trimmed", "error", err)
	}
}

// trim drops from the bus the submissions that are admitted and older than they have to be kept; when the
// stream is nearly full, all that are admitted (D15).
func (h *Hub) trim(ctx context.Context) error {
	stream, err := h.bus.js.Stream(ctx, Submissions)
	if err != nil {
		return err
	}
	state, limit := stream.CachedInfo().State, stream.CachedInfo().Config.MaxBytes
	admitted := state.LastSeq
	for p := range Partitions {
		done, err := admittedIn(ctx, stream, p, state.LastSeq)
		if err != nil {
			return err
		}
		admitted = min(admitted, done)
	}
	if limit <= 0 || state.Bytes < uint64(limit)/4*3 {
		admitted = h.olderThan(ctx, stream, state.FirstSeq, admitted, h.Clock().Add(-h.KeepSubmissions))
	}
	if admitted < state.FirstSeq || state.Msgs == 0 {
		return nil
	}
	return stream.Purge(ctx, jetstream.WithPurgeSequence(admitted+1))
}

// trimShares drops what is admitted of contours that have used most of their share of the stream.
func (h *Hub) trimShares(ctx context.Context) error {
	stream, err := h.bus.js.Stream(ctx, Submissions)
	if err != nil {
		return err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(inSubject+">"))
	if err != nil {
		return err
	}
	share := info.Config.MaxMsgsPerSubject
	for subject, n := range info.State.Subjects {
		if share <= 0 || int64(n) < share/4*3 {
			continue
		}
		partition, _, _ := strings.Cut(strings.TrimPrefix(subject, inSubject), ".")
		p, err := strconv.Atoi(partition)
		if err != nil {
			return fmt.Errorf("subject %s: %w", subject, err)
		}
		admitted, err := admittedIn(ctx, stream, p, info.State.LastSeq)
		if err != nil {
			return err
		}
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(admitted+1)); err != nil {
			return err
		}
	}
	return nil
}

// admittedIn returns a sequence up to which everything in a partition is admitted; last was the stream's last before.
func admittedIn(ctx context.Context, stream jetstream.Stream, partition int, last uint64) (uint64, error) {
	c, err := stream.Consumer(ctx, fmt.Sprintf("admit-%02d", partition))
	if err != nil {
		return 0, err
	}
	if info := c.CachedInfo(); info.NumPending > 0 || info.NumAckPending > 0 {
		return min(last, info.AckFloor.Stream), nil
	}
	return last, nil
}

// olderThan returns the last sequence up to last that was stored before the time, or first-1.
func (h *Hub) olderThan(ctx context.Context, stream jetstream.Stream, first, last uint64, before time.Time) uint64 {
	low, high := first, last+1 // everything below low is older
	for low < high {
		middle := low + (high-low)/2
		m, err := stream.GetMsg(ctx, middle)
		if err != nil || m.Time.Before(before) { // a sequence that is gone was trimmed before
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low - 1
}
