package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

type packetSend struct {
	Connection
	Draft
	Files
	Waiting
	Packet  string         `arg:"" optional:"" help:"Файл пакета, JSON или YAML; - : стандартный ввод. / Packet file, JSON or YAML; - for the standard input."`
	MsgID   document.MsgID `name:"msg-id" help:"Имя пакета у отправителя; повтор под ним безвреден. / The sender's name of the packet; a repeat under it is harmless."`
	Number  string         `help:"Номер документа. / Number of the document." placeholder:"17-исх"`
	Date    string         `help:"Дата документа; сегодня. / Date of the document; today." placeholder:"2026-11-25"`
	Check   bool           `help:"Только спросить, что было бы отклонено. / Only ask what would be refused."`
	Example string         `help:"Пример для smdo dev от контура head-a: task, inform, untrusted, restricted. / An example for smdo dev, from the contour head-a." enum:"task,inform,untrusted,restricted,none" default:"none"`
}

// Run is the command. The id of the packet is what it prints.
func (s *packetSend) Run(ctx context.Context, g *Global) error {
	hub, err := s.open(g)
	if err != nil {
		return err
	}
	p, files, err := s.packet(g)
	if err != nil {
		return err
	}
	if s.Emulate != "" {
		if err := hub.emulate(ctx, &s.Files, files); err != nil {
			return err
		}
	}
	outcome, err := hub.submit(ctx, p, files, s.Check)
	if err != nil {
		return err
	}
	if s.Check {
		g.tellFaults(outcome.Faults)
		g.say("отклонено бы не было", "nothing would be refused")
		return g.partial(&outcome)
	}
	return s.after(ctx, g, hub, &outcome)
}

// packet is what the file, the flags and the example make together.
func (s *packetSend) packet(g *Global) (*document.Packet, []outgoing, error) {
	p := &document.Packet{Kind: document.Main, Acknow: document.AcknowAlways, Edition: document.Edition}
	if s.Packet != "" {
		var err error
		if p, err = readPacket(s.Packet); err != nil {
			return nil, nil, err
		}
	}
	files, err := s.Files.read(g.Lang)
	if err != nil {
		return nil, nil, err
	}
	if s.Example != "none" {
		files = append(files, s.example())
	}
	if s.Author == "" {
		s.Author = s.Emulate
	}
	if err := s.Draft.fill(p, g.Lang); err != nil {
		return nil, nil, err
	}
	if err := s.name(p); err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		if !slices.ContainsFunc(p.Document.Files, func(a document.Attachment) bool { return a.Name == f.name }) {
			p.Document.Files = append(p.Document.Files, document.Attachment{Name: f.name})
		}
	}
	return p, files, nil
}

// name gives the packet and its document what identifies them.
func (s *packetSend) name(p *document.Packet) error {
	if s.MsgID != "" {
		p.ID.MsgID = s.MsgID
	}
	if p.ID.MsgID == "" {
		p.ID.MsgID = document.MsgID(record.NewKey().String())
	}
	if p.Document.ID == "" {
		p.Document.ID = string(p.ID.MsgID)
	}
	if s.Number != "" {
		p.Document.Number.Number = s.Number
	}
	if s.Date != "" {
		date, err := document.ParseDate(s.Date)
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("--date: %w", err)}
		}
		p.Document.Number.Date = date
	}
	if p.Document.Number.Date.IsZero() && p.Document.Number.Number != "" {
		p.Document.Number.Date = today()
	}
	return nil
}

// example fills the flags with one of the examples and returns its file.
func (s *packetSend) example() outgoing {
	to, task := document.ContourCode("sub-a1"), taskFlag{document.Sign, []document.Executor{{Participant: "sidorova", Chief: true}}}
	switch s.Example {
	case "inform":
		to, task = "sub-a2", taskFlag{document.Inform, []document.Executor{{Participant: "kozlov", Chief: true}}}
	case "untrusted":
		to, task = "sub-b1", taskFlag{document.Inform, []document.Executor{{Participant: "belova", Chief: true}}}
	case "restricted":
		to, task = "sub-a2", taskFlag{document.Inform, []document.Executor{{Participant: "kozlov", Chief: true}}}
		s.Restricted = true
	}
	s.Kind, s.Sheets, s.Title, s.Emulate = "Приказ", 1, "О проведении инвентаризации", "petrov"
	s.To, s.Task = []document.ContourCode{to}, []taskFlag{task}
	if s.Number == "" {
		s.Number = "П-" + time.Now().Format("150405")
	}
	return outgoing{name: "Приказ.pdf", content: samplePDF("smdo-hub", "An example", time.Now().UTC().Format(time.RFC3339Nano))}
}

// Waiting are the flags of commands that send: whether to stay until it is settled.
type Waiting struct {
	Wait    bool          `help:"Ждать, пока не решится. / Wait until it is settled."`
	Timeout time.Duration `help:"Сколько ждать с --wait. / How long to wait with --wait." default:"1m"`
}

// after prints the id of what was sent, says where it stands, and waits if that was asked for.
func (w *Waiting) after(ctx context.Context, g *Global, hub *client, o *openapi.Outcome) error {
	if err := g.outcome(o); err != nil || !w.Wait {
		return err
	}
	return hub.watch(ctx, watching{packet: o.Packet, goal: goalSettled, timeout: w.Timeout, quiet: true})
}

// outcome prints what the hub answered: the id as data, the rest for a person.
func (g *Global) outcome(o *openapi.Outcome) error {
	if g.Output == "json" || g.Output == "yaml" {
		if err := g.print(o); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(g.stdout, o.Packet)
	}
	for i := range o.Receipts {
		g.say(g.receiptLine(&o.Receipts[i]), g.receiptLine(&o.Receipts[i]))
	}
	g.tellFaults(o.Faults)
	return g.partial(o)
}

// partial is the error for what was not, or not in whole, accepted.
func (g *Global) partial(o *openapi.Outcome) error {
	switch {
	case o.Standing == openapi.StandingQueued:
		return &exitError{exitPartial, fmt.Errorf("%s: %s", o.Packet, g.Lang.Pick("в очереди, хаб за него ещё не отвечает: пошлите снова под тем же --msg-id", "queued, the hub does not answer for it yet: send it again under the same --msg-id"))}
	case o.Standing == openapi.StandingHeld:
		return &exitError{exitPartial, fmt.Errorf("%s: %s", o.Packet, g.Lang.Pick("задержан: подпись пока нельзя проверить", "held: a signature cannot be decided yet"))}
	case o.Standing == openapi.StandingRefused:
		return &exitError{exitDenied, fmt.Errorf("%s: %s", o.Packet, g.Lang.Pick("отклонён", "refused"))}
	case len(o.Faults) > 0:
		return &exitError{exitPartial, fmt.Errorf("%s: %s", o.Packet, g.Lang.Pick("отклонён для части получателей", "refused for some receivers"))}
	}
	return nil
}

type packetRetry struct {
	Connection
	Waiting
	Packet string `arg:"" help:"Пакет. / Packet."`
}

// Run is the command. What was accepted keeps its receipts; what was refused is decided anew.
func (r *packetRetry) Run(ctx context.Context, g *Global) error {
	hub, err := r.open(g)
	if err != nil {
		return err
	}
	p, err := answer[openapi.Packet](hub.GetPacketBody(ctx, r.Packet))
	if err != nil {
		return err
	}
	outcome, err := hub.submit(ctx, (*document.Packet)(&p), nil, false)
	if err != nil {
		return err
	}
	return r.after(ctx, g, hub, &outcome)
}
