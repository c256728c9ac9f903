package main

import (
	"context"
	"encoding/csv"
	"fmt"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// journalCommand is about journals.
type journalCommand struct {
	Ls         journalLs         `cmd:"" help:"Журналы контура и их счётчики. / The contour's journals and their counters."`
	Show       journalShow       `cmd:"" help:"Записи журнала, новые сверху. / Entries of a journal, newest first."`
	Register   journalRegister   `cmd:"" help:"Зарегистрировать ждущий документ. / Register a document that waits."`
	Refuse     journalRefuse     `cmd:"" help:"Отказать в регистрации с причиной. / Refuse registration with a reason."`
	NotSubject journalNotSubject `cmd:"" help:"Регистрации не подлежит. / Not subject to registration."`
	Export     journalExport     `cmd:"" help:"Весь журнал за год, CSV. / The whole journal of a year, CSV."`
}

type journalLs struct{ Connection }

// Run is the command.
func (j *journalLs) Run(ctx context.Context, g *Global) error {
	hub, err := j.open(g)
	if err != nil {
		return err
	}
	list, err := answer[openapi.JournalList](hub.ListJournals(ctx, &openapi.ListJournalsParams{Lang: hub.lang()}))
	if err != nil {
		return err
	}
	return table(g, list.Items, []string{"journal", "kind", "title", "template", "index", "register", "counters"}, func(j *openapi.Journal) []string {
		counters := ""
		for _, c := range j.Counters {
			counters += fmt.Sprintf("%d: %d  ", c.Year, c.Last)
		}
		return []string{string(j.Code), string(j.Kind), j.Title, j.Template, j.Index, j.Register, counters}
	})
}

// journalRef names a journal and a year of it.
type journalRef struct {
	Journal document.JournalCode `arg:"" help:"Журнал. / Journal."`
	Year    int                  `help:"Год; этот. / Year; this one."`
}

func (j *journalRef) page(ctx context.Context, hub *client, after *string, size *int) ([]openapi.CardSummary, string, error) {
	page, err := answer[openapi.CardPage](hub.ListJournalCards(ctx, j.Journal, &openapi.ListJournalCardsParams{Year: optional(j.Year), After: after, Limit: size, Lang: hub.lang()}))
	return page.Items, page.Next, err
}

type journalShow struct {
	Listing
	journalRef
}

// Run is the command.
func (j *journalShow) Run(ctx context.Context, g *Global) error {
	hub, err := j.open(g)
	if err != nil {
		return err
	}
	items, err := collect(j.Limit, func(after *string, size *int) ([]openapi.CardSummary, string, error) {
		return j.page(ctx, hub, after, size)
	})
	if err != nil {
		return err
	}
	return g.cards(items)
}

type journalExport struct {
	Connection
	journalRef
}

// Run is the command. Rows are written page by page: a journal of a million entries needs no memory.
func (j *journalExport) Run(ctx context.Context, g *Global) error {
	hub, err := j.open(g)
	if err != nil {
		return err
	}
	w := csv.NewWriter(g.stdout)
	_ = w.Write([]string{"number", "date", "seq", "correspondent", "sender_number", "sender_date", "document_kind", "title", "sheets", "restricted", "task_kind", "executor", "state", "status", "packet", "card", "at"})
	page := func(after *string, size *int) ([]openapi.CardSummary, string, error) {
		return j.page(ctx, hub, after, size)
	}
	err = each(pageSize, page, func(items []openapi.CardSummary) bool {
		for i := range items {
			_ = w.Write(exported(g, &items[i]))
		}
		w.Flush()
		return w.Error() == nil
	})
	if err != nil {
		return err
	}
	return w.Error()
}

func exported(g *Global, c *openapi.CardSummary) []string {
	return []string{c.Number.Number, c.Number.Date, fmt.Sprint(c.Seq), string(c.Correspondent), c.SenderNumber.Number, c.SenderNumber.Date, c.DocumentKind, c.Title,
		fmt.Sprint(c.Sheets), fmt.Sprint(c.Restricted), string(c.TaskKind), string(c.Executor), string(c.State), c.Status, c.Packet, c.ID, g.at(c.At)}
}

type journalRegister struct{ clerking }

// Run is the command.
func (j *journalRegister) Run(ctx context.Context, g *Global) error {
	return j.decide(ctx, g, codeRegistered, "")
}

type journalNotSubject struct{ clerking }

// Run is the command.
func (j *journalNotSubject) Run(ctx context.Context, g *Global) error {
	return j.decide(ctx, g, codeNotSubject, "")
}

type journalRefuse struct {
	clerking
	Reason string `help:"Причина; её увидит отправитель. / Reason; the sender will see it." required:""`
}

// Run is the command.
func (j *journalRefuse) Run(ctx context.Context, g *Global) error {
	return j.decide(ctx, g, codeRefused, j.Reason)
}
