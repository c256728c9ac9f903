package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Announcer tells what is sealed: to the doors that wait for custody, to live listeners, and to the
// RECEIPTS stream, from which anybody entitled can replay. Listeners of all contours share it (D14).
type Announcer struct {
	hub *Hub

	mu        sync.Mutex
	waiters   map[string][]chan<- *document.Receipt // by packet id, or packet id and report
	listeners map[document.ContourCode]map[chan<- int64]struct{}
	sealedTo  int64 // leaves that are sealed

	queue chan []receipts.Sealed
}

func newAnnouncer(h *Hub) *Announcer {
	return &Announcer{hub: h, waiters: map[string][]chan<- *document.Receipt{}, listeners: map[document.ContourCode]map[chan<- int64]struct{}{}, queue: make(chan []receipts.Sealed, 64)}
}

// Sealed is how many receipts are sealed as far as this process knows.
func (a *Announcer) Sealed() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sealedTo
}

// sealed is called by the sealer with each batch, in leaf order.
func (a *Announcer) sealed(batch []receipts.Sealed) {
	a.mu.Lock()
	for _, s := range batch {
		r := s.Receipt
		a.sealedTo = r.Leaf + 1
		a.tell(r.Packet.String(), r)
		a.tell(reportKey(r.Packet, r.Event), r)
	}
	for _, s := range batch {
		a.wake(s.Receipt.Packet.Sender)
		a.wake(s.Receipt.Receiver)
		a.wake("")
	}
	a.mu.Unlock()
	select {
	case a.queue <- batch:
	default: // the stream is behind; run reads what it missed from the record
	}
}

func (a *Announcer) tell(key string, r *document.Receipt) {
	for _, ch := range a.waiters[key] {
		select {
		case ch <- r:
		default:
		}
	}
}

func (a *Announcer) wake(c document.ContourCode) {
	for ch := range a.listeners[c] {
		select {
		case ch <- a.sealedTo:
		default:
		}
	}
}

// settle tells the doors that wait under the key that nothing new will be sealed: they look in the record.
func (a *Announcer) settle(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tell(key, nil)
}

// wait registers for receipts under the key; nil means: look in the record.
func (a *Announcer) wait(key string, room int) (<-chan *document.Receipt, func()) {
	ch := make(chan *document.Receipt, room)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiters[key] = append(a.waiters[key], ch)
	return ch, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		rest := a.waiters[key]
		for i := range rest {
			if rest[i] == ch {
				rest = append(rest[:i], rest[i+1:]...)
				break
			}
		}
		if len(rest) == 0 {
			delete(a.waiters, key)
			return
		}
		a.waiters[key] = rest
	}
}

// Follow returns the receipts of one packet as they are sealed, from now on. At most room of them wait to
// be taken; what is beyond is dropped, and stands in the record.
func (a *Announcer) Follow(packet document.PacketID, room int) (<-chan *document.Receipt, func()) {
	return a.wait(packet.String(), room)
}

// Listen returns a channel that says, whenever something of the contour was sealed, up to which leaf;
// the empty contour listens to everybody's. It says the latest only: the listener reads the feed.
func (a *Announcer) Listen(c document.ContourCode) (<-chan int64, func()) {
	ch := make(chan int64, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.listeners[c] == nil {
		a.listeners[c] = map[chan<- int64]struct{}{}
	}
	a.listeners[c][ch] = struct{}{}
	return ch, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.listeners[c], ch)
		if len(a.listeners[c]) == 0 {
			delete(a.listeners, c)
		}
	}
}

// run publishes sealed receipts on the RECEIPTS stream, one message a leaf, sequence = leaf + 1.
func (a *Announcer) run(ctx context.Context) error {
	last, err := a.lastSequence(ctx)
	wait := newBackOff()
	for {
		for err != nil {
			if !sleep(ctx, wait.NextBackOff()) {
				return nil
			}
			last, err = a.lastSequence(ctx)
		}
		wait.Reset()
		if last, err = a.backfill(ctx, last); err != nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case batch := <-a.queue:
			last, err = a.publish(ctx, last, batch)
		}
	}
}

// lastSequence is the sequence of the stream's last message: the number of leaves published.
func (a *Announcer) lastSequence(ctx context.Context) (int64, error) {
	s, err := a.hub.bus.js.Stream(ctx, Receipts)
	if err != nil {
		return 0, err
	}
	return int64(s.CachedInfo().State.LastSeq), nil
}

// backfill publishes what the stream lacks, read from the record.
func (a *Announcer) backfill(ctx context.Context, last int64) (int64, error) {
	for last < a.Sealed()-int64(maxBatch)*8 || len(a.queue) == 0 && last < a.Sealed() {
		leaves, err := a.hub.record.Leaves(ctx, last, maxBatch)
		if err != nil {
			return last, err
		}
		var batch []receipts.Sealed
		for _, l := range leaves {
			if l.No >= a.Sealed() {
				break // numbered, not sealed yet
			}
			r, err := a.hub.sealer.Decode(l.Bytes)
			if err != nil {
				return last, err
			}
			r.Leaf = l.No
			batch = append(batch, receipts.Sealed{Receipt: r, Bytes: l.Bytes})
		}
		if len(batch) == 0 {
			return last, nil
		}
		if last, err = a.publish(ctx, last, batch); err != nil {
			return last, err
		}
	}
	return last, nil
}

// publish sends leaves from last on. Another instance may have published some of them: then the expected
// sequence does not fit, and the true one is asked for.
func (a *Announcer) publish(ctx context.Context, last int64, batch []receipts.Sealed) (int64, error) {
	var futures []jetstream.PubAckFuture
	for _, s := range batch {
		r := s.Receipt
		if r.Leaf < last {
			continue
		}
		if r.Leaf > last+int64(len(futures)) {
			break // a batch was dropped: backfill reads it
		}
		m := &nats.Msg{Subject: receiptsOf(r.Packet.Sender, r.Stage), Data: s.Bytes, Header: nats.Header{}}
		f, err := a.hub.bus.js.PublishMsgAsync(m, jetstream.WithExpectLastSequence(uint64(r.Leaf)))
		if err != nil {
			return a.lastSequenceAfter(ctx, err)
		}
		futures = append(futures, f)
	}
	for _, f := range futures {
		select {
		case <-f.Ok():
			last++
		case err := <-f.Err():
			return a.lastSequenceAfter(ctx, err)
		case <-ctx.Done():
			return last, ctx.Err()
		case <-time.After(10 * time.Second):
			return last, errors.New("no answer from the bus")
		}
	}
	return last, nil
}

func (a *Announcer) lastSequenceAfter(ctx context.Context, cause error) (int64, error) {
	var api *jetstream.APIError
	if errors.As(cause, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return a.lastSequence(ctx)
	}
	return 0, cause
}

func reportKey(p document.PacketID, event string) string { return p.String() + "#" + event }

// Announcer tells live listeners what is sealed.
func (h *Hub) Announcer() *Announcer { return h.announce }
