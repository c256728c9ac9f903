package journal_test

import (
	"fmt"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/journal"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func ExampleTemplate_Number() {
	t, _ := journal.Parse("{seq:4}-{index}/{yy}")
	fmt.Println(t.Number(17, "вх", document.Date{Year: 2026, Month: 11, Day: 25}))
	// Output: 0017-вх/26
}

func TestTemplateNeedsExactlyOneSequence(t *testing.T) {
	for text, ok := range map[string]bool{
		"{seq}": true, journal.Standard: true, "№{seq:6}": true, "{month}/{seq}": true,
		"": false, "{index}/{year}": false, "{seq}{seq}": false, "{seq": false, "{seq:0}": false, "{seq}-{unknown}": false,
	} {
		_, fault := journal.Parse(text)
		if got := fault == nil; got != ok {
			t.Errorf("Parse(%q) accepted: %v, want %v", text, got, ok)
		}
		if fault != nil && fault.Code != document.JournalSequence {
			t.Errorf("Parse(%q) fault %s, want %s", text, fault.Code, document.JournalSequence)
		}
	}
}

func TestAJournalNeverGoesBelowItsLastDate(t *testing.T) {
	last := document.Date{Year: 2026, Month: 11, Day: 25}
	n, day := journal.Next(7, last, document.Date{Year: 2026, Month: 11, Day: 24})
	if n != 8 || day != last {
		t.Errorf("Next = %d, %v; want 8, %v", n, day, last)
	}
}
