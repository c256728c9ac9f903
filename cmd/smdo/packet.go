package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// packetCommand is about packets.
type packetCommand struct {
	Send     packetSend     `cmd:"" help:"Послать пакет. / Send a packet."`
	Ls       packetLs       `cmd:"" help:"Список, новые сверху. / List, newest first."`
	Show     packetShow     `cmd:"" help:"Где пакет и что с ним было. / Where a packet is and what became of it."`
	Find     packetFind     `cmd:"" help:"Найти по номеру, заголовку, тексту. / Find by number, title, text."`
	Watch    packetWatch    `cmd:"" help:"Следить, пока не решится. / Follow until it is settled."`
	Retry    packetRetry    `cmd:"" help:"Послать тот же пакет снова; повтор безвреден. / Send the same packet again; a repeat is harmless."`
	Withdraw packetWithdraw `cmd:"" help:"Отозвать у тех, до кого не дошёл. / Take it back from those it has not reached."`
}

type packetLs struct {
	Listing
	Period
	Direction openapi.Direction `help:"out: посланные, in: полученные. / out: sent, in: received." enum:"out,in" default:"out"`
	State     []document.State  `help:"Только в этих состояниях. / Only in these states."`
	Attention bool              `help:"Только требующие внимания. / Only what needs attention."`
}

// Run is the command.
func (p *packetLs) Run(ctx context.Context, g *Global) error {
	hub, err := p.open(g)
	if err != nil {
		return err
	}
	items, err := collect(p.Limit, func(after *string, size *int) ([]openapi.ExchangeView, string, error) {
		return hub.packets(ctx, p.query(hub, p.Direction), after, size)
	})
	if err != nil {
		return err
	}
	return g.exchanges(items)
}

func (p *packetLs) query(hub *client, d openapi.Direction) openapi.ListPacketsParams {
	q := openapi.ListPacketsParams{Direction: &d, Attention: optional(p.Attention), Since: optional(p.Since.Time), Until: optional(p.Until.Time), Lang: hub.lang()}
	if len(p.State) > 0 {
		q.State = &p.State
	}
	return q
}

func (c *client) packets(ctx context.Context, q openapi.ListPacketsParams, after *string, size *int) ([]openapi.ExchangeView, string, error) {
	q.After, q.Limit = after, size
	page, err := answer[openapi.ExchangePage](c.ListPackets(ctx, &q))
	return page.Items, page.Next, err
}

func (g *Global) exchanges(items []openapi.ExchangeView) error {
	return table(g, items, []string{"packet", "from", "to", "status", "number", "registration", "title", "+state", "+kind", "+rule", "+at", "+changed"}, func(e *openapi.ExchangeView) []string {
		return []string{e.Packet, string(e.From), string(e.To), e.Status, e.Number.Number, e.Registration.Number, e.Title, string(e.State), e.Kind, e.Rule, g.at(e.At), g.at(e.Changed)}
	})
}

type packetFind struct {
	Listing
	Period
	Words     []string `arg:"" optional:"" help:"Слова, все из которых есть в номере, заголовке, виде или коде. / Words that all stand in the number, title, kind or id."`
	Number    string   `help:"Номер: отправителя или получателя. / Number: the sender's or the receiver's."`
	Title     string   `help:"Часть заголовка. / Part of the title."`
	Text      string   `help:"Часть текста задачи. / Part of a task's text."`
	Direction string   `help:"out, in или both. / out, in or both." enum:"out,in,both" default:"both"`
}

// Run is the command. It reads the lists page by page and stops at the limit.
func (p *packetFind) Run(ctx context.Context, g *Global) error {
	hub, err := p.open(g)
	if err != nil {
		return err
	}
	found := []openapi.ExchangeView{}
	for _, d := range []openapi.Direction{openapi.Out, openapi.In} {
		if p.Direction != "both" && p.Direction != string(d) {
			continue
		}
		listing := packetLs{Period: p.Period}
		page := func(after *string, size *int) ([]openapi.ExchangeView, string, error) {
			return hub.packets(ctx, listing.query(hub, d), after, size)
		}
		err := each(pageSize, page, func(items []openapi.ExchangeView) bool {
			for i := range items {
				if p.matches(&items[i]) && (p.Limit == 0 || len(found) < p.Limit) {
					found = append(found, items[i])
				}
			}
			return p.Limit == 0 || len(found) < p.Limit
		})
		if err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return &exitError{exitNotFound, fmt.Errorf("%s", g.Lang.Pick("ничего не найдено", "nothing was found"))}
	}
	return g.exchanges(found)
}

func (p *packetFind) matches(e *openapi.ExchangeView) bool {
	var texts []string
	numbers := []string{e.Number.Number, e.Registration.Number}
	for _, t := range e.Tasks {
		texts, numbers = append(texts, t.Text), append(numbers, t.Registration.Number)
	}
	for _, word := range p.Words {
		if !holds(word, append(numbers, e.Title, e.DocumentKind, e.Packet)...) {
			return false
		}
	}
	return holds(p.Number, numbers...) && holds(p.Title, e.Title) && holds(p.Text, texts...)
}

// holds says that the part stands in one of the texts, whatever its case; no part stands everywhere.
func holds(part string, texts ...string) bool {
	if part == "" {
		return true
	}
	for _, t := range texts {
		if strings.Contains(strings.ToLower(t), strings.ToLower(part)) {
			return true
		}
	}
	return false
}

type packetWithdraw struct {
	Connection
	Confirm
	Packet string               `arg:"" help:"Пакет. / Packet."`
	From   document.ContourCode `help:"Только у этого получателя. / From this receiver only."`
}

// Run is the command.
func (p *packetWithdraw) Run(ctx context.Context, g *Global) error {
	hub, err := p.open(g)
	if err != nil {
		return err
	}
	if err := p.ask(g, g.Lang.Pick("отозвать ", "withdraw ")+p.Packet); err != nil {
		return err
	}
	view, err := answer[openapi.PacketView](hub.WithdrawPacket(ctx, p.Packet, &openapi.WithdrawPacketParams{Receiver: optional(p.From), Lang: hub.lang()}))
	if err != nil {
		return err
	}
	return g.exchanges(view.Exchanges)
}

// settled says that nothing more is to be expected of an exchange; good, that it ended as the sender wished.
func settled(e *openapi.ExchangeView) (ended, good bool) {
	ended, good = receipts.Settled(e.State), e.State == document.Registered || e.State == document.Answered
	registered := good // only then the tasks go on
	for i := range e.Tasks {
		s := e.Tasks[i].State
		ended = ended && (!registered || s == document.TaskClosed || s == document.TaskDeclined)
		good = good && s != document.TaskDeclined
	}
	return ended, good
}

func (g *Global) receiptLine(r *openapi.Receipt) string {
	at := r.At
	if g.TZ.Location != nil {
		at = at.In(g.TZ.Location)
	}
	text := r.Text
	if r.Note != "" {
		text += ": " + flat(r.Note)
	}
	if r.Bad {
		text = g.paint(red, text)
	}
	sender, _, _ := strings.Cut(r.Packet, ":")
	return fmt.Sprintf("%s  #%-4d %-8s → %-8s %s", at.Format(time.DateTime+" -07:00"), r.Leaf, sender, r.Receiver, text)
}
