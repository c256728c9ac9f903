package upstream

import (
	"context"
	"errors"
	"strconv"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// group finds the receivers beyond the router that a package goes to: those of the one that was begun for receiver, or else
// all that the packet waits for. A receiver to whom it was given back by an operator has another deadline, and so another row.
func (s *sender) group(ctx context.Context, o *outgoing, p *document.Packet, receiver document.ContourCode) (map[document.ContourCode]sdip.Abonent, error) {
	_, exchanges, err := s.Record.Packet(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	rows := map[document.ContourCode]record.KeptKey{}
	for _, ex := range exchanges {
		if s.beyond(ex.Receiver) && (ex.Receiver == receiver || ex.State == document.Forwarded) {
			rows[ex.Receiver] = key(o.by.Contour, "out/"+string(o.name)+"/"+string(ex.Receiver)+"/"+strconv.FormatInt(ex.Deadline.UnixMicro(), 10))
		}
	}
	begun, _, err := s.progress(ctx, rows[receiver])
	if err != nil {
		return nil, err
	}
	if err := s.together(ctx, rows, receiver, begun); err != nil {
		return nil, err
	}
	to := map[document.ContourCode]sdip.Abonent{}
	for _, r := range p.To {
		row, waits := rows[r.Contour]
		if begun != nil && !begun.has(r.Contour) || begun == nil && !waits {
			continue
		}
		id, err := s.subscriber(ctx, r.Contour)
		var faults document.Faults
		if errors.As(err, &faults) && r.Contour != receiver {
			continue // its own turn comes
		}
		if err != nil {
			return nil, err
		}
		to[r.Contour] = sdip.Abonent{ID: id, Type: "SMDO", Name: adapters.Organisation(s.Hub.Book(), r.Contour)}
		o.to = append(o.to, r.Contour)
		if waits {
			o.rows = append(o.rows, row)
		}
	}
	return to, nil
}

// together leaves the rows of those who go, or have gone, in the same package as receiver.
func (s *sender) together(ctx context.Context, rows map[document.ContourCode]record.KeptKey, receiver document.ContourCode, begun *progress) error {
	for c, row := range rows {
		if c == receiver {
			continue
		}
		other, _, err := s.progress(ctx, row)
		if err != nil {
			return err
		}
		if (other == nil) != (begun == nil) || begun != nil && other.PackageID != begun.PackageID {
			delete(rows, c)
		}
	}
	return nil
}
