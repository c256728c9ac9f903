package smdo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Receipts that wait are kept under the leaf, in its order.
const (
	receiptKeys = "receipt/"
	receiptsEnd = "receipt0"
	receiptLife = 90 * 24 * time.Hour // then who does not fetch it reads it in the console
)

func receiptKey(contour document.ContourCode, leaf int64) record.KeptKey {
	return record.KeptKey{Adapter: Adapter, Contour: contour, Key: fmt.Sprintf("%s%016x", receiptKeys, leaf)}
}

func leafOf(key string) int64 {
	n, _ := strconv.ParseInt(strings.TrimPrefix(key, receiptKeys), 16, 64) // as receiptKey wrote it
	return n
}

// Worker carries sealed receipts into the lists of the contours that speak this protocol: one walk along the ledger for all
// of them. Where it stands is kept in the commit that carries, so nothing is carried twice or left out, whoever runs it:
// of two instances at the same place one is refused and reads on.
type Worker struct {
	Hub    *broker.Hub
	Record Record
	Clock  func() time.Time
	Log    *slog.Logger
}

// cursor is how far the worker has read.
type cursor struct {
	Epoch string // of the record's head
	Leaf  int64  // the next to look at
}

var cursorKey = record.KeptKey{Adapter: Adapter, Key: "cursor"}

const (
	scanned = 2000 // leaves looked at in one step
	carried = 500  // receipts carried in one commit
)

// Run carries until ctx ends.
func (w *Worker) Run(ctx context.Context) error {
	sealed, leave := w.Hub.Announcer().Listen("")
	defer leave()
	wait := backoff.NewExponentialBackOff(backoff.WithInitialInterval(50*time.Millisecond), backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		more, err := w.step(ctx)
		pause := time.Minute // when nothing is announced
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, record.ErrStale) || err == nil && more:
			continue
		case err != nil:
			w.Log.Warn("receipts wait for the record", "adapter", Adapter, "error", err)
			pause = wait.NextBackOff()
		default:
			wait.Reset()
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-sealed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// step carries one batch and says whether there may be more.
func (w *Worker) step(ctx context.Context) (more bool, err error) {
	speak := speakers(w.Hub.Book())
	if len(speak) == 0 {
		return false, nil
	}
	at, version, err := w.position(ctx)
	if err != nil {
		return false, err
	}
	end := w.Hub.Announcer().Sealed()
	if at.Leaf >= end {
		return false, nil
	}
	found, next, err := w.Record.Feed(ctx, record.FeedQuery{From: at.Leaf, Limit: carried, Scan: int(min(scanned, end-at.Leaf))})
	if err != nil {
		return false, err
	}
	var put []record.Kept
	for _, s := range found {
		if s.Leaf >= end || !speak[s.Sender] {
			continue
		}
		wanted, err := w.wanted(ctx, s)
		if err != nil {
			return false, err
		}
		if wanted {
			put = append(put, record.Kept{KeptKey: receiptKey(s.Sender, s.Leaf), Value: s.Bytes, At: w.Clock(), Until: w.Clock().Add(receiptLife)})
		}
	}
	at.Leaf = min(next, end)
	value, err := json.Marshal(at)
	if err != nil {
		return false, fmt.Errorf("cursor: %w", err)
	}
	put = append(put, record.Kept{KeptKey: cursorKey, Version: version, Value: value, At: w.Clock()})
	return at.Leaf < end, w.Record.Keep(ctx, put, nil)
}

// position reads the cursor. A record that was rebuilt has other leaves: then it begins at the end, as where there is none.
func (w *Worker) position(ctx context.Context) (cursor, int64, error) {
	head, err := w.Record.Head(ctx)
	if err != nil {
		return cursor{}, 0, err
	}
	kept, err := w.Record.Kept(ctx, cursorKey)
	if errors.Is(err, record.ErrNotFound) {
		return cursor{Epoch: head.Epoch}, 0, nil
	}
	if err != nil {
		return cursor{}, 0, err
	}
	var at cursor
	if err := json.Unmarshal(kept.Value, &at); err != nil {
		return cursor{}, 0, fmt.Errorf("cursor in the record: %w", err)
	}
	if at.Epoch != head.Epoch {
		at = cursor{Epoch: head.Epoch, Leaf: w.Hub.Announcer().Sealed()}
	}
	return at, kept.Version, nil
}

// wanted says whether the sender asked for receipts of that kind (msg_acknow). What the hub itself states always comes.
func (w *Worker) wanted(ctx context.Context, s record.SealedReceipt) (bool, error) {
	r, err := wire.UnmarshalReceipt(s.Bytes)
	if err != nil {
		return false, fmt.Errorf("leaf %d: %w", s.Leaf, err)
	}
	if r.Stage != document.Deliver && r.Stage != document.Register {
		return true, nil
	}
	row, _, err := w.Record.Packet(ctx, r.Packet)
	if errors.Is(err, record.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	body, err := w.Record.Body(ctx, row.Key)
	if err != nil {
		return false, err
	}
	p, err := wire.UnmarshalPacket(body)
	if err != nil {
		return false, fmt.Errorf("packet in the record: %w", err)
	}
	return p.Acknow == document.AcknowAlways || p.Acknow == document.AcknowOnError && r.Bad(), nil
}

// speakers are the contours that speak this protocol.
func speakers(book *contours.Book) map[document.ContourCode]bool {
	speak := map[document.ContourCode]bool{}
	for i := range book.Config().Contours {
		if c := &book.Config().Contours[i]; c.Protocol == contours.ProtocolSMDO {
			speak[c.Code] = true
		}
	}
	return speak
}
