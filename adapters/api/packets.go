package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// SubmitPacket takes a packet and waits for custody.
func (d *door) SubmitPacket(ctx context.Context, r openapi.SubmitPacketRequestObject) (openapi.SubmitPacketResponseObject, error) {
	c := callOf(ctx)
	check := r.Params.Check != nil && *r.Params.Check
	p, err := d.readPacket(ctx, r)
	if err != nil {
		return nil, err
	}
	if check {
		if faults := d.hub.Check(p); len(faults) > 0 {
			return nil, &refused{broker.Outcome{Packet: p.ID, Faults: faults}}
		}
		return openapi.SubmitPacket200JSONResponse(d.outcomeView(c, broker.Outcome{Standing: broker.Waiting, Packet: p.ID})), nil
	}
	o, err := d.hub.Submit(ctx, c.Contour, p)
	if err := verdict(o, err); err != nil {
		return nil, err
	}
	view, where := d.outcomeView(c, o), location(o.Packet)
	if o.Standing == broker.Custody {
		return openapi.SubmitPacket201JSONResponse{Body: view, Headers: openapi.SubmitPacket201ResponseHeaders{Location: where}}, nil
	}
	return openapi.SubmitPacket202JSONResponse{Body: view, Headers: openapi.SubmitPacket202ResponseHeaders{Location: where}}, nil
}

// readPacket reads either form of the request and fills in what the sender may leave out.
func (d *door) readPacket(ctx context.Context, r openapi.SubmitPacketRequestObject) (*document.Packet, error) {
	var p *document.Packet
	var err error
	switch {
	case r.JSONBody != nil:
		p = (*document.Packet)(r.JSONBody)
	case r.MultipartBody != nil:
		p, err = d.readParts(ctx, r.MultipartBody)
	default:
		err = errMedia
	}
	if err != nil {
		return nil, err
	}
	if p.ID.Sender == "" {
		p.ID.Sender = callOf(ctx).Contour
	}
	if p.ID.MsgID == "" {
		p.ID.MsgID = document.MsgID(record.NewKey().String())
	}
	return p, d.completeFiles(ctx, p)
}

// verdict turns what the hub did not take into the error that is answered.
func verdict(o broker.Outcome, err error) error {
	var faults document.Faults
	if errors.As(err, &faults) {
		if o.Standing == broker.Refused && len(o.Faults) > 0 {
			return &refused{o}
		}
		return faults
	}
	if err != nil {
		return err
	}
	if o.Standing == broker.Refused {
		return &refused{o}
	}
	return nil
}

func location(id document.PacketID) string { return openapi.BasePath + "/packets/" + id.String() }

// ListPackets lists exchanges of the contour.
func (d *door) ListPackets(ctx context.Context, r openapi.ListPacketsRequestObject) (openapi.ListPacketsResponseObject, error) {
	c, p := callOf(ctx), r.Params
	q := record.PacketQuery{Contour: c.Contour, Outgoing: true, Attention: value(p.Attention), Since: value(p.Since), Until: value(p.Until), States: value(p.State)}
	if p.Direction != nil {
		if !p.Direction.Valid() {
			return nil, bad("direction", "out, in")
		}
		q.Outgoing = *p.Direction == openapi.Out
	}
	for _, s := range q.States {
		if !knownState(s) {
			return nil, bad("state", "unknown state")
		}
	}
	if !q.Outgoing && len(q.States) == 0 && !q.Attention {
		q.States = receiversStates()
	}
	var err error
	if q.Page, err = page(p.After, p.Limit); err != nil {
		return nil, err
	}
	q.Newest = true
	rows, next, err := d.Record.Exchanges(ctx, q)
	if err != nil {
		return nil, d.listError(ctx, p.After, err)
	}
	view := openapi.ExchangePage{Items: []openapi.ExchangeView{}, Next: next}
	for _, ex := range rows {
		if q.Outgoing || shown(ex.State) {
			view.Items = append(view.Items, exchangeView(ex, c))
		}
	}
	return openapi.ListPackets200JSONResponse(view), nil
}

// visible returns a packet with those of its exchanges that the contour may see: the sender all, a receiver
// its own once it was sent on. Everything else does not exist for it (D13).
func (d *door) visible(ctx context.Context, text string) (*record.Packet, []*record.Exchange, error) {
	contour := callOf(ctx).Contour
	id, err := document.ParsePacketID(text)
	if err != nil {
		return nil, nil, notFound("packet")
	}
	p, all, err := d.Record.Packet(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("packet: %w", err)
	}
	if id.Sender == contour {
		return p, all, nil
	}
	for _, ex := range all {
		if ex.Receiver == contour && shown(ex.State) {
			return p, []*record.Exchange{ex}, nil
		}
	}
	return nil, nil, notFound("packet")
}

// visibleBody finds a packet as visible does, with what was sent.
func (d *door) visibleBody(ctx context.Context, text string) (*record.Packet, *document.Packet, error) {
	p, _, err := d.visible(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	body, err := d.body(ctx, p)
	return p, body, err
}

// GetPacket tells where a packet stands.
func (d *door) GetPacket(ctx context.Context, r openapi.GetPacketRequestObject) (openapi.GetPacketResponseObject, error) {
	p, exchanges, err := d.visible(ctx, r.Packet)
	if err != nil {
		return nil, err
	}
	return openapi.GetPacket200JSONResponse(packetView(p, exchanges, callOf(ctx))), nil
}

// GetPacketBody returns the packet itself.
func (d *door) GetPacketBody(ctx context.Context, r openapi.GetPacketBodyRequestObject) (openapi.GetPacketBodyResponseObject, error) {
	_, body, err := d.visibleBody(ctx, r.Packet)
	if err != nil {
		return nil, err
	}
	return packetJSON(*body), nil
}

// ListPacketFiles lists the files of the packet with their signatures.
func (d *door) ListPacketFiles(ctx context.Context, r openapi.ListPacketFilesRequestObject) (openapi.ListPacketFilesResponseObject, error) {
	p, body, err := d.visibleBody(ctx, r.Packet)
	if err != nil {
		return nil, err
	}
	view := openapi.ListPacketFiles200JSONResponse{Items: []openapi.SignedFile{}}
	for _, a := range body.Files {
		file, err := d.signedFile(ctx, p.ID.Sender, a, p.At)
		if err != nil {
			return nil, err
		}
		view.Items = append(view.Items, file)
	}
	return view, nil
}

// packetJSON answers with a packet in its JSON form.
type packetJSON document.Packet

// MarshalJSON writes the JSON form.
func (p packetJSON) MarshalJSON() ([]byte, error) { return openapi.Packet(p).MarshalJSON() }

func (d *door) body(ctx context.Context, p *record.Packet) (*document.Packet, error) {
	body, err := d.Record.Body(ctx, p.Key)
	if err != nil {
		return nil, fmt.Errorf("body of %s: %w", p.ID, err)
	}
	read, err := wire.UnmarshalPacket(body)
	if err != nil {
		return nil, fmt.Errorf("packet %s in the record: %v", p.ID, err) // not the caller's fault: not wrapped
	}
	return read, nil
}

// WithdrawPacket takes a packet back.
func (d *door) WithdrawPacket(ctx context.Context, r openapi.WithdrawPacketRequestObject) (openapi.WithdrawPacketResponseObject, error) {
	p, _, err := d.visible(ctx, r.Packet)
	if err != nil {
		return nil, err
	}
	if p.ID.Sender != callOf(ctx).Contour {
		return nil, notFound("packet")
	}
	if err := d.hub.Withdraw(ctx, p.ID, value(r.Params.Receiver)); err != nil {
		return nil, err
	}
	p, exchanges, err := d.visible(ctx, r.Packet)
	if err != nil {
		return nil, err
	}
	return openapi.WithdrawPacket200JSONResponse(packetView(p, exchanges, callOf(ctx))), nil
}

// shown says whether the receiver of an exchange may know of it: only what was sent on to it.
func shown(s document.State) bool {
	switch s {
	case document.Queued, document.Held, document.Accepted, document.Rejected, document.Blocked, document.OldFormatted, document.Withdrawn:
		return false
	}
	return true
}

func receiversStates() []document.State {
	return []document.State{
		document.Forwarded, document.Delivered, document.Registered, document.Answered, document.DeliveryFailed, document.NotSubject, document.Refused,
		document.Untrusted, document.Expired,
	}
}

func knownState(s document.State) bool {
	switch s {
	case document.Queued, document.Held, document.Accepted, document.Rejected, document.Blocked, document.OldFormatted, document.Withdrawn:
		return true
	}
	for _, known := range receiversStates() {
		if s == known {
			return true
		}
	}
	return false
}
