// Package journal numbers what an organisation registers.
//
// A clerk opens the journal, writes the next number, the day and the index of the file, and never leaves
// a line empty: a gap in a journal is a document that somebody has to explain. This package composes the
// number by the journal's template and says which number and which day are next. Who holds the journal's
// lock, and that nothing is numbered twice, is the record's business.
package journal

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Template is the form of a journal's numbers: text with {seq}, {seq:5} (zero-padded to 5 digits),
// {index}, {year}, {yy} and {month}. It has exactly one {seq}. The zero value writes the bare number.
type Template struct {
	text string
}

// Standard is the template of a journal that names none.
const Standard = "{seq}-{index}/{year}"

var (
	place = regexp.MustCompile(`\{[^{}]*\}`)
	seq   = regexp.MustCompile(`^\{seq(:([1-9]))?\}$`)
)

// Parse reads a template. The fault is JRN-01 when it has no sequence, two of them, or an unknown place:
// such a journal would repeat its numbers.
func Parse(text string) (Template, *document.Fault) {
	sequences := 0
	for _, p := range place.FindAllString(text, -1) {
		switch {
		case seq.MatchString(p):
			sequences++
		case p == "{index}", p == "{year}", p == "{yy}", p == "{month}":
		default:
			f := document.NewFault(document.JournalSequence, "template", p)
			return Template{}, &f
		}
	}
	rest := place.ReplaceAllString(text, "")
	if sequences != 1 || strings.ContainsAny(rest, "{}") || len(text) > document.MaxName {
		f := document.NewFault(document.JournalSequence, "template")
		return Template{}, &f
	}
	return Template{text}, nil
}

// Number composes the number of the n-th document registered on that day in a journal with this index.
func (t Template) Number(n int64, index string, day document.Date) string {
	if t.text == "" {
		return strconv.FormatInt(n, 10)
	}
	return place.ReplaceAllStringFunc(t.text, func(p string) string {
		switch p {
		case "{index}":
			return index
		case "{year}":
			return fmt.Sprintf("%04d", day.Year)
		case "{yy}":
			return fmt.Sprintf("%02d", day.Year%100)
		case "{month}":
			return fmt.Sprintf("%02d", day.Month)
		}
		width, _ := strconv.Atoi(seq.FindStringSubmatch(p)[2])
		return fmt.Sprintf("%0*d", width, n)
	})
}

// Next returns the number after last and the day to write beside it: today, or the journal's last day
// when the clock stands before it (D16: a journal never goes below its last date).
func Next(last int64, lastDay, today document.Date) (int64, document.Date) {
	if today.Before(lastDay) {
		today = lastDay
	}
	return last + 1, today
}
