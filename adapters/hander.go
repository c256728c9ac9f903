package adapters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Message is a message of a protocol to be handed over: its files under a name. One with a file named like the message is
// that file alone.
type Message struct {
	Name    string
	Subject string // for people, where the way has a place for it
	From    string // code of who speaks, likewise
	Files   []File
	Aliases []string // other names by which the system will speak of the packet (Memory)
	Lost    []string // fields of the packet that the protocol has no place for
}

// File is a file of a message.
type File struct {
	Name  string
	Write func(io.Writer) error
}

// TextFile is a file with a text that is there.
func TextFile(name string, text []byte) File {
	return File{name, func(w io.Writer) error { _, err := w.Write(text); return err }}
}

// Single is a message of one file.
func Single(name string, text []byte) *Message {
	return &Message{Name: name, Files: []File{TextFile(name, text)}}
}

// Writer writes messages of a protocol.
type Writer interface {
	// Packet writes a packet toward one of its receivers. Written again it has the same name and identifiers.
	// document.Faults say that the protocol cannot carry the packet: then it counts as not delivered, and its sender is told.
	// No message and no error: there is nothing to hand over that the receipts do not tell (Bare); it counts as delivered.
	Packet(ctx context.Context, p *document.Packet, receiver document.ContourCode) (*Message, error)

	// Receipt tells the sender of p what was stated about it; nil when the protocol has no word for it.
	Receipt(ctx context.Context, r *document.Receipt, p *document.Packet) (*Message, error)
}

// HanderRecord is what a Hander needs of the record.
type HanderRecord interface {
	record.Keeper
	Body(ctx context.Context, packet record.Key) ([]byte, error)
	Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error)
}

// Hander hands over what waits for the contours of a protocol (Works).
type Hander struct {
	Hub      *broker.Hub
	Record   HanderRecord
	Clock    func() time.Time
	Protocol contours.Protocol
	Writer   Writer

	// Hand gives a message to a contour's system, durably. Called again with a message of the same name it has no second
	// effect, or one that the system ignores by the identifiers in the message.
	Hand func(ctx context.Context, to document.ContourCode, m *Message) error
}

// works is how much is read at once of what waits.
const works = 100

// HandAll hands over what waits. A contour whose system is in trouble keeps nobody else waiting; what it was not given is
// still there.
func (h *Hander) HandAll(ctx context.Context) error {
	var errs []error
	broken := map[document.ContourCode]bool{}
	for after := ""; ctx.Err() == nil; {
		list, err := Works(ctx, h.Record, h.Protocol, after, works)
		if err != nil || len(list) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for i := range list {
			w := &list[i]
			if after = w.Key.Key; broken[w.Contour] {
				continue
			}
			if err := broker.Guarded(func() error { return h.do(ctx, w) }); err != nil {
				broken[w.Contour] = true
				errs = append(errs, fmt.Errorf("message for %s: %w", w.Contour, err))
			}
		}
	}
	return errors.Join(errs...)
}

// do hands one message over, and notes in one commit that it is done and how the system will call the packet.
func (h *Hander) do(ctx context.Context, w *Work) error {
	row, exchanges, err := h.Record.Packet(ctx, w.Packet)
	if err != nil {
		return err
	}
	body, err := h.Record.Body(ctx, row.Key)
	if err != nil {
		return err
	}
	packet, err := wire.UnmarshalPacket(body)
	if err != nil {
		return fmt.Errorf("packet in the record: %w", err)
	}
	var m *Message
	hands := w.Hand && forwarded(exchanges, w.Contour)
	switch {
	case !w.Hand:
		m, err = h.Writer.Receipt(ctx, w.Receipt, packet)
	case hands:
		m, err = h.Writer.Packet(ctx, packet, w.Contour)
	}
	var faults document.Faults
	if errors.As(err, &faults) {
		return h.undeliverable(ctx, w, faults)
	}
	if err != nil {
		return err
	}
	var memory []record.Kept
	switch {
	case m == nil && hands:
		told := &document.Report{ID: "told-" + string(h.Protocol), Packet: w.Packet, Stage: document.Deliver, At: h.Clock()}
		if err := h.report(ctx, w.Contour, told); err != nil {
			return err
		}
	case m != nil:
		if err := h.Hand(ctx, w.Contour, m); err != nil {
			return err
		}
		if err := h.tellLost(ctx, w, m.Lost); err != nil {
			return err
		}
		if memory, err = Memory(ctx, h.Record, h.Protocol, w.Contour, w.Packet, m.Aliases, h.Clock()); err != nil {
			return err
		}
	}
	return h.Record.Keep(ctx, memory, []record.KeptKey{w.Key})
}

// undeliverable says for the receiver that the packet cannot be carried to it.
func (h *Hander) undeliverable(ctx context.Context, w *Work, faults document.Faults) error {
	if w.Hand {
		report := &document.Report{ID: "adapter-" + string(h.Protocol), Packet: w.Packet, Stage: document.Deliver, Code: faults[0].SDIP(), Faults: faults, At: h.Clock()}
		if err := h.report(ctx, w.Contour, report); err != nil {
			return err
		}
	}
	return h.Record.Keep(ctx, nil, []record.KeptKey{w.Key})
}

// tellLost tells the sender what of its packet the receiver's protocol has no place for.
func (h *Hander) tellLost(ctx context.Context, w *Work, lost []string) error {
	if !w.Hand || len(lost) == 0 {
		return nil
	}
	note := fmt.Sprintf("не передано в формате %s: %s", h.Protocol, strings.Join(lost, ", "))
	if r := []rune(note); len(r) > document.MaxNote {
		note = string(r[:document.MaxNote-1]) + "…"
	}
	return h.report(ctx, w.Contour, &document.Report{ID: "lost-" + string(h.Protocol), Packet: w.Packet, Stage: document.UserNote, Note: note, At: h.Clock()})
}

func (h *Hander) report(ctx context.Context, contour document.ContourCode, r *document.Report) error {
	o, err := h.Hub.Report(ctx, contour, r)
	if err == nil && o.Standing == broker.Waiting {
		err = broker.ErrBusy
	}
	return err
}

// Bare says whether a packet is an answer without a file, as of who took note: formats that demand a file with every
// document have no form for it, and what it says the receipts say too. Why somebody declines they do not say: such an
// answer goes out, with the reason and without a file.
func Bare(p *document.Packet) bool {
	if p.Kind != document.Answer || p.Answer != nil && p.Answer.Outcome == document.Declined {
		return false
	}
	for range p.Files {
		return false
	}
	return true
}

// forwarded says whether the packet still waits for the receiver: not withdrawn, expired, or reported about.
func forwarded(exchanges []*record.Exchange, to document.ContourCode) bool {
	for _, ex := range exchanges {
		if ex.Receiver == to {
			return ex.State == document.Forwarded
		}
	}
	return false
}
