package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var selectExchanges = "select " + exchanges.columns("e.") + ", " + packets.columns("p.") + " from exchange e join packet p on p.key = e.packet "

// attention is the condition of the indexes exchange_attention_*, and of the deliveries among them only those
// whose term of registration has passed.
const attention = " and e.state not in ('queued', 'held', 'accepted', 'forwarded', 'registered', 'answered', 'withdrawn')" +
	" and (e.state <> 'delivered' or e.due = '' or e.due = 'register' and coalesce(e.due_at <= now(), true))"

// Exchanges returns a page of what a contour sent, or was sent, in the order of packets.
func (r *Record) Exchanges(ctx context.Context, q record.PacketQuery) ([]*record.Exchange, string, error) {
	q.Limit = bounded(q.Limit)
	sql, args, err := exchangesQuery(q)
	if err != nil {
		return nil, "", err
	}
	page, err := query(ctx, r, exchangeDocFields, sql, args...)
	if err == nil {
		err = r.addTasks(ctx, page)
	}
	if err != nil {
		return nil, "", fmt.Errorf("exchanges of %s: %w", q.Contour, err)
	}
	if len(page) < q.Limit {
		return page, "", nil
	}
	last := page[len(page)-1]
	return page, cursor(last.Packet.String(), string(last.Receiver)), nil
}

// exchangesQuery walks one index from where the page begins to the other end of the time.
func exchangesQuery(q record.PacketQuery) (string, []any, error) {
	var sql question
	after, order := direction(q.Newest)
	side, by := "receiver", " order by e.packet "+order // one exchange a packet
	if q.Outgoing {
		side, by = "sender", " order by e.packet "+order+", e.receiver "+order
	}
	sql.add(selectExchanges+"where e."+side+" = ?", string(q.Contour))
	if q.After != "" {
		at, receiver, err := exchangeCursor(q.After)
		if err != nil {
			return "", nil, err
		}
		if q.Outgoing {
			sql.add(" and (e.packet, e.receiver) "+after+" (?, ?)", at, receiver)
		} else {
			sql.add(" and e.packet "+after+" ?", at)
		}
	}
	if !q.Since.IsZero() {
		sql.add(" and e.packet >= ?", record.KeyAt(q.Since))
	}
	if !q.Until.IsZero() {
		sql.add(" and e.packet < ?", record.KeyAt(q.Until))
	}
	if len(q.States) > 0 {
		states := newArray("text", len(q.States))
		for _, s := range q.States {
			states.text(string(s))
		}
		sql.add(" and e.state = any(?::text[])", states)
	}
	if q.Attention {
		sql.add(attention)
	}
	sql.add(by+" limit ?", q.Limit)
	return sql.sql.String(), sql.args, nil
}

func exchangeCursor(c string) (packet record.Key, receiver string, err error) {
	parts, err := parseCursor(c, 2)
	if err != nil {
		return packet, "", err
	}
	packet, err = cursorKey(parts[0])
	return packet, parts[1], err
}

// forwardingSealed: the last receipt that sent the exchange on (101, or an operator's redelivery) has its leaf.
const forwardingSealed = ` and exists (select 1 from leaf l where l.seq = (select max(r.seq) from receipt r
	where r.packet = e.packet and r.receiver = e.receiver and r.stage in (101, 209)))`

// Mailbox returns what a contour may pull, by packet key.
func (r *Record) Mailbox(ctx context.Context, contour document.ContourCode, after record.Key, limit int) ([]*record.Exchange, error) {
	page, err := query(ctx, r, exchangeDocFields, selectExchanges+"where e.state = 'forwarded' and e.delivery = 'mailbox' and e.receiver = $1 and e.packet > $2"+
		forwardingSealed+" order by e.packet limit $3", string(contour), after, bounded(limit))
	if err == nil {
		err = r.addTasks(ctx, page)
	}
	if err != nil {
		return nil, fmt.Errorf("mailbox of %s: %w", contour, err)
	}
	return page, nil
}

// Due returns exchanges whose time has come, the longest overdue first.
func (r *Record) Due(ctx context.Context, before time.Time, limit int) ([]*record.Exchange, error) {
	return query(ctx, r, exchangeDocFields, selectExchanges+"where e.due_at is not null and e.due_at <= $1 order by e.due_at limit $2", before, bounded(limit))
}

// addTasks loads the tasks of exchanges.
func (r *Record) addTasks(ctx context.Context, page []*record.Exchange) error {
	if len(page) == 0 {
		return nil
	}
	byRow := make(map[exchangeRow]*record.Exchange, len(page))
	packet, receiver := newArray("uuid", len(page)), newArray("text", len(page))
	for _, e := range page {
		byRow[exchangeRow{e.Packet, e.Receiver}] = e
		packet.octets(e.Packet[:])
		receiver.text(string(e.Receiver))
	}
	list, err := query(ctx, r, taskFields, "select "+tasks.columns("t.")+" from unnest($1::uuid[], $2::text[]) w(packet, receiver) join task t on t.packet = w.packet and t.receiver = w.receiver order by t.packet, t.receiver, t.ordinal", packet, receiver)
	for _, t := range list {
		e := byRow[exchangeRow{t.Packet, t.Receiver}]
		e.Tasks = append(e.Tasks, *t)
	}
	return err
}
