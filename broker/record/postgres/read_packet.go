package postgres

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Head returns the head, and an error when it went back (D5).
func (r *Record) Head(ctx context.Context) (record.Head, error) {
	seen := r.guard.Seen()
	h, err := one(ctx, r, headFields, selectHead)
	if err != nil {
		return record.Head{}, fmt.Errorf("head: %w", err)
	}
	return *h, r.guard.Check(seen, *h)
}

// Packet returns the latest attempt under an id with its exchanges.
func (r *Record) Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error) {
	p, err := one(ctx, r, packetFields, "select "+packets.columns("")+" from packet where sender = $1 and msg_id = $2 order by attempt desc limit 1", string(id.Sender), string(id.MsgID))
	if err != nil {
		return nil, nil, fmt.Errorf("packet %s: %w", id, err)
	}
	all, err := r.exchangesOf(ctx, []*record.Packet{p})
	if err != nil {
		return nil, nil, fmt.Errorf("exchanges of packet %s: %w", id, err)
	}
	return p, all[0], nil
}

// exchangesOf returns the exchanges of each packet, with tasks.
func (r *Record) exchangesOf(ctx context.Context, list []*record.Packet) ([][]*record.Exchange, error) {
	place, names := make(map[record.Key]int, len(list)), newArray("uuid", len(list))
	for i, p := range list {
		place[p.Key] = i
		names.octets(p.Key[:])
	}
	found, err := query(ctx, r, exchangeDocFields, selectExchanges+"where e.packet = any($1::uuid[]) order by e.packet, e.receiver", names)
	if err != nil {
		return nil, err
	}
	all := make([][]*record.Exchange, len(list))
	for _, e := range found {
		i := place[e.Packet]
		all[i] = append(all[i], e)
	}
	return all, r.addTasks(ctx, found)
}

// Body returns the wire bytes of a packet.
func (r *Record) Body(ctx context.Context, packet record.Key) ([]byte, error) {
	p, err := one(ctx, r, bodies.fields, "select key, body from packet_body where key = $1", packet)
	if err != nil {
		return nil, fmt.Errorf("body of packet %s: %w", packet, err)
	}
	return p.Body, nil
}

// History returns accepted packets in the order of their keys, with their exchanges.
func (r *Record) History(ctx context.Context, since time.Time, after record.Key, limit int) ([]*record.Packet, [][]*record.Exchange, error) {
	if from := record.KeyAt(since); bytes.Compare(after[:], from[:]) < 0 {
		after = from
	}
	list, err := query(ctx, r, packetFields, "select "+packets.columns("")+" from packet where state = 'accepted' and key > $1 order by key limit $2", after, bounded(limit))
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	all, err := r.exchangesOf(ctx, list)
	return list, all, err
}
