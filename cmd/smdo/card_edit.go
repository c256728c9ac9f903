package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

type cardEdit struct {
	Connection
	Card    string                   `arg:"" help:"Карточка. / Card."`
	Kind    string                   `help:"Вид документа. / Kind of document."`
	Sheets  int                      `help:"Листов. / Sheets."`
	Title   string                   `help:"Заголовок. / Title."`
	Subject string                   `help:"Тема пакета. / Subject of the packet."`
	Author  document.ParticipantCode `help:"Кто посылает. / Who sends."`
	Patch   string                   `help:"Файл JSON merge patch (RFC 7396); - : стандартный ввод. / A JSON merge patch file; - for the standard input."`
	Version int64                    `help:"Только если версия карточки эта. / Only if this is the card's version."`
}

// Run is the command.
func (c *cardEdit) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	patch, err := c.patch()
	if err != nil {
		return err
	}
	params := &openapi.EditCardParams{Lang: hub.lang()}
	if c.Version > 0 {
		params.IfMatch = optional(strconv.Quote(strconv.FormatInt(c.Version, 10)))
	}
	card, err := answer[openapi.CardView](hub.EditCardWithApplicationMergePatchPlusJSONBody(ctx, c.Card, params, patch))
	if err != nil {
		return err
	}
	return g.card(&card, "карточка изменена", "the card was changed")
}

func (c *cardEdit) patch() (openapi.MergePatch, error) {
	patch := openapi.MergePatch{}
	if c.Patch != "" {
		text, err := readFile(c.Patch)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &patch); err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("%s: %w", c.Patch, err)}
		}
	}
	of, _ := patch["document"].(map[string]any)
	if of == nil {
		of = map[string]any{}
	}
	set := func(in map[string]any, name string, value any, given bool) {
		if given {
			in[name] = value
		}
	}
	set(of, "kind", c.Kind, c.Kind != "")
	set(of, "sheets", c.Sheets, c.Sheets != 0)
	set(of, "title", c.Title, c.Title != "")
	set(patch, "document", of, len(of) > 0)
	set(patch, "subject", c.Subject, c.Subject != "")
	set(patch, "author", c.Author, c.Author != "")
	return patch, nil
}
