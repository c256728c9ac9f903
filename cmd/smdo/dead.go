package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// deadCommand is about dead letters.
type deadCommand struct {
	Ls     deadLs     `cmd:"" help:"Список с причинами. / List with reasons."`
	Show   deadShow   `cmd:"" help:"Одно, без содержимого. / One, without its content."`
	Return deadReturn `cmd:"" help:"Вернуть в обработку: одно или все этапа. / Return to where it came from: one, or all of a stage."`
	Drop   deadDrop   `cmd:"" help:"Удалить навсегда: одно или все этапа. / Drop for good: one, or all of a stage."`
}

type deadLs struct {
	Listing
	Stage openapi.DeadStage `help:"admit, report или register. / admit, report or register." enum:"admit,report,register," default:""`
}

// Run is the command.
func (d *deadLs) Run(ctx context.Context, g *Global) error {
	hub, err := d.open(g)
	if err != nil {
		return err
	}
	items, err := hub.letters(ctx, d.Stage, d.Limit)
	if err != nil {
		return err
	}
	return table(g, items, []string{"letter", "stage", "contour", "at", "reason", "+subject", "+size"}, func(l *openapi.DeadLetter) []string {
		return []string{l.ID, string(l.Stage), string(l.Contour), g.at(l.At), l.Reason, l.Subject, strconv.Itoa(l.Size)}
	})
}

func (c *client) letters(ctx context.Context, stage openapi.DeadStage, limit int) ([]openapi.DeadLetter, error) {
	return collect(limit, func(after *string, size *int) ([]openapi.DeadLetter, string, error) {
		page, err := answer[openapi.DeadLetterPage](c.ListDeadLetters(ctx, &openapi.ListDeadLettersParams{Stage: optional(stage), After: after, Limit: size}))
		return page.Items, page.Next, err
	})
}

type deadShow struct {
	Connection
	Letter string `arg:"" help:"Письмо. / Letter."`
}

// Run is the command.
func (d *deadShow) Run(ctx context.Context, g *Global) error {
	hub, err := d.open(g)
	if err != nil {
		return err
	}
	letter, err := answer[openapi.DeadLetter](hub.GetDeadLetter(ctx, d.Letter))
	if err != nil {
		return err
	}
	return g.print(letter)
}

// letterChoice names one letter or all of a stage.
type letterChoice struct {
	Connection
	Confirm
	Letter string            `arg:"" optional:"" help:"Письмо. / Letter."`
	Stage  openapi.DeadStage `help:"Все этого этапа: admit, report, register. / All of this stage." enum:"admit,report,register," default:""`
	DryRun bool              `help:"Только сосчитать. / Only count."`
}

func (d *letterChoice) prepare(g *Global) (*client, error) {
	if (d.Letter == "") == (d.Stage == "") {
		return nil, &exitError{exitUsage, fmt.Errorf("%s", g.Lang.Pick("укажите письмо или --stage", "give a letter or --stage"))}
	}
	return d.open(g)
}

// chosen are the letters that are meant.
func (d *letterChoice) chosen(ctx context.Context, hub *client) ([]openapi.DeadLetter, error) {
	if d.Stage != "" {
		return hub.letters(ctx, d.Stage, 0)
	}
	letter, err := answer[openapi.DeadLetter](hub.GetDeadLetter(ctx, d.Letter))
	return []openapi.DeadLetter{letter}, err
}

func (g *Global) count(n int, ru, en string) error {
	g.say(fmt.Sprintf(ru, n), fmt.Sprintf(en, n))
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(openapi.Count{Count: n})
	}
	_, err := fmt.Fprintln(g.stdout, n)
	return err
}

type deadReturn struct{ letterChoice }

// Run is the command.
func (d *deadReturn) Run(ctx context.Context, g *Global) error {
	hub, err := d.prepare(g)
	if err != nil {
		return err
	}
	letters, err := d.chosen(ctx, hub)
	if err != nil {
		return err
	}
	if d.DryRun || len(letters) == 0 {
		return g.count(len(letters), "вернулось бы: %d", "would return: %d")
	}
	if err := d.ask(g, fmt.Sprintf(g.Lang.Pick("вернуть в обработку: %d", "return to processing: %d"), len(letters))); err != nil {
		return err
	}
	var n openapi.Count
	if d.Stage != "" {
		n, err = answer[openapi.Count](hub.ReturnDeadLetters(ctx, &openapi.ReturnDeadLettersParams{Stage: d.Stage}))
	} else {
		n, err = answer[openapi.Count](hub.ReturnDeadLetter(ctx, d.Letter))
	}
	if err != nil {
		return err
	}
	return g.count(n.Count, "возвращено: %d", "returned: %d")
}

type deadDrop struct{ letterChoice }

// Run is the command.
func (d *deadDrop) Run(ctx context.Context, g *Global) error {
	hub, err := d.prepare(g)
	if err != nil {
		return err
	}
	letters, err := d.chosen(ctx, hub)
	if err != nil {
		return err
	}
	if d.DryRun || len(letters) == 0 {
		return g.count(len(letters), "удалилось бы: %d", "would be dropped: %d")
	}
	if err := d.ask(g, fmt.Sprintf(g.Lang.Pick("удалить навсегда: %d", "drop for good: %d"), len(letters))); err != nil {
		return err
	}
	for i, l := range letters {
		if err := done(hub.DropDeadLetter(ctx, l.ID)); err != nil {
			return fmt.Errorf(g.Lang.Pick("удалено %d из %d: %w", "dropped %d of %d: %w"), i, len(letters), err)
		}
	}
	return g.count(len(letters), "удалено: %d", "dropped: %d")
}

// reconcileCommand does now what is overdue.
type reconcileCommand struct{ Connection }

// Run is the command.
func (r *reconcileCommand) Run(ctx context.Context, g *Global) error {
	hub, err := r.open(g)
	if err != nil {
		return err
	}
	n, err := answer[openapi.Count](hub.Reconcile(ctx))
	if err != nil {
		return err
	}
	return g.count(n.Count, "затронуто: %d", "touched: %d")
}
