package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const sealedColumns = "select l.no, r.sender, r.receiver, r.bytes from "

func sealedFields(r *record.SealedReceipt) []any {
	return []any{&r.Leaf, (*string)(&r.Sender), (*string)(&r.Receiver), &r.Bytes}
}

// attempts are the keys of all attempts under a packet's id.
const attempts = "(select key from packet where sender = $1 and msg_id = $2)"

// sealedOf begins a query for sealed receipts of a packet. It goes from the packet to its receipts to their
// leaves, and leaves the planner no other way: not along all leaves, because that would be in order.
func sealedOf(condition string) string {
	return "with r as materialized (select r.sender, r.receiver, r.bytes, (select l.no from leaf l where l.seq = r.seq) no from " + attempts +
		" p join receipt r on r.packet = p.key " + condition + ") select r.no, r.sender, r.receiver, r.bytes from r where r.no is not null order by r.no limit "
}

// Receipts returns the sealed receipts of a packet, of all its attempts.
func (r *Record) Receipts(ctx context.Context, id document.PacketID, limit int) ([]record.SealedReceipt, error) {
	list, err := values(query(ctx, r, sealedFields, sealedOf("")+"$3", string(id.Sender), string(id.MsgID), limit))
	if err != nil {
		return nil, fmt.Errorf("receipts of %s: %w", id, err)
	}
	return list, nil
}

// packetOf reads the packet's id at the beginning of a receipt's.
func packetOf(id document.ReceiptID) (document.PacketID, error) {
	packet, _, _ := strings.Cut(string(id), "/")
	p, err := document.ParsePacketID(packet)
	if err != nil { // no such receipt can have been made
		return p, fmt.Errorf("receipt %s: %w", id, record.ErrNotFound)
	}
	return p, nil
}

// Receipt returns a sealed receipt; one that is not sealed does not exist yet.
func (r *Record) Receipt(ctx context.Context, id document.ReceiptID) (record.SealedReceipt, error) {
	packet, err := packetOf(id)
	if err != nil {
		return record.SealedReceipt{}, err
	}
	got, err := one(ctx, r, sealedFields, sealedOf("and r.key = $3")+"1", string(packet.Sender), string(packet.MsgID), record.Key(receiptKey(id)))
	if err != nil {
		return record.SealedReceipt{}, fmt.Errorf("receipt %s: %w", id, err)
	}
	return *got, nil
}

// Note returns the free text that a receipt digests.
func (r *Record) Note(ctx context.Context, id document.ReceiptID) (record.Note, error) {
	packet, err := packetOf(id)
	if err != nil {
		return record.Note{}, err
	}
	fields := func(n *noteRow) []any {
		n.Note = new(record.Note)
		return notes.fields(*n)
	}
	got, err := one(ctx, r, fields, "select "+notes.columns("n.")+" from "+attempts+" p join note n on n.packet = p.key and n.key = $3 limit 1",
		string(packet.Sender), string(packet.MsgID), record.Key(receiptKey(id)))
	if err != nil {
		return record.Note{}, fmt.Errorf("note of %s: %w", id, err)
	}
	return *got.Note, nil
}

// Feed returns sealed receipts in leaf order and the leaf to go on from.
func (r *Record) Feed(ctx context.Context, q record.FeedQuery) ([]record.SealedReceipt, int64, error) {
	head, err := r.Head(ctx)
	if err != nil {
		return nil, 0, err
	}
	limit := bounded(q.Limit)
	next := max(q.From, min(q.From+int64(max(q.Scan, 1)), head.Leaves))
	var sql question
	sql.add(sealedColumns+"leaf l join receipt r on r.packet = l.packet and r.seq = l.seq where l.no >= ? and l.no < ?", q.From, next)
	if q.Contour != "" {
		sql.add(" and (r.sender = ? or r.receiver = ?)", string(q.Contour), string(q.Contour))
	}
	sql.add(" order by l.no limit ?", limit)
	list, err := values(query(ctx, r, sealedFields, sql.sql.String(), sql.args...))
	if err != nil {
		return nil, 0, fmt.Errorf("feed from leaf %d: %w", q.From, err)
	}
	if len(list) == limit {
		next = list[limit-1].Leaf + 1
	}
	return list, next, nil
}
