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
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Translator turns the messages of a protocol into the hub's words and back.
type Translator interface {
	adapters.Writer

	// Read says what a message means. document.Faults are its sender's fault; what could be read is returned beside
	// them, so that the answer finds its way.
	Read(ctx context.Context, from document.ContourCode, m *Found) (*Meaning, error)
}

// Meaning is what a message of a correspondent says: a packet, or a report about one, or nothing that the hub has to do.
type Meaning struct {
	Packet *document.Packet
	Report *document.Report

	// Refuse writes the protocol's answer to a message that was not taken; nil when nobody can be told.
	Refuse func(document.Faults) *adapters.Message
}

// Gateway carries messages between the hub and folders.
type Gateway struct {
	Hub         *broker.Hub
	Record      adapters.HanderRecord
	Root        *os.Root
	Translators map[contours.Protocol]Translator
	Every       time.Duration // how often it looks into folders
	Settle      time.Duration // how long a message must not have changed before it is taken
	Clock       func() time.Time
	Log         *slog.Logger

	speakers adapters.Speakers
	later    map[string]time.Time // messages that rest, by contour and name
}

// Run carries until ctx ends. Where several hubs share the folders, each message may be read by two of them; it has one
// effect.
func (g *Gateway) Run(ctx context.Context) error {
	sealed, leave := g.Hub.Announcer().Listen("")
	defer leave()
	tick := time.NewTicker(g.Every)
	defer tick.Stop()
	for look := true; ; {
		if err := g.round(ctx, look); err != nil && ctx.Err() == nil {
			g.Log.Warn("messages in folders wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			look = true
		case <-sealed:
			look = false
		}
	}
}

// round takes what was left, when it is time to look, and hands over what waits.
func (g *Gateway) round(ctx context.Context, look bool) error {
	var errs []error
	speakers := g.speakers.In(g.Hub.Book())
	for p, t := range g.Translators {
		contours := speakers.Of(p)
		for _, c := range contours {
			if look && c.Delivery == pushed && ctx.Err() == nil {
				errs = append(errs, g.takeAll(ctx, c.Code, t))
			}
		}
		if len(contours) == 0 {
			continue
		}
		h := adapters.Hander{Hub: g.Hub, Record: g.Record, Clock: g.Clock, Protocol: p, Writer: t, Hand: g.hand}
		errs = append(errs, h.HandAll(ctx))
	}
	return errors.Join(errs...)
}

// pushed is the delivery of contours with folders.
const pushed = contours.Push

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
		key := string(from) + "/" + name
		if g.Clock().Before(g.later[key]) {
			continue
		}
		err := broker.Guarded(func() error { return g.take(ctx, b, from, name, t) })
		delete(g.later, key)
		if err != nil {
			errs = append(errs, fmt.Errorf("message of %s: %w", from, err))
			g.postpone(key)
		}
	}
	return errors.Join(errs...)
}

// postponed is how long a message that the hub could not take rests: its files would be read again and again.
const (
	postponed     = 30 * time.Second
	mostPostponed = 10_000
)

func (g *Gateway) postpone(key string) {
	if g.later == nil || len(g.later) >= mostPostponed {
		g.later = map[string]time.Time{}
	}
	g.later[key] = g.Clock().Add(postponed)
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
		err = adapters.Submit(ctx, g.Hub, from, meaning.Packet, meaning.Report)
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

// hand writes a message into a correspondent's folder.
func (g *Gateway) hand(_ context.Context, to document.ContourCode, m *adapters.Message) error {
	b, err := openBox(g.Root, to)
	if err != nil {
		return err
	}
	defer b.root.Close()
	return b.hand(m)
}
