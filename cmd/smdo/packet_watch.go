package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// What a watched packet is waited to be.
const (
	goalSettled    = "settled"
	goalRegistered = "registered"
	goalDelivered  = "delivered"
)

type packetWatch struct {
	Connection
	Packet  string        `arg:"" help:"Пакет. / Packet."`
	For     string        `help:"Чего ждать: delivered, registered, settled. / What to wait for." enum:"delivered,registered,settled" default:"settled"`
	Timeout time.Duration `help:"Сколько ждать; 0: сколько угодно. / How long to wait; 0: for ever." default:"0"`
}

// Run is the command. It ends with 0 when everything went well, 4 when something was refused, declined or
// expired, 5 when the time was over first.
func (p *packetWatch) Run(ctx context.Context, g *Global) error {
	hub, err := p.open(g)
	if err != nil {
		return err
	}
	return hub.watch(ctx, watching{packet: p.Packet, goal: p.For, timeout: p.Timeout})
}

type watching struct {
	packet  string
	goal    string
	timeout time.Duration // 0: no limit
	quiet   bool          // receipts are for a person, not data
}

// watch tells the receipts of a packet in leaf order as they come, until it is as the goal wants it.
func (c *client) watch(ctx context.Context, w watching) error {
	limit := errors.New("timeout")
	if w.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, w.timeout, limit)
		defer cancel()
	}
	page, err := answer[openapi.ReceiptPage](c.ListPacketReceipts(ctx, w.packet, &openapi.ListPacketReceiptsParams{Lang: c.lang()}))
	page.Next = -1 // from the packet's last receipt on, whatever else was sealed meanwhile
	for after := int64(-1); err == nil; {
		for i := range page.Items {
			if r := &page.Items[i]; r.Packet == w.packet {
				after = r.Leaf
				if err := c.g.tellReceipt(r, w.quiet); err != nil {
					return err
				}
			}
		}
		var view openapi.PacketView
		if view, err = answer[openapi.PacketView](c.GetPacket(ctx, w.packet, &openapi.GetPacketParams{Lang: c.lang()})); err != nil {
			break
		}
		if reached, good := w.reached(&view); reached {
			return c.g.ended(&view, good)
		}
		after = max(after, page.Next)
		page, err = answer[openapi.ReceiptPage](c.ListReceipts(ctx, &openapi.ListReceiptsParams{After: &after, Wait: optional("30s"), Lang: c.lang()}))
	}
	if errors.Is(err, limit) {
		return &exitError{exitPartial, fmt.Errorf("%s: %s", w.packet, c.g.Lang.Pick("за "+w.timeout.String()+" не решилось", "not settled within "+w.timeout.String()))}
	}
	return err
}

// reached says whether all exchanges are at the goal, or will never be, and whether that is good.
func (w *watching) reached(v *openapi.PacketView) (reached, good bool) {
	reached, good = len(v.Exchanges) > 0, true
	for i := range v.Exchanges {
		e := &v.Exchanges[i]
		ended, well := settled(e)
		switch e.State {
		case document.Delivered:
			ended = w.goal == goalDelivered
			well = true
		case document.Registered, document.Answered:
			ended = ended || w.goal != goalSettled
			well = well || w.goal != goalSettled
		}
		reached, good = reached && ended, good && well
	}
	return reached, good
}

func (g *Global) ended(v *openapi.PacketView, good bool) error {
	for i := range v.Exchanges {
		e := &v.Exchanges[i]
		line := fmt.Sprintf("%s → %s: %s %s", e.From, e.To, e.Status, e.Registration.Number)
		g.say(line, line)
	}
	if !good {
		return &exitError{exitDenied, fmt.Errorf("%s: %s", v.ID, v.Status)}
	}
	return nil
}

// tellReceipt prints a receipt as it comes: a line, or a JSON object a line.
func (g *Global) tellReceipt(r *openapi.Receipt, quiet bool) error {
	switch {
	case quiet:
		g.say(g.receiptLine(r), g.receiptLine(r))
		return nil
	case g.Output == "json":
		e := json.NewEncoder(g.stdout)
		e.SetEscapeHTML(false)
		return e.Encode(r)
	case g.Output == "yaml":
		fmt.Fprintln(g.stdout, "---")
		return g.printYAML(r)
	}
	_, err := fmt.Fprintln(g.stdout, g.receiptLine(r))
	return err
}
