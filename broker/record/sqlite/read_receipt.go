package sqlite

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func sealedFields(r *record.SealedReceipt) []any {
	return []any{&r.Leaf, (*string)(&r.Sender), (*string)(&r.Receiver), (*octets)(&r.Bytes)}
}

const sealedColumns = "SELECT l.no, r.sender, r.receiver, r.bytes FROM "

// Receipts returns the sealed receipts of a packet: those whose id begins with its id and '/'.
func (r *Record) Receipts(ctx context.Context, id document.PacketID, limit int) ([]record.SealedReceipt, error) {
	return view(ctx, r, func(s *session) ([]record.SealedReceipt, error) {
		return rows(list(ctx, s, sealedFields, sealedColumns+"receipt r INDEXED BY receipt_id CROSS JOIN leaf l ON l.seq = r.seq"+
			" WHERE r.id > ?1 || '/' AND r.id < ?1 || '0' ORDER BY l.no LIMIT ?2", id.String(), limit))
	})
}

// Receipt returns a sealed receipt; one that is not sealed does not exist yet.
func (r *Record) Receipt(ctx context.Context, id document.ReceiptID) (record.SealedReceipt, error) {
	got, err := view(ctx, r, func(s *session) (*record.SealedReceipt, error) {
		return one(ctx, s, sealedFields, sealedColumns+"receipt r CROSS JOIN leaf l ON l.seq = r.seq WHERE r.id = ?1", string(id))
	})
	if err != nil {
		return record.SealedReceipt{}, fmt.Errorf("receipt %s: %w", id, err)
	}
	return *got, nil
}

// Note returns the free text that a receipt digests.
func (r *Record) Note(ctx context.Context, id document.ReceiptID) (record.Note, error) {
	n, err := view(ctx, r, func(s *session) (*record.Note, error) {
		return one(ctx, s, noteRow.fields, "SELECT "+noteRow.columns+" FROM note WHERE receipt = ?1", string(id))
	})
	if err != nil {
		return record.Note{}, fmt.Errorf("note of %s: %w", id, err)
	}
	return *n, nil
}

// Feed returns sealed receipts in leaf order and the leaf to go on from.
func (r *Record) Feed(ctx context.Context, q record.FeedQuery) (receipts []record.SealedReceipt, next int64, err error) {
	limit := bounded(q.Limit)
	scan := max(q.Scan, 1)
	receipts, err = view(ctx, r, func(s *session) ([]record.SealedReceipt, error) {
		h, err := readHead(ctx, s)
		if err != nil {
			return nil, err
		}
		next = max(q.From, min(q.From+int64(scan), h.Leaves))
		return rows(list(ctx, s, sealedFields, sealedColumns+"leaf l CROSS JOIN receipt r ON r.seq = l.seq"+
			" WHERE l.no >= ?1 AND l.no < ?2 AND (?3 = '' OR r.sender = ?3 OR r.receiver = ?3) ORDER BY l.no LIMIT ?4", q.From, next, string(q.Contour), limit))
	})
	if err != nil {
		return nil, 0, fmt.Errorf("feed from leaf %d: %w", q.From, err)
	}
	if len(receipts) == limit {
		next = receipts[limit-1].Leaf + 1
	}
	return receipts, next, nil
}
