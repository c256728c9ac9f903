package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// ListContours lists all contours, for those who run the hub.
func (d *door) ListContours(ctx context.Context, r openapi.ListContoursRequestObject) (openapi.ListContoursResponseObject, error) {
	config := d.hub.Book().Config()
	codes := make([]document.ContourCode, len(config.Contours))
	for i := range config.Contours {
		codes[i] = config.Contours[i].Code
	}
	slices.Sort(codes)
	view, err := d.contourPage(ctx, codes, r.Params.After, r.Params.Limit)
	return openapi.ListContours200JSONResponse(view), err
}

// ListTrusted lists the contours that one's own may send to (C02).
func (d *door) ListTrusted(ctx context.Context, r openapi.ListTrustedRequestObject) (openapi.ListTrustedResponseObject, error) {
	view, err := d.contourPage(ctx, d.hub.Book().Trusted(callOf(ctx).Contour), r.Params.After, r.Params.Limit)
	return openapi.ListTrusted200JSONResponse(view), err
}

// contourPage shows a page of sorted codes.
func (d *door) contourPage(ctx context.Context, codes []document.ContourCode, after *string, limit *int) (openapi.ContourPage, error) {
	view := openapi.ContourPage{Items: []openapi.ContourView{}}
	p, err := page(after, limit)
	if err != nil {
		return view, err
	}
	from, _ := slices.BinarySearchFunc(codes, document.ContourCode(p.After), func(code, after document.ContourCode) int {
		return cmp.Or(cmp.Compare(code, after), -1) // after it, not at it
	})
	if p.After == "" {
		from = 0
	}
	for _, code := range codes[from:min(len(codes), from+p.Limit)] {
		view.Items = append(view.Items, d.contourView(callOf(ctx), code))
	}
	if from+p.Limit < len(codes) {
		view.Next = string(codes[from+p.Limit-1])
	}
	return view, nil
}

// contourView shows a contour: one's own with all participants, another with those who may be named as
// executors and with what may be sent there (S04). Auditors see no people (D17).
func (d *door) contourView(c *call, code document.ContourCode) openapi.ContourView {
	book := d.hub.Book()
	k := book.Contour(code)
	v := openapi.ContourView{
		Code: code, Title: k.Title.Text(c.lang), Organisation: string(k.Organisation), Active: book.Active(code), Delivery: string(k.Delivery),
		TimeZone: k.TimeZone, Preset: string(k.Preset),
	}
	if o := book.Organisation(k.Organisation); o != nil {
		v.OrganisationName = o.Name.Text(c.lang)
	}
	if pair := book.Pair(c.Contour, code); pair != nil && c.Role == record.RoleContour {
		v.Rule = pairView(pair)
	}
	for i := range k.Participants {
		p := &k.Participants[i]
		whole := c.Role == record.RoleAdmin || c.Contour == code
		if c.Role == record.RoleAuditor || !whole && !book.Can(code, p.Code, contours.MayExecute) {
			continue
		}
		v.Participants = append(v.Participants, participantView(p, whole))
	}
	return v
}

func participantView(p *contours.Participant, whole bool) openapi.Participant {
	v := openapi.Participant{Code: p.Code, Name: p.Name, Rights: []string{string(contours.MayExecute)}}
	if whole {
		v.Rights = texts(p.Rights)
	}
	return v
}

func pairView(p *contours.Pair) openapi.PairView {
	return openapi.PairView{
		ID: string(p.ID), Kinds: p.Kinds, Tasks: p.Tasks, Restricted: p.Restricted, MaxSize: int64(p.MaxSize), Requisites: texts(p.Requisites),
		Emulator: p.Signatures.Emulator == contours.AllowEmulator,
	}
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// GetContour shows one's own contour, or one that it may send to; an administrator sees any.
func (d *door) GetContour(ctx context.Context, r openapi.GetContourRequestObject) (openapi.GetContourResponseObject, error) {
	c, book := callOf(ctx), d.hub.Book()
	known := c.Role == record.RoleAdmin || c.Contour == r.Contour || slices.Contains(book.Trusted(c.Contour), r.Contour)
	if !known || book.Contour(r.Contour) == nil {
		return nil, notFound("contour")
	}
	view := d.contourView(c, r.Contour)
	if c.Role == record.RoleAdmin || c.Contour == r.Contour {
		stored, err := d.Record.Stored(ctx, r.Contour)
		if err != nil {
			return nil, fmt.Errorf("contour: %w", err)
		}
		view.Stored, view.Quota = &stored, int64(book.Contour(r.Contour).Quota)
	}
	return openapi.GetContour200JSONResponse(view), nil
}

// ExplainRules says which rule decides on a packet and why.
func (d *door) ExplainRules(ctx context.Context, r openapi.ExplainRulesRequestObject) (openapi.ExplainRulesResponseObject, error) {
	c, q := callOf(ctx), r.Body
	if c.Role == record.RoleContour {
		if q.From != "" && q.From != c.Contour {
			return nil, errForbidden
		}
		q.From = c.Contour
	}
	request, err := d.question(q)
	if err != nil {
		return nil, err
	}
	e := d.hub.Book().Explain(request, c.lang)
	view := openapi.Explanation{
		Allowed: e.Decision.Allowed, Blocked: e.Decision.Blocked, Verdict: e.Verdict, Rule: string(e.Decision.Rule), Policies: e.Decision.Policies,
		RulesVersion: e.Decision.Version, Faults: faultViews(e.Decision.Faults), Steps: make([]openapi.ExplanationStep, len(e.Steps)),
	}
	for i, s := range e.Steps {
		view.Steps[i] = openapi.ExplanationStep{Check: string(s.Check), Passed: s.Passed, Rule: s.Rule, Text: s.Text}
		if s.Fault != nil {
			view.Steps[i].Code = s.Fault.Code
		}
	}
	return openapi.ExplainRules200JSONResponse(view), nil
}

func (d *door) question(q *openapi.RuleQuestion) (contours.Request, error) {
	r := contours.Request{
		From: q.From, To: q.To, Author: q.Author, Packet: document.Main, Kind: q.Kind, Restricted: q.Restricted, Size: q.Size, Answer: q.Answer,
		Emulated: q.Emulated, At: q.At,
	}
	if q.Packet != "" {
		kind, ok := openapi.KindOf(q.Packet)
		if !ok {
			return r, bad("packet", "main, additions, answer, additions_to_answer")
		}
		r.Packet = kind
	}
	if r.At.IsZero() {
		r.At = d.hub.Clock()
	}
	for _, name := range q.Requisites {
		r.Requisites = append(r.Requisites, contours.Requisite(name))
	}
	for i, t := range q.Tasks {
		task := contours.TaskRequest{Index: i, Kind: t.Kind, SMDO: t.Smdo}
		for n, code := range t.Executors {
			task.Executors = append(task.Executors, contours.ExecutorRequest{Index: n, Participant: code})
		}
		r.Tasks = append(r.Tasks, task)
	}
	return r, nil
}
