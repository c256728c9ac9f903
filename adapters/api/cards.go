package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// CreateCard opens an outgoing card with a draft.
func (d *door) CreateCard(ctx context.Context, r openapi.CreateCardRequestObject) (openapi.CreateCardResponseObject, error) {
	c := callOf(ctx)
	draft := (*document.Packet)(r.Body)
	draft.ID.Sender = c.Contour
	if err := d.completeFiles(ctx, draft); err != nil {
		return nil, err
	}
	card, err := d.hub.CreateCard(ctx, c.Contour, draft)
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	if err != nil {
		return nil, err
	}
	headers := openapi.CreateCard201ResponseHeaders{Location: openapi.BasePath + "/cards/" + card.Key.String(), ETag: etag(card.Version)}
	return openapi.CreateCard201JSONResponse{Body: view, Headers: headers}, nil
}

// ListCards lists a journal's cards, or drafts and cards that wait for a clerk.
func (d *door) ListCards(ctx context.Context, r openapi.ListCardsRequestObject) (openapi.ListCardsResponseObject, error) {
	p := r.Params
	view, err := d.cardPage(ctx, value(p.Journal), value(p.Year), value(p.State), p.After, p.Limit)
	return openapi.ListCards200JSONResponse(view), err
}

// cardPage lists cards: of a journal the newest first, of what has no number the oldest.
func (d *door) cardPage(ctx context.Context, journal document.JournalCode, year int, state document.CardState, after *string, limit *int) (openapi.CardPage, error) {
	c := callOf(ctx)
	view := openapi.CardPage{Items: []openapi.CardSummary{}}
	q := record.CardQuery{Contour: c.Contour, Journal: journal, Year: year, State: state}
	if journal != "" {
		if d.journal(c.Contour, journal) == nil {
			return view, notFound("journal")
		}
		if year == 0 {
			q.Year = d.year(c.Contour)
		}
	}
	var err error
	if q.Page, err = page(after, limit); err != nil {
		return view, err
	}
	q.Newest = journal != ""
	cards, next, err := d.Record.Cards(ctx, q)
	if err != nil {
		return view, d.listError(ctx, after, err)
	}
	view.Next = next
	for _, card := range cards {
		view.Items = append(view.Items, cardSummary(card, c.lang))
	}
	return view, nil
}

// card returns a card of the contour; another's does not exist for it.
func (d *door) card(ctx context.Context, id string) (*record.Card, error) {
	key, err := record.ParseKey(id)
	if err != nil {
		return nil, notFound("card")
	}
	card, err := d.Record.Card(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	if card.Contour != callOf(ctx).Contour {
		return nil, notFound("card")
	}
	return card, nil
}

// GetCard shows one card.
func (d *door) GetCard(ctx context.Context, r openapi.GetCardRequestObject) (openapi.GetCardResponseObject, error) {
	card, err := d.card(ctx, r.Card)
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	return openapi.GetCard200JSONResponse{Body: view, Headers: openapi.GetCard200ResponseHeaders{ETag: etag(card.Version)}}, err
}

// EditCard applies a merge patch to the draft.
func (d *door) EditCard(ctx context.Context, r openapi.EditCardRequestObject) (openapi.EditCardResponseObject, error) {
	patch := map[string]any(*r.Body)
	if doc, ok := patch["document"].(map[string]any); ok {
		if _, ok := doc["files"]; ok {
			return nil, bad("document.files", "POST /cards/{id}/files")
		}
	}
	card, err := d.edit(ctx, r.Card, r.Params.IfMatch, func(p *document.Packet) error { return mergeDraft(p, patch) })
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	return openapi.EditCard200JSONResponse{Body: view, Headers: openapi.EditCard200ResponseHeaders{ETag: etag(card.Version)}}, err
}

// edit changes the draft of a card at the version that If-Match names, or at whichever it is.
func (d *door) edit(ctx context.Context, id string, match *string, change func(*document.Packet) error) (*record.Card, error) {
	key, err := record.ParseKey(id)
	if err != nil {
		return nil, notFound("card")
	}
	version, err := versionOf(match)
	if err != nil {
		return nil, err
	}
	return d.hub.EditCard(ctx, callOf(ctx).Contour, key, version, change)
}

// mergeDraft merges a patch (RFC 7396) into the draft. Its files stay as they are.
func mergeDraft(p *document.Packet, patch map[string]any) error {
	if p.Document == nil {
		p.Document = &document.Document{}
	}
	files, id, kind, document0 := p.Document.Files, p.ID, p.Kind, p.Document.ID
	p.Document.Files = nil
	text, err := json.Marshal(openapi.Packet(*p))
	if err != nil {
		return err
	}
	var draft map[string]any
	if err := json.Unmarshal(text, &draft); err != nil {
		return err
	}
	if text, err = json.Marshal(merge(draft, patch)); err != nil {
		return err
	}
	var merged openapi.Packet
	if err := json.Unmarshal(text, &merged); err != nil {
		return err
	}
	*p = document.Packet(merged)
	if p.Document == nil {
		p.Document = &document.Document{}
	}
	if p.Document.ID == "" {
		p.Document.ID = document0
	}
	p.ID, p.Kind, p.Document.Files = id, kind, files
	return nil
}

func merge(into map[string]any, patch map[string]any) map[string]any {
	for name, v := range patch {
		inner, object := v.(map[string]any)
		switch {
		case v == nil:
			delete(into, name)
		case object:
			old, _ := into[name].(map[string]any)
			if old == nil {
				old = map[string]any{}
			}
			into[name] = merge(old, inner)
		default:
			into[name] = v
		}
	}
	return into
}

// RegisterCard gives the card its number.
func (d *door) RegisterCard(ctx context.Context, r openapi.RegisterCardRequestObject) (openapi.RegisterCardResponseObject, error) {
	key, err := record.ParseKey(r.Card)
	if err != nil {
		return nil, notFound("card")
	}
	card, err := d.hub.RegisterCard(ctx, callOf(ctx).Contour, key)
	if err != nil {
		return nil, err
	}
	view, err := d.cardView(ctx, card)
	return openapi.RegisterCard200JSONResponse{Body: view, Headers: openapi.RegisterCard200ResponseHeaders{ETag: etag(card.Version)}}, err
}

// SendCard sends the card's packet, with the receivers and tasks of the request where it names any.
func (d *door) SendCard(ctx context.Context, r openapi.SendCardRequestObject) (openapi.SendCardResponseObject, error) {
	c := callOf(ctx)
	key, err := record.ParseKey(r.Card)
	if err != nil {
		return nil, notFound("card")
	}
	if r.Body != nil {
		if err := d.address(ctx, r.Card, r.Body); err != nil {
			return nil, err
		}
	}
	o, err := d.hub.SendCard(ctx, c.Contour, key)
	var faults document.Faults
	if errors.As(err, &faults) && faults.Has(document.CardStateWrong) {
		return nil, faults
	}
	if err := verdict(o, err); err != nil {
		return nil, err
	}
	view, where := d.outcomeView(c, o), location(o.Packet)
	if o.Standing == broker.Custody {
		return openapi.SendCard201JSONResponse{Body: view, Headers: openapi.SendCard201ResponseHeaders{Location: where}}, nil
	}
	return openapi.SendCard202JSONResponse{Body: view, Headers: openapi.SendCard202ResponseHeaders{Location: where}}, nil
}

// DecideCard takes a clerk's decision.
func (d *door) DecideCard(ctx context.Context, r openapi.DecideCardRequestObject) (openapi.DecideCardResponseObject, error) {
	c, b := callOf(ctx), r.Body
	card, err := d.card(ctx, r.Card)
	if err != nil {
		return nil, err
	}
	if b.Code < document.CodeRegistered || b.Code > document.CodeUntrusted {
		return nil, bad("code", "0–3")
	}
	if err := short("reason", b.Reason, document.MaxNote); err != nil {
		return nil, err
	}
	if !d.hub.Book().Can(c.Contour, b.Clerk, contours.MayRegister) {
		return nil, document.Faults{document.NewFault(document.ParticipantUnknown, "clerk", string(b.Clerk))}
	}
	if err := d.hub.Decide(ctx, c.Contour, card.Key, broker.Decision{Code: b.Code, Reason: b.Reason, Clerk: b.Clerk}); err != nil {
		return nil, err
	}
	if err := d.hub.Barrier(ctx); err != nil { // a number is shown once it is sealed (D4), and the clerk needs it now
		return nil, err
	}
	if card, err = d.Record.Card(ctx, card.Key); err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	view, err := d.cardView(ctx, card)
	return openapi.DecideCard200JSONResponse{Body: view, Headers: openapi.DecideCard200ResponseHeaders{ETag: etag(card.Version)}}, err
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// versionOf reads If-Match; 0 when it is absent or takes any.
func versionOf(match *string) (int64, error) {
	text := strings.Trim(strings.TrimPrefix(value(match), "W/"), `"`)
	if text == "" || text == "*" {
		return 0, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < 0 {
		return 0, bad("If-Match", "version")
	}
	return v, nil
}
