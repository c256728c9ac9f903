package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Packet returns the latest attempt under an id with its exchanges.
func (r *Record) Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error) {
	var exchanges []*record.Exchange
	p, err := view(ctx, r, func(s *session) (*record.Packet, error) {
		p, err := one(ctx, s, packetRow.fields, latest, packetArgs(id)...)
		if err != nil {
			return nil, err
		}
		exchanges, err = exchangesOf(ctx, s, p.Key)
		return p, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("packet %s: %w", id, err)
	}
	return p, exchanges, nil
}

func exchangesOf(ctx context.Context, s *session, packet record.Key) ([]*record.Exchange, error) {
	exchanges, err := list(ctx, s, exchangeFields, exchangesOfPacket, keyValue(packet))
	if err != nil {
		return nil, err
	}
	return exchanges, withTasks(ctx, s, exchanges)
}

// Body returns the wire bytes of a packet.
func (r *Record) Body(ctx context.Context, packet record.Key) ([]byte, error) {
	p, err := view(ctx, r, func(s *session) (*record.Packet, error) {
		return one(ctx, s, bodyRow.fields, "SELECT packet, body FROM packet_body WHERE packet = ?1", keyValue(packet))
	})
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
	var exchanges [][]*record.Exchange
	packets, err := view(ctx, r, func(s *session) ([]*record.Packet, error) {
		packets, err := list(ctx, s, packetRow.fields, "SELECT "+packetRow.columns+" FROM packet WHERE state = 'accepted' AND key > ?1 ORDER BY key LIMIT ?2", after[:], bounded(limit))
		if err != nil {
			return nil, err
		}
		exchanges = make([][]*record.Exchange, len(packets))
		for i, p := range packets {
			if exchanges[i], err = exchangesOf(ctx, s, p.Key); err != nil {
				return nil, err
			}
		}
		return packets, nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("history since %s: %w", since, err)
	}
	return packets, exchanges, nil
}
