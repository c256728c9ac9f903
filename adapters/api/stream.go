package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

const (
	heartbeat   = 15 * time.Second // proxies close what is silent for longer
	streamBatch = 200
)

// StreamReceipts begins a stream of server-sent events. All listeners share what the hub announces; each reads
// the record from its own last leaf, so a broken connection loses nothing.
func (d *door) StreamReceipts(ctx context.Context, r openapi.StreamReceiptsRequestObject) (openapi.StreamReceiptsResponseObject, error) {
	after, err := d.lastEvent(ctx, r.Params)
	if err != nil {
		return nil, err
	}
	return &events{ctx, d.follow(ctx, after)}, nil
}

// lastEvent is the last leaf that the client has: as it says, else the last one there is.
func (d *door) lastEvent(ctx context.Context, p openapi.StreamReceiptsParams) (int64, error) {
	switch {
	case value(p.LastEventID) != "":
		leaf, err := strconv.ParseInt(*p.LastEventID, 10, 64)
		if err != nil || leaf < -1 {
			return 0, bad("Last-Event-ID", "leaf")
		}
		return leaf, nil
	case p.After != nil:
		if *p.After < -1 {
			return 0, bad("after", "-1 …")
		}
		return *p.After, nil
	}
	head, err := d.Record.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("head: %w", err)
	}
	return head.Leaves - 1, nil
}

// events is a stream on its way: text/event-stream of the HTML standard.
type events struct {
	ctx      context.Context // of the request
	follower *follower
}

// Close gives up a stream that does not begin.
func (e *events) Close() error {
	e.follower.leave()
	return nil
}

// VisitStreamReceiptsResponse writes events until the client leaves or the hub stops.
func (e *events) VisitStreamReceiptsResponse(w http.ResponseWriter) error {
	defer e.follower.leave()
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies would gather events
	w.WriteHeader(http.StatusOK)
	if err := e.say(w, control, "retry: 2000\n: smdo-hub\n\n"); err != nil {
		return err
	}
	for {
		sealed, err := e.follower.next(e.ctx, streamBatch, heartbeat)
		if e.ctx.Err() != nil || errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("stream receipts: %w", err)
		}
		var text strings.Builder
		for _, s := range sealed {
			v, err := e.follower.door.sealedView(e.ctx, s)
			if err != nil {
				return fmt.Errorf("stream receipts: %w", err)
			}
			data, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("stream receipts: %w", err)
			}
			text.WriteString("event: receipt\nid: " + strconv.FormatInt(s.Leaf, 10) + "\ndata: " + string(data) + "\n\n")
		}
		if len(sealed) == 0 {
			text.WriteString(": heartbeat\n\n")
		}
		if err := e.say(w, control, text.String()); err != nil {
			return nil // the client is gone; it comes again with Last-Event-ID
		}
		select {
		case <-e.follower.door.Done:
			return nil
		default:
		}
	}
}

func (e *events) say(w http.ResponseWriter, control *http.ResponseController, text string) error {
	_ = control.SetWriteDeadline(time.Now().Add(patient))
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return control.Flush()
}
