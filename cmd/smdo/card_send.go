package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

type cardRegister struct {
	Connection
	Card string `arg:"" help:"Карточка. / Card."`
}

// Run is the command.
func (c *cardRegister) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	card, err := hub.registerCard(ctx, c.Card)
	if err != nil {
		return err
	}
	return g.card(&card, "зарегистрирована под номером", "registered under the number")
}

func (c *client) registerCard(ctx context.Context, card string) (openapi.CardView, error) {
	return answer[openapi.CardView](c.RegisterCard(ctx, card, &openapi.RegisterCardParams{Lang: c.lang()}))
}

type cardSend struct {
	Connection
	Waiting
	Card   string                   `arg:"" help:"Карточка. / Card."`
	Author document.ParticipantCode `help:"Кто посылает. / Who sends."`
	To     []document.ContourCode   `help:"Контур-получатель; без него как в черновике. / Receiving contour; as in the draft without."`
	Task   []taskFlag               `help:"Задача: sign:sidorova; без неё как в черновике. / A task; as in the draft without." sep:"none" placeholder:"KIND:EXECUTOR"`
	Text   string                   `help:"Текст задач. / Text of the tasks."`
}

// Run is the command. The id of the packet is what it prints.
func (c *cardSend) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	to := c.To
	if len(to) == 0 && len(c.Task) > 0 { // whose executors they are says the draft
		card, err := answer[openapi.CardView](hub.GetCard(ctx, c.Card, &openapi.GetCardParams{Lang: hub.lang()}))
		if err != nil {
			return err
		}
		for i := range card.Draft.To {
			to = append(to, card.Draft.To[i].Contour)
		}
	}
	tasks, err := (&Draft{Task: c.Task, Text: c.Text}).tasks(to, g.Lang)
	if err != nil {
		return err
	}
	sending := openapi.Sending{Author: c.Author, To: c.To}
	for _, t := range tasks {
		sending.Tasks = append(sending.Tasks, openapi.Task(t))
	}
	outcome, err := hub.sendCard(ctx, c.Card, sending)
	if err != nil {
		return err
	}
	return c.after(ctx, g, hub, &outcome)
}

func (c *client) sendCard(ctx context.Context, card string, s openapi.Sending) (openapi.Outcome, error) {
	return answer[openapi.Outcome](c.SendCard(ctx, card, &openapi.SendCardParams{Lang: c.lang()}, s))
}

// clerking are the flags of a clerk's decisions.
type clerking struct {
	Connection
	Card  string                   `arg:"" help:"Карточка. / Card."`
	Clerk document.ParticipantCode `help:"Делопроизводитель. / The clerk." required:""`
}

// decide is a clerk's decision on a document that waits for registration.
func (c *clerking) decide(ctx context.Context, g *Global, code int, reason string) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	card, err := answer[openapi.CardView](hub.DecideCard(ctx, c.Card, &openapi.DecideCardParams{Lang: hub.lang()}, openapi.Decision{Code: code, Clerk: c.Clerk, Reason: reason}))
	if err != nil {
		return err
	}
	return g.card(&card, "решение принято", "decided")
}

// The codes of a clerk's decision, as in the formats.
const (
	codeRegistered = iota
	codeNotSubject
	codeRefused
	codeUntrusted
)

type cardDecide struct {
	clerking
	Decision string `arg:"" help:"registered, not-subject, refused, untrusted." enum:"registered,not-subject,refused,untrusted"`
	Reason   string `help:"Причина отказа. / Reason of a refusal."`
}

// Run is the command.
func (c *cardDecide) Run(ctx context.Context, g *Global) error {
	code := map[string]int{"registered": codeRegistered, "not-subject": codeNotSubject, "refused": codeRefused, "untrusted": codeUntrusted}[c.Decision]
	return c.decide(ctx, g, code, c.Reason)
}

// cardView prints a card for a person, or whole with -o json and yaml.
func (g *Global) cardView(c *openapi.CardView) error {
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(c)
	}
	number := strings.TrimSpace(c.Number.Number + " " + c.Number.Date)
	fmt.Fprintf(g.stdout, "%s  %s  %s\n%s  %s\n", c.ID, number, c.Status, c.DocumentKind, c.Title)
	g.fileLines(c.Files)
	for i := range c.Exchanges {
		g.exchangeLines(&c.Exchanges[i])
	}
	for i := range c.Receipts {
		fmt.Fprintln(g.stdout, g.receiptLine(&c.Receipts[i]))
	}
	return nil
}

func (g *Global) exchangeLines(e *openapi.ExchangeView) {
	fmt.Fprintf(g.stdout, "  → %-10s %-28s %s\n", e.To, e.Status, e.Registration.Number)
	for i := range e.Tasks {
		t := &e.Tasks[i]
		fmt.Fprintf(g.stdout, "      %-10s %-8s %-10s %-24s %s\n", t.ID, t.Kind, t.Executor, t.Status, t.Registration.Number)
	}
}
