package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Parts of the queries for exchanges. The indexes are named, because SQLite, which has no statistics here, cannot
// know which of them is short; CROSS JOIN keeps the order of the tables.
const (
	// attention is also the condition of the indexes exchange_attention_*: bad ends, and deliveries not yet
	// registered. Of the latter only those count whose term of registration has passed.
	attention = " AND e.state NOT IN ('queued', 'held', 'accepted', 'forwarded', 'registered', 'answered', 'withdrawn')" +
		" AND (e.state <> 'delivered' OR e.due = '' OR e.due = 'register' AND e.due_at <= ?)"

	// forwardingSealed: the last receipt that sent the exchange on (101, or an operator's redelivery) has its
	// leaf. The receipts of an exchange are a range of ids, up to the sign after '/'.
	forwardingSealed = " AND EXISTS (SELECT 1 FROM leaf l WHERE l.seq = (SELECT max(r.seq) FROM receipt r INDEXED BY receipt_id" +
		" WHERE r.id > p.sender || ':' || p.msg_id || '/' || e.receiver || '/' AND r.id < p.sender || ':' || p.msg_id || '/' || e.receiver || '0'" +
		" AND r.stage IN (101, 209)))"
)

// Exchanges returns a page of what a contour sent, or was sent, in the order of packets.
func (r *Record) Exchanges(ctx context.Context, q record.PacketQuery) ([]*record.Exchange, string, error) {
	q.Limit = bounded(q.Limit)
	query, args, err := exchangesQuery(&q)
	if err != nil {
		return nil, "", err
	}
	page, err := view(ctx, r, func(s *session) ([]*record.Exchange, error) {
		page, err := list(ctx, s, exchangeFields, query, args...)
		if err != nil {
			return nil, err
		}
		return page, withTasks(ctx, s, page)
	})
	if err != nil {
		return nil, "", fmt.Errorf("exchanges of %s: %w", q.Contour, err)
	}
	if len(page) < q.Limit {
		return page, "", nil
	}
	last := page[len(page)-1]
	return page, cursor(last.Packet, last.Receiver), nil
}

// exchangesQuery composes the query. It walks one index from where the page begins to the other end of the time.
func exchangesQuery(q *record.PacketQuery) (string, []any, error) {
	side, index := "receiver", "in"
	if q.Outgoing {
		side, index = "sender", "out"
	}
	if q.Attention {
		index = "attention_" + index
	}
	start, end, receiver, err := span(q)
	if err != nil {
		return "", nil, err
	}
	after, order := direction(q.Newest)
	until := "<"
	if q.Newest {
		until = ">="
	}
	query := "SELECT " + exchangeColumns + " FROM exchange e INDEXED BY exchange_" + index + " CROSS JOIN packet p ON p.key = e.packet" +
		" WHERE e." + side + " = ? AND (e.packet, e.receiver) " + after + " (?, ?) AND e.packet " + until + " ?"
	args := []any{string(q.Contour), start[:], receiver, end[:]}
	if len(q.States) > 0 {
		states, err := json.Marshal(q.States)
		if err != nil {
			return "", nil, err
		}
		query, args = query+" AND e.state IN (SELECT value FROM json_each(?))", append(args, string(states))
	}
	if q.Attention {
		query, args = query+attention, append(args, time.Now().UnixNano())
	}
	return query + " ORDER BY e.packet " + order + ", e.receiver " + order + " LIMIT ?", append(args, q.Limit), nil
}

// span is where a page starts (exclusive) and where the list ends.
func span(q *record.PacketQuery) (start, end record.Key, receiver string, err error) {
	since, until := record.KeyAt(q.Since), lastKey
	if !q.Until.IsZero() {
		until = record.KeyAt(q.Until)
	}
	start, end = since, until
	if q.Newest {
		start, end = until, since
	}
	if q.After == "" {
		return start, end, "", nil
	}
	var at record.Key
	err = parseCursor(q.After, &at, &receiver)
	if passed := bytes.Compare(at[:], start[:]) >= 0; passed != q.Newest {
		return at, end, receiver, err
	}
	return start, end, "", err
}

// Mailbox returns what a contour may pull, by packet key.
func (r *Record) Mailbox(ctx context.Context, contour document.ContourCode, after record.Key, limit int) ([]*record.Exchange, error) {
	return view(ctx, r, func(s *session) ([]*record.Exchange, error) {
		page, err := list(ctx, s, exchangeFields, "SELECT "+exchangeColumns+" FROM exchange e INDEXED BY exchange_mailbox CROSS JOIN packet p ON p.key = e.packet"+
			" WHERE e.state = 'forwarded' AND e.delivery = 'mailbox' AND e.receiver = ?1 AND e.packet > ?2"+forwardingSealed+" ORDER BY e.packet LIMIT ?3",
			string(contour), after[:], bounded(limit))
		if err != nil {
			return nil, fmt.Errorf("mailbox of %s: %w", contour, err)
		}
		return page, withTasks(ctx, s, page)
	})
}

// Due returns exchanges whose time has come, the longest overdue first.
func (r *Record) Due(ctx context.Context, before time.Time, limit int) ([]*record.Exchange, error) {
	return view(ctx, r, func(s *session) ([]*record.Exchange, error) {
		page, err := list(ctx, s, exchangeFields, "SELECT "+exchangeColumns+" FROM exchange e INDEXED BY exchange_due CROSS JOIN packet p ON p.key = e.packet"+
			" WHERE e.due_at > 0 AND e.due_at <= ?1 ORDER BY e.due_at LIMIT ?2", nanoseconds(before), bounded(limit))
		for _, e := range page {
			e.ID = e.Doc.ID
		}
		return page, err
	})
}
