package api

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// DiffConfig says what a file would change.
func (d *door) DiffConfig(ctx context.Context, r openapi.DiffConfigRequestObject) (openapi.DiffConfigResponseObject, error) {
	_, next, err := readConfig(r.Body)
	if err != nil {
		return nil, err
	}
	book, c := d.hub.Book(), callOf(ctx)
	var current *contours.Config
	if book.Version() > 0 {
		current = book.Config()
	}
	view := openapi.ConfigDiff{Base: book.Version(), NeedsApproval: contours.NeedsApproval(current, next), Items: []openapi.ConfigChange{}}
	for _, change := range contours.Diff(current, next) {
		view.Items = append(view.Items, openapi.ConfigChange{
			What: string(change.What), ID: change.ID, How: string(change.How), Field: change.Field, Old: change.Old, New: change.New, Text: change.Text(c.lang),
		})
	}
	return openapi.DiffConfig200JSONResponse(view), nil
}

// TestConfig runs the cases that stand in a file.
func (d *door) TestConfig(ctx context.Context, r openapi.TestConfigRequestObject) (openapi.TestConfigResponseObject, error) {
	_, config, err := readConfig(r.Body)
	if err != nil {
		return nil, err
	}
	results, err := d.runCases(config)
	if err != nil {
		return nil, err
	}
	view := openapi.ConfigTest{Items: make([]openapi.CaseResult, len(results))}
	for i, result := range results {
		view.Items[i] = openapi.CaseResult{Name: result.Case.Name, Passed: result.Passed, Explanation: result.Explanation.String()}
		if result.Passed {
			view.Passed++
		} else {
			view.Failed++
		}
	}
	return openapi.TestConfig200JSONResponse(view), nil
}

const (
	tryBack     = 30 * 24 * time.Hour
	tryExamples = 20
)

// DryrunConfig decides recorded packets again under a file.
func (d *door) DryrunConfig(ctx context.Context, r openapi.DryrunConfigRequestObject) (openapi.DryrunConfigResponseObject, error) {
	_, config, err := readConfig(r.Body)
	if err != nil {
		return nil, err
	}
	next, err := contours.NewBook(config, 0)
	if err != nil {
		return nil, fmt.Errorf("compile rules: %w", err)
	}
	since := d.hub.Clock().Add(-tryBack)
	if r.Params.Since != nil {
		since = *r.Params.Since
	}
	report, err := contours.DryRun(d.hub.Book(), next, d.recorded(ctx, since), tryExamples)
	if err != nil {
		return nil, err
	}
	return openapi.DryrunConfig200JSONResponse(dryRunView(&report)), nil
}

// recorded yields what the rules were asked about accepted packets, oldest first, a request a receiver.
func (d *door) recorded(ctx context.Context, since time.Time) iter.Seq2[contours.Request, error] {
	return func(yield func(contours.Request, error) bool) {
		var after record.Key
		for {
			packets, _, err := d.Record.History(ctx, since, after, 100)
			if err != nil || len(packets) == 0 {
				if err != nil {
					yield(contours.Request{}, err)
				}
				return
			}
			for _, row := range packets {
				p, err := d.body(ctx, row)
				if err != nil {
					yield(contours.Request{}, err)
					return
				}
				for i := range p.To {
					request := contours.RequestFor(p, i, row.At)
					request.Answer, request.Emulated = row.Kind == document.Answer, row.Emulated
					if !yield(request, nil) {
						return
					}
				}
			}
			after = packets[len(packets)-1].Key
		}
	}
}

func dryRunView(r *contours.Report) openapi.DryRun {
	view := openapi.DryRun{Base: r.Old, Seen: r.Seen, Changed: r.Changed, Pairs: []openapi.DryRunPair{}, Reasons: []openapi.DryRunReason{}, Examples: []openapi.DryRunExample{}}
	for _, p := range r.Pairs {
		view.Pairs = append(view.Pairs, openapi.DryRunPair{From: p.From, To: p.To, Opened: p.Opened, Closed: p.Closed, Other: p.Other})
	}
	for _, reason := range r.Reasons {
		view.Reasons = append(view.Reasons, openapi.DryRunReason{Code: reason.Code, Appears: reason.Appears, Goes: reason.Goes})
	}
	for i := range r.Examples {
		e := &r.Examples[i]
		view.Examples = append(view.Examples, openapi.DryRunExample{
			From: e.Request.From, To: e.Request.To, Kind: e.Request.Kind, At: e.Request.At.UTC(), Before: string(e.Old.Verdict()), After: string(e.New.Verdict()),
			Faults: faultViews(e.New.Faults),
		})
	}
	return view
}
