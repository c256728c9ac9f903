package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

type contourExplain struct {
	Connection
	Rules      string                   `help:"По этому файлу, без хаба. / By this file, without a hub." type:"existingfile"`
	From       document.ContourCode     `help:"Отправитель; свой контур. / Sender; one's own contour."`
	To         document.ContourCode     `help:"Получатель. / Receiver." required:""`
	Author     document.ParticipantCode `help:"Кто посылает. / Who sends."`
	Kind       string                   `help:"Вид документа. / Kind of document."`
	Restricted bool                     `help:"ДСП. / Restricted."`
	Size       contours.Size            `help:"Объём файлов: 20MiB. / Size of the files: 20MiB."`
	Task       []taskFlag               `help:"Задача: sign:sidorova. / A task." sep:"none" placeholder:"KIND:EXECUTOR"`
	Emulated   bool                     `help:"Подпись эмулятора. / Signed by the emulator."`
	Answer     bool                     `help:"Это ответ на принятый пакет. / It answers a packet that was accepted."`
	At         moment                   `help:"На этот момент. / As at this moment."`
}

// Run is the command.
func (c *contourExplain) Run(ctx context.Context, g *Global) error {
	explain := c.byHub
	if c.Rules != "" {
		explain = c.byFile
	}
	e, err := explain(ctx, g)
	if err != nil {
		return err
	}
	if g.Output == "json" || g.Output == "yaml" {
		err = g.print(e)
	} else {
		g.explanation(e)
	}
	if err == nil && !e.Allowed {
		err = &exitError{exitDenied, fmt.Errorf("%s", e.Verdict)}
	}
	return err
}

func (g *Global) explanation(e *openapi.Explanation) {
	if e.Allowed {
		fmt.Fprintln(g.stdout, g.paint(green, e.Verdict))
	} else {
		fmt.Fprintln(g.stdout, g.paint(red, e.Verdict))
	}
	for _, s := range e.Steps {
		sign := g.paint(green, "+")
		if !s.Passed {
			sign = g.paint(red, "-")
		}
		fmt.Fprintln(g.stdout, strings.TrimRight(strings.Join([]string{" ", sign, s.Text, string(s.Code), s.Rule}, " "), " "))
	}
}

func (c *contourExplain) byHub(ctx context.Context, g *Global) (*openapi.Explanation, error) {
	hub, err := c.open(g)
	if err != nil {
		return nil, err
	}
	q := openapi.RuleQuestion{From: c.From, To: c.To, Author: c.Author, Kind: c.Kind, Restricted: c.Restricted, Size: int64(c.Size), Emulated: c.Emulated, Answer: c.Answer, At: c.At.Time}
	if c.Answer {
		q.Packet = openapi.KindName(document.Answer)
	}
	for _, t := range c.Task {
		task := openapi.RuleTask{Kind: t.kind, Smdo: t.kind == document.Sign || t.kind == document.Inform}
		for _, e := range t.executors {
			task.Executors = append(task.Executors, e.Participant)
		}
		q.Tasks = append(q.Tasks, task)
	}
	e, err := answer[openapi.Explanation](hub.ExplainRules(ctx, &openapi.ExplainRulesParams{Lang: hub.lang()}, q))
	return &e, err
}

// byFile decides here, by a file.
func (c *contourExplain) byFile(_ context.Context, g *Global) (*openapi.Explanation, error) {
	if c.From == "" {
		return nil, &exitError{exitUsage, fmt.Errorf("%s", g.Lang.Pick("с --rules нужен --from", "--rules needs --from"))}
	}
	book, err := openBook(c.Rules, g.Lang)
	if err != nil {
		return nil, err
	}
	r := contours.Request{From: c.From, To: c.To, Author: c.Author, Packet: document.Main, Kind: c.Kind, Restricted: c.Restricted, Size: int64(c.Size), Answer: c.Answer, Emulated: c.Emulated, At: c.At.Time}
	if c.Answer {
		r.Packet = document.Answer
	}
	if r.At.IsZero() {
		r.At = time.Now()
	}
	for i, t := range c.Task {
		task := contours.TaskRequest{Index: i, Kind: t.kind, SMDO: t.kind == document.Sign || t.kind == document.Inform}
		for j, e := range t.executors {
			task.Executors = append(task.Executors, contours.ExecutorRequest{Index: j, Participant: e.Participant})
		}
		r.Tasks = append(r.Tasks, task)
	}
	return explained(book.Explain(r, g.Lang)), nil
}

// explained gives an explanation the form that the API answers with.
func explained(e contours.Explanation) *openapi.Explanation {
	d := &e.Decision
	x := &openapi.Explanation{Allowed: d.Allowed, Blocked: d.Blocked, Verdict: e.Verdict, Rule: string(d.Rule), Policies: d.Policies, RulesVersion: d.Version, Steps: []openapi.ExplanationStep{}}
	for _, s := range e.Steps {
		step := openapi.ExplanationStep{Check: string(s.Check), Passed: s.Passed, Rule: s.Rule, Text: s.Text}
		if s.Fault != nil {
			step.Code = s.Fault.Code
		}
		x.Steps = append(x.Steps, step)
	}
	for i := range d.Faults {
		f := &d.Faults[i]
		x.Faults = append(x.Faults, openapi.Fault{Code: f.Code, Field: f.Field, Rule: cmp.Or(f.Rule, string(d.Rule)), TextRu: f.Text(document.Russian), TextEn: f.Text(document.English)})
	}
	return x
}
