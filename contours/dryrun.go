package contours

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Report says what other rules would have decided about requests that were recorded.
type Report struct {
	Old, New int64 // versions of the rules
	Seen     int
	Changed  int // verdict, rule or faults are different
	Pairs    []PairCount
	Reasons  []ReasonCount
	Examples []Difference // the first ones, in the order of the requests
}

// PairCount counts the changed decisions between two contours.
type PairCount struct {
	From, To document.ContourCode
	Opened   int // refused before, allowed now
	Closed   int // allowed before, refused now
	Other    int // the same verdict for another reason, or by another rule
}

// ReasonCount counts how often a fault comes, or goes away.
type ReasonCount struct {
	Code    document.FaultCode
	Appears int
	Goes    int
}

// Difference is one request that is decided differently.
type Difference struct {
	Request  Request
	Old, New Decision
}

// DryRun decides recorded requests by both books and reports the differences, with up to that many
// examples. It has no effects. It keeps counts only, so any number of requests may pass; it ends at the
// first error of the iterator, with what was counted so far.
func DryRun(old, new *Book, requests iter.Seq2[Request, error], examples int) (Report, error) {
	report := Report{Old: old.version, New: new.version}
	pairs, reasons := map[way]*PairCount{}, map[document.FaultCode]*ReasonCount{}
	for r, err := range requests {
		if err != nil {
			return report.with(pairs, reasons), fmt.Errorf("read recorded request %d: %w", report.Seen+1, err)
		}
		report.Seen++
		was, is := old.Decide(r), new.Decide(r)
		if same(&was, &is) {
			continue
		}
		report.Changed++
		pair(pairs, &r).count(&was, &is)
		countReasons(reasons, &was, &is)
		if len(report.Examples) < examples {
			report.Examples = append(report.Examples, Difference{r, was, is})
		}
	}
	return report.with(pairs, reasons), nil
}

func same(a, b *Decision) bool {
	return a.Verdict() == b.Verdict() && a.Rule == b.Rule && a.TTL == b.TTL && a.Signatures == b.Signatures &&
		slices.Equal(a.Policies, b.Policies) && slices.Equal(codes(a.Codes()), codes(b.Codes()))
}

func pair(pairs map[way]*PairCount, r *Request) *PairCount {
	key := way{r.From, r.To}
	if pairs[key] == nil {
		pairs[key] = &PairCount{From: r.From, To: r.To}
	}
	return pairs[key]
}

func (p *PairCount) count(was, is *Decision) {
	switch {
	case is.Allowed && !was.Allowed:
		p.Opened++
	case was.Allowed && !is.Allowed:
		p.Closed++
	default:
		p.Other++
	}
}

func countReasons(reasons map[document.FaultCode]*ReasonCount, was, is *Decision) {
	before, after := codes(was.Codes()), codes(is.Codes())
	of := func(code document.FaultCode) *ReasonCount {
		if reasons[code] == nil {
			reasons[code] = &ReasonCount{Code: code}
		}
		return reasons[code]
	}
	for _, code := range after {
		if !slices.Contains(before, code) {
			of(code).Appears++
		}
	}
	for _, code := range before {
		if !slices.Contains(after, code) {
			of(code).Goes++
		}
	}
}

// with closes the report: most changed first.
func (r Report) with(pairs map[way]*PairCount, reasons map[document.FaultCode]*ReasonCount) Report {
	for _, p := range pairs {
		r.Pairs = append(r.Pairs, *p)
	}
	slices.SortFunc(r.Pairs, func(a, b PairCount) int {
		return cmp.Or(cmp.Compare(b.Opened+b.Closed+b.Other, a.Opened+a.Closed+a.Other), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, code := range slices.Sorted(maps.Keys(reasons)) {
		r.Reasons = append(r.Reasons, *reasons[code])
	}
	return r
}
