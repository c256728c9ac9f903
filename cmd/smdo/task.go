package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// taskCommand is about tasks.
type taskCommand struct {
	Send        taskSend    `cmd:"" help:"Карточка, файл, подпись, номер и отправка за раз. / Card, file, signature, number and sending in one go."`
	Ls          taskLs      `cmd:"" help:"Задачи на столах контура. / Tasks on the contour's desks."`
	Show        taskShow    `cmd:"" help:"Задача и её файлы. / A task and its files."`
	Sign        taskSign    `cmd:"" help:"Подписать. / Sign."`
	Acknowledge taskNote    `cmd:"" help:"Ознакомиться; по поручению: отчитаться. / Take note; of an errand: report."`
	Decline     taskDecline `cmd:"" help:"Отклонить с причиной. / Decline with a reason."`
	Overdue     taskOverdue `cmd:"" help:"Просроченные поручения. / Errands past their term."`
}

type taskSend struct {
	Connection
	Draft
	Files
	Waiting
	Packet string `arg:"" optional:"" help:"Файл черновика, JSON или YAML. / Draft file, JSON or YAML."`
}

// Run is the command. The id of the packet is what it prints.
func (t *taskSend) Run(ctx context.Context, g *Global) error {
	hub, err := t.open(g)
	if err != nil {
		return err
	}
	files, err := t.Files.read(g.Lang)
	if err != nil {
		return err
	}
	if t.Author == "" {
		t.Author = t.Emulate
	}
	card, err := hub.createCard(ctx, &t.Draft, t.Packet)
	if err != nil {
		return err
	}
	for i := range files {
		if _, err := hub.attach(ctx, card.ID, &files[i], &t.Files); err != nil {
			return left(g, card.ID, err)
		}
	}
	if card, err = hub.registerCard(ctx, card.ID); err != nil {
		return left(g, card.ID, err)
	}
	g.say("карточка "+card.ID+", номер "+card.Number.Number, "card "+card.ID+", number "+card.Number.Number)
	outcome, err := hub.sendCard(ctx, card.ID, openapi.Sending{})
	if err != nil {
		return left(g, card.ID, err)
	}
	return t.after(ctx, g, hub, &outcome)
}

// left tells of a card that was opened but not sent.
func left(g *Global, card string, err error) error {
	g.say("карточка "+card+" осталась неотправленной: исправьте (smdo card edit, attach) и пошлите (smdo card register, send)",
		"card "+card+" stays unsent: correct it (smdo card edit, attach) and send it (smdo card register, send)")
	return err
}

type taskLs struct {
	Listing
	Executor document.ParticipantCode `help:"Только этого исполнителя. / Only this executor's."`
	State    document.TaskState       `help:"active, executed, closed или declined. / active, executed, closed or declined." enum:"active,executed,closed,declined," default:""`
}

// Run is the command.
func (t *taskLs) Run(ctx context.Context, g *Global) error {
	hub, err := t.open(g)
	if err != nil {
		return err
	}
	items, err := collect(t.Limit, func(after *string, size *int) ([]openapi.DeskTask, string, error) {
		return hub.tasks(ctx, t.Executor, t.State, after, size)
	})
	if err != nil {
		return err
	}
	return g.desk(items)
}

func (c *client) tasks(ctx context.Context, executor document.ParticipantCode, state document.TaskState, after *string, size *int) ([]openapi.DeskTask, string, error) {
	page, err := answer[openapi.TaskPage](c.ListTasks(ctx, &openapi.ListTasksParams{Executor: optional(executor), State: optional(state), After: after, Limit: size, Lang: c.lang()}))
	return page.Items, page.Next, err
}

func (g *Global) desk(items []openapi.DeskTask) error {
	return table(g, items, []string{"packet", "task", "kind", "executor", "from", "status", "registration", "term", "title", "+text", "+state", "+journal", "+changed"}, func(t *openapi.DeskTask) []string {
		return []string{t.Packet, t.ID, t.Kind.Text(g.Lang), string(t.Executor), string(t.From), t.Status, t.Registration.Number, t.Term, t.Title, t.Text, string(t.State), string(t.Journal), g.at(t.Changed)}
	})
}

type taskOverdue struct {
	Listing
	Executor document.ParticipantCode `help:"Только этого исполнителя. / Only this executor's."`
}

// Run is the command. Tasks marked «СМДО» have no term; only errands can be overdue.
func (t *taskOverdue) Run(ctx context.Context, g *Global) error {
	hub, err := t.open(g)
	if err != nil {
		return err
	}
	late, day := []openapi.DeskTask{}, today().String()
	page := func(after *string, size *int) ([]openapi.DeskTask, string, error) {
		return hub.tasks(ctx, t.Executor, document.TaskActive, after, size)
	}
	err = each(pageSize, page, func(items []openapi.DeskTask) bool {
		for _, d := range items {
			if d.Term != "" && d.Term < day && (t.Limit == 0 || len(late) < t.Limit) {
				late = append(late, d)
			}
		}
		return t.Limit == 0 || len(late) < t.Limit
	})
	if err != nil {
		return err
	}
	return g.desk(late)
}

// taskRef are the arguments that name a task.
type taskRef struct {
	Connection
	Packet string `arg:"" help:"Пакет. / Packet."`
	Task   string `arg:"" help:"Задача. / Task."`
}

func (t *taskRef) get(ctx context.Context, hub *client) (openapi.DeskTask, error) {
	return answer[openapi.DeskTask](hub.GetTask(ctx, t.Packet, t.Task, &openapi.GetTaskParams{Lang: hub.lang()}))
}

type taskShow struct{ taskRef }

// Run is the command.
func (t *taskShow) Run(ctx context.Context, g *Global) error {
	hub, err := t.open(g)
	if err != nil {
		return err
	}
	task, err := t.get(ctx, hub)
	if err != nil {
		return err
	}
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(task)
	}
	fmt.Fprintf(g.stdout, "%s %s  %s  %s\n", task.Packet, task.ID, task.Kind.Text(g.Lang), task.Status)
	fmt.Fprintln(g.stdout, strings.TrimSpace(strings.Join([]string{string(task.From), "→", string(task.Executor), task.Registration.Number, task.Term, task.Title}, " ")))
	if task.Text != "" {
		fmt.Fprintln(g.stdout, task.Text)
	}
	g.fileLines(task.Files)
	return nil
}
