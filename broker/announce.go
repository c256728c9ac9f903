package broker

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Announcer tells what is sealed: to the doors that wait for custody, to live listeners, and to the
// RECEIPTS stream, from which anybody entitled can replay. Listeners of all contours share it (D14).
type Announcer struct {
	hub *Hub

	mu        sync.Mutex
	waiters   map[topic][]chan<- *document.Receipt
	listeners map[document.ContourCode]map[chan<- int64]struct{}
	sealedTo  int64 // leaves that are sealed

	queue chan []receipts.Sealed
}

// topic is what a door waits to hear about: a packet, or with event what one report about it led to.
type topic struct {
	packet document.PacketID
	event  string
}

func newAnnouncer(h *Hub) *Announcer {
	return &Announcer{hub: h, waiters: map[topic][]chan<- *document.Receipt{}, listeners: map[document.ContourCode]map[chan<- int64]struct{}{}, queue: make(chan []receipts.Sealed, 64)}
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
		a.tell(topic{packet: r.Packet}, r)
		a.tell(topic{r.Packet, r.Event}, r)
	}
	for _, s := range batch {
		a.wake(s.Receipt.Packet.Sender)
		a.wake(s.Receipt.Receiver)
		a.wake("")
	}
	leaves := a.sealedTo
	a.mu.Unlock()
	_ = a.hub.bus.nc.Publish(sealedSubject, strconv.AppendInt(nil, leaves, 10)) // when it is lost, the others look once in a while
	a.hub.metrics.sealed(batch)
	a.nudge(batch)
	select {
	case a.queue <- batch:
	default: // the stream is behind; run reads what it missed from the record
	}
}

// nudge tells receivers that pull that something lies in their mailbox. It may be lost.
func (a *Announcer) nudge(batch []receipts.Sealed) {
	book := a.hub.Book()
	if book == nil {
		return // the ledger is being brought up to the record; nobody listens yet
	}
	for _, s := range batch {
		if c := s.Receipt.Receiver; s.Receipt.Stage == document.Forward {
			if to := book.Contour(c); to != nil && to.Delivery == contours.Mailbox {
				_ = a.hub.bus.nc.Publish(nudgeSubject+string(c), nil)
			}
		}
	}
}

func (a *Announcer) tell(about topic, r *document.Receipt) {
	for _, ch := range a.waiters[about] {
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

// settle tells the doors that wait about it that nothing new will be sealed: they look in the record.
func (a *Announcer) settle(about topic) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tell(about, nil)
}

// wait registers for receipts about it; nil means: look in the record.
func (a *Announcer) wait(about topic, room int) (<-chan *document.Receipt, func()) {
	ch := make(chan *document.Receipt, room)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiters[about] = append(a.waiters[about], ch)
	return ch, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		rest := a.waiters[about]
		for i := range rest {
			if rest[i] == ch {
				rest = append(rest[:i], rest[i+1:]...)
				break
			}
		}
		if len(rest) == 0 {
			delete(a.waiters, about)
			return
		}
		a.waiters[about] = rest
	}
}

// Follow returns the receipts of one packet as they are sealed, from now on. At most room of them wait to
// be taken; what is beyond is dropped, and stands in the record.
func (a *Announcer) Follow(packet document.PacketID, room int) (<-chan *document.Receipt, func()) {
	return a.wait(topic{packet: packet}, room)
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

// publish sends leaves from last on. Each message carries the sequence that must come before it, so that when
// one is refused all behind it are: the bus need answer for the last alone. Another instance may have
// published some of them: then the expected sequence does not fit, and the true one is asked for.
func (a *Announcer) publish(ctx context.Context, last int64, batch []receipts.Sealed) (int64, error) {
	batch = successors(batch, last)
	if len(batch) == 0 {
		return last, nil
	}
	end := len(batch) - 1
	for _, s := range batch[:end] {
		if err := a.hub.bus.nc.PublishMsg(leafMessage(s)); err != nil {
			return 0, err
		}
	}
	f, err := a.hub.bus.js.PublishMsgAsync(leafMessage(batch[end]))
	if err != nil {
		return 0, err
	}
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	select {
	case <-f.Ok():
		return last + int64(len(batch)), nil
	case err := <-f.Err():
		return a.lastSequenceAfter(ctx, err)
	case <-ctx.Done():
		return last, ctx.Err()
	case <-late.C:
		return last, errors.New("no answer from the bus")
	}
}

// successors leaves out what was published before, and what follows a gap: a batch was dropped, and backfill
// reads it.
func successors(batch []receipts.Sealed, last int64) []receipts.Sealed {
	for len(batch) > 0 && batch[0].Receipt.Leaf < last {
		batch = batch[1:]
	}
	for i, s := range batch {
		if s.Receipt.Leaf != last+int64(i) {
			return batch[:i]
		}
	}
	return batch
}

func leafMessage(s receipts.Sealed) *nats.Msg {
	r := s.Receipt
	return &nats.Msg{Subject: receiptsOf(r.Packet.Sender, r.Stage), Data: s.Bytes, Header: nats.Header{jetstream.ExpectedLastSeqHeader: {strconv.FormatInt(r.Leaf, 10)}}}
}

func (a *Announcer) lastSequenceAfter(ctx context.Context, cause error) (int64, error) {
	var api *jetstream.APIError
	if errors.As(cause, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return a.lastSequence(ctx)
	}
	return 0, cause
}

// Announcer tells live listeners what is sealed.
func (h *Hub) Announcer() *Announcer { return h.announce }
