package smdo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// send hands a draft over: 204 when the hub has it, sealed, or has refused it by a receipt that comes as a package. A
// package that cannot even be refused so, since it does not name itself, its sender or a receiver, is answered with its
// faults. When the verdict takes long the answer is 503, and the client repeats.
func (d *door) send(w http.ResponseWriter, r *request) error {
	p, err := d.draft(r.Context(), r.contour, r.PathValue("package"))
	if err != nil {
		return err
	}
	if !p.Sent {
		if err := d.hand(r.Context(), r.contour, p); err != nil {
			return err
		}
		if err := d.sent(r.Context(), r.contour, p); err != nil && !errors.Is(err, record.ErrStale) { // another request sent it, or edits it: the hub has what it had
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// hand gives the hub what a draft holds: a packet or a report.
func (d *door) hand(ctx context.Context, contour document.ContourCode, p *draft) error {
	pkg, err := sdip.DecodePackage(p.Text, sdip.Options{Names: adapters.Names(d.hub.Book())})
	if err != nil {
		return err
	}
	m := pkg.Message
	if m.Sender.Code != contour {
		return document.Faults{document.NewFault(document.PacketSender, "body/envelop/header/sender/@id")}
	}
	if m.Receipt != nil {
		return d.report(ctx, contour, m)
	}
	if m.Packet == nil {
		return document.Faults{document.NewFault(document.PacketKindUnknown, "body/envelop/header/@msg_type", fmt.Sprint(int(m.Kind)))}
	}
	if err := d.complete(ctx, contour, p, m.Packet); err != nil {
		return err
	}
	return adapters.Submit(ctx, d.hub, contour, m.Packet, nil)
}

// complete fills in what travels beside the message: files with their signatures, and who wrote it.
func (d *door) complete(ctx context.Context, contour document.ContourCode, p *draft, packet *document.Packet) error {
	byName := make(map[string]*draftFile, len(p.Files))
	for i := range p.Files {
		byName[p.Files[i].Name] = &p.Files[i]
	}
	var missing document.Faults
	for field, a := range packet.Files {
		if a.Inline != nil {
			if err := d.files().Spill(ctx, contour, field, a); err != nil {
				return err
			}
			continue
		}
		f := byName[a.ReferenceID]
		if f == nil {
			missing = append(missing, document.NewFault(document.FileMissing, field))
			continue
		}
		a.Size, a.SHA256 = f.Size, f.SHA256
		if err := addSigns(a, f); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return missing // it is not whole yet: what is missing can still be uploaded
	}
	if packet.Author == "" && packet.Document != nil {
		packet.Author = adapters.Author(d.hub.Book(), contour, packet.Document)
	}
	return nil
}

// addSigns gives a file the signatures that were put beside it.
func addSigns(a *document.Attachment, f *draftFile) error {
	if f.Signs == nil {
		return nil
	}
	signs, err := sdip.DecodeSignatures(f.Signs, markup.DefaultLimits())
	if err != nil {
		return err
	}
	for _, s := range signs {
		if !slices.ContainsFunc(a.Signatures, func(have document.Signature) bool { return bytes.Equal(have.CMS, s.CMS) }) {
			a.Signatures = append(a.Signatures, s)
		}
	}
	return nil
}

// report gives the hub what a receiver says about a packet.
func (d *door) report(ctx context.Context, contour document.ContourCode, m *sdip.Message) error {
	if len(m.To) != 1 {
		return document.Faults{document.NewFault(document.FormatCount, "body/envelop/header/receiver", "receiver", fmt.Sprint(len(m.To)), "1")}
	}
	return adapters.Submit(ctx, d.hub, contour, nil, m.Report(contour))
}
