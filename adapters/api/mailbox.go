package api

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// largestMail bounds a page of the mailbox: packets come with their bodies.
const largestMail = 100

// ListMailbox hands out packets that wait for the contour's system.
func (d *door) ListMailbox(ctx context.Context, r openapi.ListMailboxRequestObject) (openapi.ListMailboxResponseObject, error) {
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	after, err := keyAfter(p.After)
	if err != nil {
		return nil, err
	}
	p.Limit = min(p.Limit, largestMail)
	items, err := d.hub.Mailbox(ctx, callOf(ctx).Contour, after, p.Limit)
	if err != nil {
		return nil, err
	}
	view := openapi.MailboxPage{Items: make([]openapi.MailboxItem, len(items))}
	for i, item := range items {
		ex := item.Exchange
		view.Items[i] = openapi.MailboxItem{ID: ex.ID.String(), State: ex.State, Deadline: utc(ex.Deadline), Packet: openapi.Packet(*item.Packet)}
	}
	if len(items) == p.Limit {
		view.Next = items[len(items)-1].Key.String()
	}
	return openapi.ListMailbox200JSONResponse(view), nil
}

// ConfirmMailbox reports delivery of several packets at once, so that they are sealed together.
func (d *door) ConfirmMailbox(ctx context.Context, r openapi.ConfirmMailboxRequestObject) (openapi.ConfirmMailboxResponseObject, error) {
	ids := r.Body.Packets
	if len(ids) == 0 || len(ids) > largestMail {
		return nil, bad("packets", fmt.Sprintf("1–%d", largestMail))
	}
	view := openapi.OutcomeList{Items: make([]openapi.Outcome, len(ids))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for i, id := range ids {
		group.Go(func() error {
			o, err := d.confirm(ctx, id)
			view.Items[i] = o
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return openapi.ConfirmMailbox200JSONResponse(view), nil
}

func (d *door) confirm(ctx context.Context, text string) (openapi.Outcome, error) {
	c := callOf(ctx)
	o := broker.Outcome{Standing: broker.Custody}
	id, err := document.ParsePacketID(text)
	if err != nil {
		o.Standing, o.Faults = broker.Refused, document.Faults{document.NewFault(document.PacketUnknown, "packets")}
		return openapi.Outcome{Packet: text, Standing: openapi.StandingRefused, Receipts: []openapi.Receipt{}, Faults: faultViews(o.Faults)}, nil
	}
	o.Packet = id
	var faults document.Faults
	switch err := d.hub.Confirm(ctx, c.Contour, id); {
	case errors.As(err, &faults):
		o.Standing, o.Faults = broker.Refused, faults
	case errors.Is(err, broker.ErrBusy):
		o.Standing = broker.Waiting
	case err != nil:
		return openapi.Outcome{}, err
	}
	return d.outcomeView(c, o), nil
}

// ReportPacket takes what the contour says about a packet that it received.
func (d *door) ReportPacket(ctx context.Context, r openapi.ReportPacketRequestObject) (openapi.ReportPacketResponseObject, error) {
	c := callOf(ctx)
	report, err := readReport(r.Body)
	if err != nil {
		return nil, err
	}
	o, err := d.hub.Report(ctx, c.Contour, report)
	if err := verdict(o, err); err != nil {
		return nil, err
	}
	view := d.outcomeView(c, o)
	if o.Standing == broker.Custody {
		return openapi.ReportPacket201JSONResponse(view), nil
	}
	return openapi.ReportPacket202JSONResponse(view), nil
}

func readReport(b *openapi.Report) (*document.Report, error) {
	id, err := document.ParsePacketID(b.Packet)
	if err != nil {
		return nil, bad("packet", "<sender>:<msg_id>")
	}
	stage, ok := document.ParseStage(string(b.Stage))
	if !ok {
		return nil, document.Faults{document.NewFault(document.ReportStage, "stage")}
	}
	date, err := document.ParseDate(b.Number.Date)
	if err != nil {
		return nil, bad("number.date", "YYYY-MM-DD")
	}
	report := &document.Report{
		ID: b.ID, Packet: id, Task: b.Task, Stage: stage, Code: b.Code, Number: document.RegNumber{Number: b.Number.Number, Date: date}, Journal: b.Journal,
		Executor: b.Executor, Outcome: b.Outcome, At: utc(b.At), Note: b.Note,
	}
	for _, f := range b.Faults {
		report.Faults = append(report.Faults, document.NewFault(f.Code, f.Field, f.Args...))
	}
	return report, nil
}
