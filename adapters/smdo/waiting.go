package smdo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// list answers with a page of what waits for the contour: receipts first, in the order of the ledger, then packets, the
// oldest first. Pages count from 1. What was read already and confirmed is kept by nobody, so onlyNew changes nothing.
func (d *door) list(w http.ResponseWriter, r *request) error {
	var asked struct {
		Page int `json:"page"`
		Size int `json:"size"`
	}
	if text, err := io.ReadAll(r.Body); err != nil {
		return err
	} else if json.Unmarshal(text, &asked) != nil {
		return malformed("body", "JSON")
	}
	size := min(max(asked.Size, 1), maxPage)
	if asked.Size == 0 {
		size = maxPage
	}
	page := max(asked.Page, 1)
	packages, more, err := d.waiting(r.Context(), r.contour, (page-1)*size, size)
	if err != nil {
		return err
	}
	// What was read above may have been committed a moment ago: it is shown once it is sealed (D4).
	if err := d.hub.Barrier(r.Context()); err != nil {
		return err
	}
	return answer(w, http.StatusOK, sdip.EncodePage(packages, page, size, more, sdip.Options{Names: adapters.Names(d.hub.Book())}))
}

// window is how far into what waits one may look without confirming any of it.
const window = 1000

// waiting returns up to limit packages from an offset on.
func (d *door) waiting(ctx context.Context, contour document.ContourCode, offset, limit int) (packages []*sdip.Package, more bool, err error) {
	if offset >= window {
		return nil, false, nil
	}
	receipts, err := adapters.Receipts(ctx, d.Record, contours.ProtocolSMDO, contour, min(offset+limit+1, window))
	if err != nil {
		return nil, false, err
	}
	for _, receipt := range receipts[min(offset, len(receipts)):] {
		if len(packages) == limit {
			return packages, true, nil
		}
		p, err := d.receiptPackage(ctx, contour, receipt)
		if err != nil {
			return nil, false, err
		}
		packages = append(packages, p)
	}
	after, err := d.skip(ctx, contour, max(offset-len(receipts), 0))
	if err != nil || after == nil {
		return packages, false, err
	}
	items, err := d.hub.Mailbox(ctx, contour, *after, limit-len(packages)+1)
	if err != nil {
		return nil, false, err
	}
	for i := range items {
		if adapters.Bare(items[i].Packet) { // СМДО has no form for it: the receipts tell it
			if err := d.hub.Confirm(ctx, contour, items[i].Packet.ID); err != nil {
				return nil, false, err
			}
			continue
		}
		if len(packages) == limit {
			return packages, true, nil
		}
		packages = append(packages, d.packetPackage(contour, items[i].Key, items[i].Packet))
	}
	return packages, false, nil
}

// skip returns the key after which a page of packets begins, or nil when there are not so many.
func (d *door) skip(ctx context.Context, contour document.ContourCode, n int) (*record.Key, error) {
	if n == 0 {
		return new(record.Key), nil
	}
	rows, err := d.Record.Mailbox(ctx, contour, record.Key{}, n)
	if err != nil || len(rows) < n {
		return nil, err
	}
	return &rows[n-1].Packet, nil
}

// packetPackage is a packet as the router hands it out.
func (d *door) packetPackage(contour document.ContourCode, key record.Key, packet *document.Packet) *sdip.Package {
	book := d.hub.Book()
	from := abonent(book, packet.ID.Sender)
	p := &sdip.Package{
		HeaderID: sdip.HeaderID, ID: packetID(key), PackageID: packetID(key), ConfirmID: packetID(key), Sent: packet.Sent, Received: key.Time(),
		From: &from, To: []sdip.Abonent{abonent(book, contour)}, Message: sdip.Of(adapters.Named(book, packet)),
	}
	refs, n := zones.References(packet), 0
	for _, a := range packet.Files {
		p.Size += int(a.Size)
		p.Attachments = append(p.Attachments, sdip.PackageFile{ID: fileID(n + 1), Name: refs[n], Size: int(a.Size), Signatures: a.Signatures})
		n++
	}
	return p
}

// receiptPackage is a receipt as the router hands it out. What the hub itself states comes from the ROUTER.
func (d *door) receiptPackage(ctx context.Context, contour document.ContourCode, waits adapters.Receipt) (*sdip.Package, error) {
	r := waits.Receipt
	row, _, err := d.Record.Packet(ctx, r.Packet)
	if err != nil {
		return nil, fmt.Errorf("packet of a receipt: %w", err)
	}
	book := d.hub.Book()
	id := leafID(r.Leaf)
	p := &sdip.Package{
		HeaderID: sdip.HeaderID, ID: id, PackageID: id, ConfirmID: id, ParentID: sentID(r.Packet), Sent: r.At, Received: r.At, Ack: true,
		To: []sdip.Abonent{abonent(book, contour)},
	}
	from, party := router()
	byRouter := sdip.ByRouter(r)
	if !byRouter {
		from, party = abonent(book, r.Receiver), sdip.Party{Code: r.Receiver, System: adapters.System(book, r.Receiver, document.System{})}
	}
	p.From = &from
	to := document.Receiver{Contour: contour, System: document.System{Name: adapters.Organisation(book, contour)}}
	p.Message = sdip.OfReceipt(r, receiptMsgID(r.ID), row.Number, party, to, document.Russian)
	if byRouter {
		p.Results = p.Message.Receipt.Results
		if r.Bad() {
			p.Text = p.Results[0].Text
		}
	}
	return p, nil
}

// incoming returns a packet that was handed to the contour, by the key of its row.
func (d *door) incoming(ctx context.Context, contour document.ContourCode, key record.Key) (*document.Packet, *record.Exchange, error) {
	body, err := d.Record.Body(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	packet, err := wire.UnmarshalPacket(body)
	if err != nil {
		return nil, nil, fmt.Errorf("packet in the record: %w", err)
	}
	_, exchanges, err := d.Record.Packet(ctx, packet.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, ex := range exchanges {
		if ex.Receiver == contour && ex.Packet == key && adapters.Given(ex.State) {
			return packet, ex, nil
		}
	}
	return nil, nil, errNotFound // another's, or not given out (D13)
}

// fetch shows one package that waits.
func (d *door) fetch(w http.ResponseWriter, r *request) error {
	key, leaf, isLeaf, ok := parseID(r.PathValue("package"))
	if !ok {
		return errNotFound
	}
	var p *sdip.Package
	if isLeaf {
		receipt, err := adapters.ReceiptOf(r.Context(), d.Record, adapters.ReceiptKey(contours.ProtocolSMDO, r.contour, leaf))
		if err == nil {
			p, err = d.receiptPackage(r.Context(), r.contour, receipt)
		}
		if err != nil {
			return err
		}
	} else {
		packet, _, err := d.incoming(r.Context(), r.contour, key)
		if err != nil {
			return err
		}
		p = d.packetPackage(r.contour, key, packet)
	}
	if err := d.hub.Barrier(r.Context()); err != nil {
		return err
	}
	text, _ := sdip.EncodePackage(p, sdip.Options{Names: adapters.Names(d.hub.Book())})
	return answer(w, http.StatusOK, text)
}
