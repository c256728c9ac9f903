package api

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// ListJournals lists the contour's journals with their counters.
func (d *door) ListJournals(ctx context.Context, _ openapi.ListJournalsRequestObject) (openapi.ListJournalsResponseObject, error) {
	c := callOf(ctx)
	view := openapi.JournalList{Items: []openapi.Journal{}}
	own := d.hub.Book().Contour(c.Contour)
	if own == nil {
		return openapi.ListJournals200JSONResponse(view), nil
	}
	counters, err := d.Record.Journals(ctx, c.Contour)
	if err != nil {
		return nil, fmt.Errorf("journals: %w", err)
	}
	for i := range own.Journals {
		j := &own.Journals[i]
		v := openapi.Journal{
			Code: j.Code, Kind: j.Kind, Title: j.Title.Text(c.lang), Template: j.Template, Index: j.Index, Register: string(j.Register),
			Counters: []openapi.JournalCounter{},
		}
		for _, n := range counters {
			if n.Journal == j.Code {
				v.Counters = append(v.Counters, openapi.JournalCounter{Year: n.Year, Last: n.Last, Day: n.Day.String()})
			}
		}
		view.Items = append(view.Items, v)
	}
	return openapi.ListJournals200JSONResponse(view), nil
}

// ListJournalCards lists a journal's registered cards.
func (d *door) ListJournalCards(ctx context.Context, r openapi.ListJournalCardsRequestObject) (openapi.ListJournalCardsResponseObject, error) {
	view, err := d.cardPage(ctx, r.Journal, value(r.Params.Year), "", r.Params.After, r.Params.Limit)
	return openapi.ListJournalCards200JSONResponse(view), err
}

// journal returns a journal of the contour, nil when it has none of that code.
func (d *door) journal(contour document.ContourCode, code document.JournalCode) *contours.Journal {
	own := d.hub.Book().Contour(contour)
	if own == nil {
		return nil
	}
	for i := range own.Journals {
		if own.Journals[i].Code == code {
			return &own.Journals[i]
		}
	}
	return nil
}
