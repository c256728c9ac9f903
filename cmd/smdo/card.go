package main

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// cardCommand is about registration cards of outgoing documents.
type cardCommand struct {
	Create   cardCreate   `cmd:"" help:"Завести карточку. / Open a card."`
	Attach   cardAttach   `cmd:"" help:"Приложить файл с подписями. / Attach a file with its signatures."`
	Show     cardShow     `cmd:"" help:"Карточка, подписи, квитанции. / A card, its signatures and receipts."`
	Edit     cardEdit     `cmd:"" help:"Изменить черновик. / Change the draft."`
	Ls       cardLs       `cmd:"" help:"Карточки журнала или черновики. / Cards of a journal, or drafts."`
	Register cardRegister `cmd:"" help:"Зарегистрировать: дать номер. / Register: give a number."`
	Send     cardSend     `cmd:"" help:"Послать зарегистрированную. / Send a registered one."`
	Decide   cardDecide   `cmd:"" help:"Решение делопроизводителя по входящему. / A clerk's decision on an incoming document."`
}

type cardCreate struct {
	Connection
	Draft
	Packet string `arg:"" optional:"" help:"Файл черновика, JSON или YAML. / Draft file, JSON or YAML."`
}

// Run is the command. The id of the card is what it prints.
func (c *cardCreate) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	card, err := hub.createCard(ctx, &c.Draft, c.Packet)
	if err != nil {
		return err
	}
	return g.card(&card, "карточка заведена", "the card was opened")
}

func (c *client) createCard(ctx context.Context, d *Draft, file string) (openapi.CardView, error) {
	p := &document.Packet{Kind: document.Main, Acknow: document.AcknowAlways, Edition: document.Edition}
	if file != "" {
		var err error
		if p, err = readPacket(file); err != nil {
			return openapi.CardView{}, err
		}
	}
	if err := d.fill(p, c.g.Lang); err != nil {
		return openapi.CardView{}, err
	}
	return answer[openapi.CardView](c.CreateCard(ctx, &openapi.CreateCardParams{Lang: c.lang()}, openapi.Packet(*p)))
}

// card prints the id of a card, or all of it with -o json, and tells a person what happened.
func (g *Global) card(c *openapi.CardView, ru, en string) error {
	g.say(ru+" "+c.Number.Number, en+" "+c.Number.Number)
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(c)
	}
	_, err := fmt.Fprintln(g.stdout, c.ID)
	return err
}

type cardAttach struct {
	Connection
	Files
	Card string `arg:"" help:"Карточка. / Card."`
}

// Run is the command.
func (c *cardAttach) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	files, err := c.Files.read(g.Lang)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return &exitError{exitUsage, fmt.Errorf("%s", g.Lang.Pick("укажите --file", "give --file"))}
	}
	var card openapi.CardView
	for i := range files {
		if card, err = hub.attach(ctx, c.Card, &files[i], &c.Files); err != nil {
			return err
		}
	}
	return g.card(&card, "файлы приложены", "the files were attached")
}

func (c *client) attach(ctx context.Context, card string, f *outgoing, how *Files) (openapi.CardView, error) {
	params := &openapi.AttachFileParams{Emulate: optional(how.Emulate), Algorithm: optional(how.Algorithm), Lang: c.lang()}
	return stream(func(w *multipart.Writer) error { return writeFiles(w, []outgoing{*f}) },
		func(contentType string, body io.Reader) (openapi.CardView, error) {
			return answer[openapi.CardView](c.AttachFileWithBody(ctx, card, params, contentType, body))
		})
}

type cardShow struct {
	Connection
	Card string `arg:"" help:"Карточка. / Card."`
	Save string `help:"Сохранить файлы и подписи в каталог. / Save files and signatures into a folder." type:"path"`
}

// Run is the command.
func (c *cardShow) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	card, err := answer[openapi.CardView](hub.GetCard(ctx, c.Card, &openapi.GetCardParams{Lang: hub.lang()}))
	if err != nil {
		return err
	}
	if c.Save != "" {
		if err := hub.save(ctx, c.Save, card.Files, func(sha256 string) (io.ReadCloser, error) { return content(hub.GetCardFile(ctx, c.Card, sha256)) }); err != nil {
			return err
		}
	}
	return g.cardView(&card)
}

type cardLs struct {
	Listing
	Journal document.JournalCode `help:"Журнал; без него черновики и ждущие решения. / Journal; without it drafts and what waits for a clerk."`
	Year    int                  `help:"Год журнала. / Year of the journal."`
	State   document.CardState   `help:"Только в этом состоянии. / Only in this state."`
}

// Run is the command.
func (c *cardLs) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	items, err := collect(c.Limit, func(after *string, size *int) ([]openapi.CardSummary, string, error) {
		page, err := answer[openapi.CardPage](hub.ListCards(ctx, &openapi.ListCardsParams{Journal: optional(c.Journal), Year: optional(c.Year), State: optional(c.State), After: after, Limit: size, Lang: hub.lang()}))
		return page.Items, page.Next, err
	})
	if err != nil {
		return err
	}
	return g.cards(items)
}

func (g *Global) cards(items []openapi.CardSummary) error {
	return table(g, items, []string{"number", "date", "correspondent", "sender_number", "kind", "title", "executor", "status", "card", "+journal", "+state", "+packet", "+task", "+at"}, func(c *openapi.CardSummary) []string {
		return []string{c.Number.Number, c.Number.Date, string(c.Correspondent), c.SenderNumber.Number, c.DocumentKind, c.Title, string(c.Executor), c.Status, c.ID, string(c.Journal), string(c.State), c.Packet, c.Task, g.at(c.At)}
	})
}
