package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

const (
	longestWait = time.Minute
	scanAtOnce  = 10_000          // leaves looked at by one query: most of them are other contours'
	lookAgain   = 5 * time.Second // where another instance seals, nothing wakes the waiting here
)

// ListPacketReceipts lists every receipt of one packet: to the sender all, to a receiver its own.
func (d *door) ListPacketReceipts(ctx context.Context, r openapi.ListPacketReceiptsRequestObject) (openapi.ListPacketReceiptsResponseObject, error) {
	c := callOf(ctx)
	id, err := document.ParsePacketID(r.Packet)
	if err != nil {
		return nil, notFound("packet")
	}
	if c.Role == record.RoleContour {
		if _, _, err := d.visible(ctx, r.Packet); err != nil {
			return nil, err
		}
	}
	sealed, err := d.Record.Receipts(ctx, id, largestPage)
	if err != nil {
		return nil, err
	}
	if c.Role == record.RoleContour {
		if sealed, err = toward(sealed, c.Contour); err != nil {
			return nil, err
		}
	}
	page, err := d.receiptPage(ctx, sealed, -1)
	return openapi.ListPacketReceipts200JSONResponse(page), err
}

// toward leaves what the contour may see: of packets that others sent only its own exchange, and of that only
// what happened from the moment at which the packet was sent on to it.
func toward(all []record.SealedReceipt, contour document.ContourCode) ([]record.SealedReceipt, error) {
	own := all[:0]
	for _, s := range all {
		if s.Sender != contour {
			r, err := wire.UnmarshalReceipt(s.Bytes)
			if err != nil {
				return nil, fmt.Errorf("receipt at leaf %d: %w", s.Leaf, err)
			}
			if s.Receiver != contour || beforeForwarding(r.Stage) {
				continue
			}
		}
		own = append(own, s)
	}
	return own, nil
}

func beforeForwarding(s document.Stage) bool {
	switch s {
	case document.Hold, document.Reject, document.Block, document.OldFormat, document.Conflict, document.Withdraw:
		return true
	}
	return false
}

// receiptPage shows sealed receipts; next is at least the last leaf shown.
func (d *door) receiptPage(ctx context.Context, sealed []record.SealedReceipt, next int64) (openapi.ReceiptPage, error) {
	page := openapi.ReceiptPage{Items: make([]openapi.Receipt, 0, len(sealed)), Next: next}
	for _, s := range sealed {
		v, err := d.sealedView(ctx, s)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, v)
		page.Next = max(page.Next, s.Leaf)
	}
	return page, nil
}

// ListReceipts lists what concerns the caller in leaf order, and waits for it when asked to.
func (d *door) ListReceipts(ctx context.Context, r openapi.ListReceiptsRequestObject) (openapi.ListReceiptsResponseObject, error) {
	after, limit, wait := int64(-1), usualPage, time.Duration(0)
	if r.Params.After != nil {
		after = *r.Params.After
	}
	if r.Params.Limit != nil {
		limit = *r.Params.Limit
	}
	if r.Params.Wait != nil {
		var err error
		if wait, err = time.ParseDuration(*r.Params.Wait); err != nil || wait < 0 || wait > longestWait {
			return nil, bad("wait", "0–60s")
		}
	}
	if after < -1 || limit < 1 || limit > largestPage {
		return nil, bad("after, limit", "-1 …, 1–1000")
	}
	f := d.follow(ctx, after)
	defer f.leave()
	sealed, err := f.next(ctx, limit, wait)
	if err != nil {
		return nil, err
	}
	page, err := d.receiptPage(ctx, sealed, f.after)
	return openapi.ListReceipts200JSONResponse(page), err
}

// follower reads the feed of one caller from a leaf on.
type follower struct {
	door    *door
	contour document.ContourCode // empty: everybody's, for an auditor
	after   int64                // the last leaf looked at
	woken   <-chan int64
	leave   func()
}

func (d *door) follow(ctx context.Context, after int64) *follower {
	c := callOf(ctx)
	f := &follower{door: d, after: after}
	if c.Role == record.RoleContour {
		f.contour = c.Contour
	}
	f.woken, f.leave = d.hub.Announcer().Listen(f.contour)
	return f
}

// next returns what comes after the last leaf, up to limit receipts; when there is nothing it waits so long.
func (f *follower) next(ctx context.Context, limit int, wait time.Duration) ([]record.SealedReceipt, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		sealed, err := f.read(ctx, limit)
		if err != nil || len(sealed) > 0 || wait <= 0 {
			return sealed, err
		}
		again := time.NewTimer(lookAgain)
		select {
		case <-f.woken:
		case <-again.C:
		case <-over.C:
			wait = 0 // one look more: it may have come meanwhile
		case <-f.door.Done:
			wait = 0
		case <-ctx.Done():
			again.Stop()
			return nil, ctx.Err()
		}
		again.Stop()
	}
}

// read looks at the leaves after the last one until it finds something or there are no more.
func (f *follower) read(ctx context.Context, limit int) ([]record.SealedReceipt, error) {
	for {
		from := f.after + 1
		sealed, next, err := f.door.Record.Feed(ctx, record.FeedQuery{Contour: f.contour, From: from, Limit: limit, Scan: scanAtOnce})
		if err != nil {
			return nil, err
		}
		f.after = next - 1
		if f.contour != "" {
			if sealed, err = toward(sealed, f.contour); err != nil {
				return nil, err
			}
		}
		if len(sealed) > 0 || next == from {
			return sealed, nil
		}
	}
}

// GetReceipt returns one receipt by its leaf.
func (d *door) GetReceipt(ctx context.Context, r openapi.GetReceiptRequestObject) (openapi.GetReceiptResponseObject, error) {
	sealed, err := d.sealedAt(ctx, r.Leaf)
	if err != nil {
		return nil, err
	}
	v, err := d.sealedView(ctx, sealed)
	return openapi.GetReceipt200JSONResponse(v), err
}

// sealedAt reads the receipt at a leaf, when the caller may see it.
func (d *door) sealedAt(ctx context.Context, leaf int64) (record.SealedReceipt, error) {
	c := callOf(ctx)
	q := record.FeedQuery{From: leaf, Limit: 1, Scan: 1}
	if c.Role == record.RoleContour {
		q.Contour = c.Contour
	}
	sealed, _, err := d.Record.Feed(ctx, q)
	if err == nil && q.Contour != "" {
		sealed, err = toward(sealed, q.Contour)
	}
	if err != nil {
		return record.SealedReceipt{}, err
	}
	if len(sealed) == 0 {
		return record.SealedReceipt{}, notFound("receipt")
	}
	return sealed[0], nil
}

// SignReceipt signs one receipt with the hub's own key, over the octets that the ledger keeps. A signature that the hub
// itself does not find valid is not handed out.
func (d *door) SignReceipt(ctx context.Context, r openapi.SignReceiptRequestObject) (openapi.SignReceiptResponseObject, error) {
	sealed, err := d.sealedAt(ctx, r.Leaf)
	if err != nil {
		return nil, err
	}
	own := d.signerOf("", "")
	if own == nil {
		return nil, document.Faults{document.NewFault(document.SignerAbsent, "")}
	}
	content := signature.ContentOf(sealed.Bytes)
	cms, err := own.sign(ctx, content)
	if err != nil {
		return nil, err
	}
	view := d.signatureView(ctx, cms, content, d.hub.Clock())
	if view.Verdict != signature.Valid.String() {
		return nil, failed("the hub's own signature is "+view.Verdict, fmt.Errorf("%s %s", view.Reason, view.Text))
	}
	return openapi.SignReceipt200JSONResponse{Leaf: sealed.Leaf, Receipt: sealed.Bytes, Sha256: hex.EncodeToString(content.Digests[signature.SHA256]), Signature: view}, nil
}
