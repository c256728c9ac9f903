package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// told reports what a receiver beyond the router says about a packet that it got from the contour whose account this is.
func (l *Link) told(ctx context.Context, a *account, m *sdip.Message) error {
	r := m.Report(m.Sender.Code)
	r.Packet.Sender = a.Contour
	if r.Code != 0 && r.Note == "" && len(r.Faults) == 0 { // a reason is asked for; the code is all that was said
		r.Note = fmt.Sprintf("код %d", r.Code)
	}
	r.Note = clip(r.Note)
	return l.report(ctx, m.Sender.Code, r)
}

// parentKey begins the keys of what the router calls our packages.
const parentKey = "package/"

// parent is the packet that a package of ours carries.
type parent struct {
	Packet document.PacketID
	To     []document.ContourCode
	Rows   []string // where it is noted how far it has come
}

// heard understands what the router itself says about a package of ours: that it has it and has sent it on (100, 101), which
// settles a «send» in doubt and changes nothing else, or that it will not carry it (103–105).
func (l *Link) heard(ctx context.Context, a *account, p *sdip.Package) error {
	stage, results := document.Stage(0), p.Results
	id := p.ID
	about := parent{Packet: document.PacketID{Sender: a.Contour}}
	if m := p.Message; m != nil && m.Receipt != nil {
		stage, about.Packet.MsgID = m.Receipt.Type, m.Receipt.MsgID
		id = cmp.Or(string(m.ID), id)
		if len(results) == 0 {
			results = m.Receipt.Results
		}
	}
	if p.Text != "" && len(results) == 0 {
		results = []zones.Result{{Code: -int(document.Reject), Text: p.Text}}
	}
	if err := l.parentOf(ctx, a, p.ParentID, &about); err != nil {
		return err
	}
	bad := false
	for _, r := range results {
		bad = bad || r.Code != 0
	}
	if stage == 0 && bad {
		stage = document.Reject
	}
	switch stage {
	case document.Reject, document.Block, document.OldFormat:
		return l.failed(ctx, about, stage, cmp.Or(id, p.PackageID), results)
	case document.UserNote:
		return l.eachReports(ctx, about, reportOf(document.UserNote, cmp.Or(id, p.PackageID), about.Packet, results))
	}
	return l.arrived(ctx, a, about)
}

// arrived notes that the router has a package whose «send» is in doubt.
func (l *Link) arrived(ctx context.Context, a *account, about parent) error {
	var put []record.Kept
	for _, row := range about.Rows {
		p, version, err := l.progress(ctx, key(a.Contour, row))
		if err != nil {
			return err
		}
		if p == nil || p.Phase != sending {
			continue
		}
		p.Phase = sent
		value, err := json.Marshal(p)
		if err != nil {
			return err
		}
		now := l.Clock()
		put = append(put, record.Kept{KeptKey: key(a.Contour, row), Version: version, Value: value, At: now, Until: now.Add(keepFor)})
	}
	if len(put) == 0 {
		return nil
	}
	err := l.Record.Keep(ctx, put, nil)
	if errors.Is(err, record.ErrStale) {
		return nil // whoever waits for the answer to «send» has noted it
	}
	return err
}

// parentOf completes which packet a package of the router speaks of, and to whom it went.
func (l *Link) parentOf(ctx context.Context, a *account, packageID string, about *parent) error {
	row, err := l.Record.Kept(ctx, key(a.Contour, parentKey+packageID))
	switch {
	case err == nil:
		return json.Unmarshal(row.Value, about)
	case !errors.Is(err, record.ErrNotFound):
		return err
	case about.Packet.MsgID == "":
		return document.Faults{document.NewFault(document.PacketUnknown, "parentId")}
	}
	_, exchanges, err := l.Record.Packet(ctx, about.Packet)
	if errors.Is(err, record.ErrNotFound) {
		return nil // a receipt of ours: what the router thinks of it changes nothing
	}
	for _, ex := range exchanges {
		if l.beyond(ex.Receiver) {
			about.To = append(about.To, ex.Receiver)
		}
	}
	return err
}

// failed counts a package as not delivered. That one receiver of several is blocked says nothing of the others, and the
// router does not say which: then it is a note, and each receiver's own receipt, or its absence, tells the truth.
func (l *Link) failed(ctx context.Context, about parent, stage document.Stage, id string, results []zones.Result) error {
	if len(about.To) == 0 {
		l.Log.Warn("the router refuses a receipt, or what was not sent from here", "packet", about.Packet.String(), "stage", int(stage))
	}
	told := document.Deliver
	if stage == document.Block && len(about.To) > 1 {
		told = document.UserNote
	}
	r := reportOf(told, id, about.Packet, results)
	if told == document.Deliver && r.Code == 0 {
		r.Code = -int(stage)
	}
	if len(r.Faults) == 0 {
		r.Faults = []document.Fault{document.NewFault(document.FormatOther, "", fmt.Sprint(int(stage)))}
	}
	return l.eachReports(ctx, about, r)
}

// reportOf words results of the router as a report of a receiver.
func reportOf(stage document.Stage, id string, about document.PacketID, results []zones.Result) *document.Report {
	c := zones.Codec{Format: zones.SDIP2}
	r := c.Report(&zones.Acknowledgement{MsgID: about.MsgID, Type: stage, Results: results}, "router-"+id, "", about)
	r.Note = clip(r.Note)
	return r
}

// eachReports says the same for each receiver.
func (l *Link) eachReports(ctx context.Context, about parent, r *document.Report) error {
	for _, to := range about.To {
		said := *r
		said.At = l.Clock()
		if err := l.report(ctx, to, &said); err != nil {
			return err
		}
	}
	return nil
}
