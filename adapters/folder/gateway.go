package folder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Translator turns the messages of a protocol into the hub's words and back.
type Translator interface {
	// Packet writes a packet toward one of its receivers. Written again it has the same name and identifiers.
	Packet(ctx context.Context, p *document.Packet, receiver document.ContourCode) (*Message, error)

	// Receipt tells the sender of p what was stated about it; nil when the protocol has no word for it.
	Receipt(ctx context.Context, r *document.Receipt, p *document.Packet) (*Message, error)

	// Read says what a message means. document.Faults are its sender's fault; what could be read is returned beside
	// them, so that the answer finds its way.
	Read(ctx context.Context, from document.ContourCode, m *Found) (*Meaning, error)
}

// Meaning is what a message of a correspondent says: a packet, or a report about one, or nothing that the hub has to do.
type Meaning struct {
	Packet *document.Packet
	Report *document.Report

	// Refuse writes the protocol's answer to a message that was not taken; nil when nobody can be told.
	Refuse func(document.Faults) *Message
}

// Record is what the gateway needs of the record.
type Record interface {
	record.Keeper
	Body(ctx context.Context, packet record.Key) ([]byte, error)
	Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error)
}

// Gateway carries messages between the hub and folders.
type Gateway struct {
	Hub         *broker.Hub
	Record      Record
	Root        *os.Root
	Translators map[contours.Protocol]Translator
	Every       time.Duration // how often it looks into folders
	Settle      time.Duration // how long a message must not have changed before it is taken
	Clock       func() time.Time
	Log         *slog.Logger
}

// Run carries until ctx ends. Where several hubs share the folders, each message may be read by two of them; it has one
// effect.
func (g *Gateway) Run(ctx context.Context) error {
	sealed, leave := g.Hub.Announcer().Listen("")
	defer leave()
	tick := time.NewTicker(g.Every)
	defer tick.Stop()
	for {
		if err := g.round(ctx); err != nil && ctx.Err() == nil {
			g.Log.Warn("messages in folders wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-sealed:
		}
	}
}

// round takes what was left and hands over what waits.
func (g *Gateway) round(ctx context.Context) error {
	var errs []error
	config := g.Hub.Book().Config()
	for i := range config.Contours {
		c := &config.Contours[i]
		if t := g.Translators[c.Protocol]; t != nil && c.Delivery == contours.Push && ctx.Err() == nil {
			errs = append(errs, g.takeAll(ctx, c.Code, t))
		}
	}
	for p, t := range g.Translators {
		errs = append(errs, g.handAll(ctx, p, t))
	}
	return errors.Join(errs...)
}

// batch bounds how many messages of one correspondent are taken in one round, so that none waits for another.
const batch = 100

func (g *Gateway) takeAll(ctx context.Context, from document.ContourCode, t Translator) error {
	b, err := openBox(g.Root, from)
	if err != nil {
		return err
	}
	defer b.root.Close()
	names, err := b.waiting(g.Clock().Add(-g.Settle), batch)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		if err := g.take(ctx, b, from, name, t); err != nil {
			errs = append(errs, fmt.Errorf("message of %s: %w", from, err))
		}
	}
	return errors.Join(errs...)
}

// take takes one message. After an error it is still there and is taken again.
func (g *Gateway) take(ctx context.Context, b *box, from document.ContourCode, name string, t Translator) error {
	m, err := b.open(name)
	if m != nil {
		defer m.close()
	}
	var meaning *Meaning
	switch {
	case errors.Is(err, errNested), errors.Is(err, errTooMany):
		err = document.Faults{document.NewFault(document.PacketMalformed, "", err.Error())}
	case err != nil:
		return err
	default:
		meaning, err = t.Read(ctx, from, m)
	}
	if err == nil {
		err = g.submit(ctx, from, meaning)
	}
	var faults document.Faults
	if !errors.As(err, &faults) {
		if err != nil {
			return err
		}
		return b.remove(name)
	}
	if meaning != nil && meaning.Refuse != nil {
		if answer := meaning.Refuse(faults); answer != nil {
			if err := b.hand(answer); err != nil {
				return err
			}
		}
	}
	g.Log.Warn("a message was put aside", "contour", from, "faults", codes(faults))
	return b.putAside(name, reason(faults), g.Clock())
}

func codes(faults document.Faults) (list []string) {
	for _, f := range faults {
		list = append(list, string(f.Code))
	}
	return list
}

func reason(faults document.Faults) (text string) {
	for i := range faults {
		f := &faults[i]
		text += fmt.Sprintf("%s %s: %s\n", f.Code, f.Field, f.Text(document.Russian))
	}
	return text
}

// submit gives the hub what a message says. It returns nil when the hub has it: also a packet that it refused by a
// receipt, which is told like any other.
func (g *Gateway) submit(ctx context.Context, from document.ContourCode, m *Meaning) error {
	var o broker.Outcome
	var err error
	switch {
	case m.Packet != nil:
		o, err = g.Hub.Submit(ctx, from, m.Packet)
	case m.Report != nil:
		o, err = g.Hub.Report(ctx, from, m.Report)
	default:
		return nil
	}
	if err == nil && o.Standing == broker.Waiting {
		err = broker.ErrBusy
	}
	return err
}

// handAll hands over what waits for the correspondents of a protocol. A correspondent whose folder is in trouble keeps
// nobody else waiting.
func (g *Gateway) handAll(ctx context.Context, p contours.Protocol, t Translator) error {
	var errs []error
	broken := map[document.ContourCode]bool{}
	for after := ""; ctx.Err() == nil; {
		works, err := adapters.Works(ctx, g.Record, p, after, batch)
		if err != nil || len(works) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for i := range works {
			w := &works[i]
			if after = w.Key.Key; broken[w.Contour] {
				continue
			}
			if err := g.do(ctx, p, w, t); err != nil {
				broken[w.Contour] = true
				errs = append(errs, fmt.Errorf("message for %s: %w", w.Contour, err))
			}
		}
	}
	return errors.Join(errs...)
}

// do hands one message over, and notes in one commit that it is done and which packet its document came with: an answer may
// name the document alone.
func (g *Gateway) do(ctx context.Context, protocol contours.Protocol, w *adapters.Work, t Translator) error {
	row, exchanges, err := g.Record.Packet(ctx, w.Packet)
	if err != nil {
		return err
	}
	body, err := g.Record.Body(ctx, row.Key)
	if err != nil {
		return err
	}
	packet, err := wire.UnmarshalPacket(body)
	if err != nil {
		return fmt.Errorf("packet in the record: %w", err)
	}
	var m *Message
	var memory []record.Kept
	switch {
	case !w.Hand:
		m, err = t.Receipt(ctx, w.Receipt, packet)
	case forwarded(exchanges, w.Contour):
		if m, err = t.Packet(ctx, packet, w.Contour); err == nil {
			memory, err = adapters.Memory(ctx, g.Record, protocol, w.Contour, packet, g.Clock())
		}
	}
	if err != nil {
		return err
	}
	if m != nil {
		b, err := openBox(g.Root, w.Contour)
		if err != nil {
			return err
		}
		err = b.hand(m)
		_ = b.root.Close()
		if err != nil {
			return err
		}
	}
	return g.Record.Keep(ctx, memory, []record.KeptKey{w.Key})
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
