package adapters

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

// Receipts that wait for an adapter are kept under their leaf, in its order.
const (
	receiptKeys = "receipt/"
	receiptsEnd = "receipt0"
	receiptLife = 90 * 24 * time.Hour // then who does not fetch it reads it in the console
)

// ReceiptKey names a receipt that waits for a contour.
func ReceiptKey(p contours.Protocol, contour document.ContourCode, leaf int64) record.KeptKey {
	return record.KeptKey{Adapter: string(p), Contour: contour, Key: fmt.Sprintf("%s%016x", receiptKeys, leaf)}
}

// Work is something that an adapter which hands messages over has to do, in the order of the ledger: to tell the sender of
// a packet what was stated about it, or to hand a packet to its receiver.
type Work struct {
	*document.Receipt
	Contour document.ContourCode // to whom
	Hand    bool                 // the packet itself
	Key     record.KeptKey       // drop it when it is done
}

// Work waits in one list for all contours of a protocol, so that idle ones cost nothing (D14).
const (
	workKeys = "work/"
	workEnd  = "work0"
	toSender = "/s"
	toTaker  = "/r"
)

// Works returns what an adapter has to do, in the order of the ledger, after a key.
func Works(ctx context.Context, k record.Keeper, p contours.Protocol, after string, limit int) ([]Work, error) {
	if after == "" {
		after = workKeys
	}
	rows, err := k.KeptBy(ctx, string(p), "", after, workEnd, limit)
	if err != nil {
		return nil, fmt.Errorf("work that waits: %w", err)
	}
	list := make([]Work, len(rows))
	for i, row := range rows {
		r, err := wire.UnmarshalReceipt(row.Value)
		if err != nil {
			return nil, fmt.Errorf("work that waits: %w", err)
		}
		list[i] = Work{Receipt: r, Contour: r.Packet.Sender, Key: row.KeptKey}
		if strings.HasSuffix(row.Key, toTaker) {
			list[i].Contour, list[i].Hand = r.Receiver, true
		}
	}
	return list, nil
}

// Receipt is a sealed receipt that waits.
type Receipt struct {
	*document.Receipt
	Key record.KeptKey // drop it when the contour's system has it
}

// Receipts returns those that wait for a contour, in the order of the ledger.
func Receipts(ctx context.Context, k record.Keeper, p contours.Protocol, contour document.ContourCode, limit int) ([]Receipt, error) {
	rows, err := k.KeptBy(ctx, string(p), contour, receiptKeys, receiptsEnd, limit)
	if err != nil {
		return nil, fmt.Errorf("receipts that wait: %w", err)
	}
	list := make([]Receipt, len(rows))
	for i, row := range rows {
		if list[i], err = receiptOf(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ReceiptOf returns one that waits, or record.ErrNotFound.
func ReceiptOf(ctx context.Context, k record.Keeper, key record.KeptKey) (Receipt, error) {
	row, err := k.Kept(ctx, key)
	if err != nil {
		return Receipt{}, err
	}
	return receiptOf(row)
}

func receiptOf(row record.Kept) (Receipt, error) {
	r, err := wire.UnmarshalReceipt(row.Value)
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt that waits: %w", err)
	}
	r.Leaf, err = strconv.ParseInt(strings.TrimPrefix(row.Key, receiptKeys), 16, 64)
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt that waits: %w", err)
	}
	return Receipt{r, row.KeptKey}, nil
}

// Carrier carries sealed receipts to the adapters that hand them on: one walk along the ledger for all contours whose
// systems speak another protocol than the hub's own. Where it stands is kept in the commit that carries, so nothing is
// carried twice or left out, whoever runs it: of two instances at the same place one is refused and reads on.
type Carrier struct {
	Hub    *broker.Hub
	Record CarrierRecord
	Clock  func() time.Time
	Log    *slog.Logger

	speakers Speakers
}

// CarrierRecord is what a carrier needs of the record.
type CarrierRecord interface {
	record.Keeper
	Head(ctx context.Context) (record.Head, error)
	Body(ctx context.Context, packet record.Key) ([]byte, error)
	Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error)
	Feed(ctx context.Context, q record.FeedQuery) ([]record.SealedReceipt, int64, error)
}

// cursor is how far the worker has read.
type cursor struct {
	Epoch string // of the record's head
	Leaf  int64  // the next to look at
}

var cursorKey = record.KeptKey{Adapter: "receipts", Key: "cursor"}

const (
	scanned = 2000 // leaves looked at in one step
	carried = 500  // receipts carried in one commit
)

// Run carries until ctx ends.
func (c *Carrier) Run(ctx context.Context) error {
	sealed, leave := c.Hub.Announcer().Listen("")
	defer leave()
	wait := backoff.NewExponentialBackOff(backoff.WithInitialInterval(50*time.Millisecond), backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		more, err := c.step(ctx)
		pause := time.Minute // when nothing is announced
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, record.ErrStale) || err == nil && more:
			continue
		case err != nil:
			c.Log.Warn("receipts wait for the record", "error", err)
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
func (c *Carrier) step(ctx context.Context) (more bool, err error) {
	speak := c.speakers.In(c.Hub.Book()).by
	if len(speak) == 0 {
		return false, nil
	}
	at, version, err := c.position(ctx)
	if err != nil {
		return false, err
	}
	end := c.Hub.Announcer().Sealed()
	if at.Leaf >= end {
		return false, nil
	}
	found, next, err := c.Record.Feed(ctx, record.FeedQuery{From: at.Leaf, Limit: carried, Scan: int(min(scanned, end-at.Leaf))})
	if err != nil {
		return false, err
	}
	var put []record.Kept
	for _, s := range found {
		if s.Leaf >= end || speak[s.Sender] == nil && speak[s.Receiver] == nil {
			continue
		}
		keys, err := c.waits(ctx, s, speak)
		if err != nil {
			return false, err
		}
		for _, k := range keys {
			put = append(put, record.Kept{KeptKey: k, Value: s.Bytes, At: c.Clock(), Until: c.Clock().Add(receiptLife)})
		}
	}
	at.Leaf = min(next, end)
	value, err := json.Marshal(at)
	if err != nil {
		return false, fmt.Errorf("cursor: %w", err)
	}
	put = append(put, record.Kept{KeptKey: cursorKey, Version: version, Value: value, At: c.Clock()})
	return at.Leaf < end, c.Record.Keep(ctx, put, nil)
}

// position reads the cursor. A record that was rebuilt has other leaves: then it begins at the end.
func (c *Carrier) position(ctx context.Context) (cursor, int64, error) {
	head, err := c.Record.Head(ctx)
	if err != nil {
		return cursor{}, 0, err
	}
	kept, err := c.Record.Kept(ctx, cursorKey)
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
		at = cursor{Epoch: head.Epoch, Leaf: c.Hub.Announcer().Sealed()}
	}
	return at, kept.Version, nil
}

// waits says where a receipt has to wait: for the sender's system, and, when it sends a packet on, for the receiver's.
func (c *Carrier) waits(ctx context.Context, s record.SealedReceipt, speak map[document.ContourCode]*contours.Contour) (keys []record.KeptKey, err error) {
	r, err := wire.UnmarshalReceipt(s.Bytes)
	if err != nil {
		return nil, fmt.Errorf("leaf %d: %w", s.Leaf, err)
	}
	work := fmt.Sprintf("%s%016x", workKeys, s.Leaf)
	if to := speak[s.Receiver]; to != nil && to.Delivery == contours.Push && (r.Stage == document.Forward || r.Stage == document.Redeliver) {
		keys = append(keys, record.KeptKey{Adapter: string(to.Protocol), Key: work + toTaker})
	}
	from := speak[s.Sender]
	if from == nil {
		return keys, nil
	}
	wanted, err := c.wanted(ctx, r)
	switch {
	case err != nil || !wanted:
	case from.Delivery == contours.Push:
		keys = append(keys, record.KeptKey{Adapter: string(from.Protocol), Key: work + toSender})
	default: // it asks for them
		keys = append(keys, ReceiptKey(from.Protocol, s.Sender, s.Leaf))
	}
	return keys, err
}

// wanted says whether the sender asked for receipts of that kind (msg_acknow). What the hub itself states always comes.
func (c *Carrier) wanted(ctx context.Context, r *document.Receipt) (bool, error) {
	if r.Stage != document.Deliver && r.Stage != document.Register {
		return true, nil
	}
	row, _, err := c.Record.Packet(ctx, r.Packet)
	if errors.Is(err, record.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	body, err := c.Record.Body(ctx, row.Key)
	if err != nil {
		return false, err
	}
	p, err := wire.UnmarshalPacket(body)
	if err != nil {
		return false, fmt.Errorf("packet in the record: %w", err)
	}
	return p.Acknow == document.AcknowAlways || p.Acknow == document.AcknowOnError && r.Bad(), nil
}

// Speakers are the contours whose systems speak another protocol than the hub's own, as the rules in force say. They are
// looked for when the rules change, and not each time that something is sealed.
type Speakers struct {
	book *contours.Book
	all  []*contours.Contour
	by   map[document.ContourCode]*contours.Contour
}

// In takes the rules that are in force now.
func (s *Speakers) In(book *contours.Book) *Speakers {
	if s.book == book {
		return s
	}
	s.book, s.all, s.by = book, nil, map[document.ContourCode]*contours.Contour{}
	config := book.Config()
	for i := range config.Contours {
		if c := &config.Contours[i]; c.Protocol != contours.ProtocolAPI {
			s.all, s.by[c.Code] = append(s.all, c), c
		}
	}
	return s
}

// Of are those that speak a protocol.
func (s *Speakers) Of(p contours.Protocol) (list []*contours.Contour) {
	for _, c := range s.all {
		if c.Protocol == p {
			list = append(list, c)
		}
	}
	return list
}
