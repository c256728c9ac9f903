package api

import (
	"bytes"
	"context"
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// address puts receivers, tasks and author of the request on the draft. Sending again with the same ones is a
// repeat; with others, after the card was sent, it is an attempt to change what was sent (S06).
func (d *door) address(ctx context.Context, id string, s *openapi.Sending) error {
	card, err := d.card(ctx, id)
	if err != nil {
		return err
	}
	if card.Kind != document.JournalOutgoing {
		return notFound("card")
	}
	draft, err := wire.UnmarshalPacket(card.Draft)
	if err != nil {
		return err
	}
	before, err := wire.MarshalPacket(draft)
	if err != nil {
		return err
	}
	put(draft, s)
	after, err := wire.MarshalPacket(draft)
	if err != nil {
		return err
	}
	if bytes.Equal(before, after) {
		return nil
	}
	_, err = d.hub.EditCard(ctx, card.Contour, card.Key, 0, func(p *document.Packet) error {
		put(p, s)
		return nil
	})
	return err
}

func put(p *document.Packet, s *openapi.Sending) {
	if s.Author != "" {
		p.Author = s.Author
	}
	if len(s.To) > 0 {
		p.To = receivers(p.To, s.To)
	}
	if len(s.Tasks) == 0 {
		return
	}
	p.Tasks = make([]document.Task, len(s.Tasks))
	for i := range s.Tasks {
		p.Tasks[i] = document.Task(s.Tasks[i])
		if p.Tasks[i].ID == "" {
			p.Tasks[i].ID = strconv.Itoa(i + 1)
		}
	}
}

// receivers are those named, each as the draft has it where it does.
func receivers(known []document.Receiver, codes []document.ContourCode) []document.Receiver {
	to := make([]document.Receiver, len(codes))
	for i, code := range codes {
		to[i].Contour = code
		for j := range known {
			if known[j].Contour == code {
				to[i] = known[j]
			}
		}
	}
	return to
}
