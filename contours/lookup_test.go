package contours_test

import (
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func TestTheBookKnowsWhoMayDoWhat(t *testing.T) {
	book := compile(t, []byte(strings.Replace(small, "{code: ob,", "{code: ob, state: suspended,", 1)))
	if !book.Active("a") || book.Active("b") || book.Active("z") {
		t.Errorf("active: a %v, b %v, z %v; want a alone", book.Active("a"), book.Active("b"), book.Active("z"))
	}
	if !book.Can("a", "petrov", contours.MaySend) || book.Can("a", "petrov", contours.MayExecute) || book.Can("b", "petrov", contours.MaySend) {
		t.Error("petrov may send, in contour a, and nothing else")
	}
	if p := book.Participant("b", "belova"); p == nil || p.Name != "Белова" {
		t.Errorf("participant b/belova is %v", p)
	}
	if o := book.Organisation(book.Contour("a").Organisation); o == nil || o.Code != "oa" {
		t.Errorf("a belongs to %v, want oa", o)
	}
	if book.Contour("z") != nil || book.Participant("z", "x") != nil || book.Journal("z", document.JournalTasks) != nil || book.Pair("b", "a") != nil {
		t.Error("the book knows what the file does not say")
	}
}

func TestDocumentsGoToTheFirstJournalOfTheirKind(t *testing.T) {
	book := compile(t, []byte(small))
	for kind, want := range map[document.JournalKind]document.JournalCode{document.JournalTasks: "tasks", document.JournalIncoming: "in"} {
		if j := book.Journal("b", kind); j == nil || j.Code != want {
			t.Errorf("journal for %s is %v, want %s", kind, j, want)
		}
	}
	if j := book.Journal("b", document.JournalOutgoing); j != nil {
		t.Errorf("b has an outgoing journal %v", j)
	}
}
