package contours_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// noon is the fixed time of these tests.
func noon() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }

func ExampleBook_Explain() {
	config, problems := contours.Parse(contours.Example())
	if problems != nil {
		fmt.Println(problems.Describe(document.Russian))
		return
	}
	book, err := contours.NewBook(config, 7)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(book.Explain(contours.Request{
		From: "head-a", To: "sub-b1", Author: "petrov", Packet: document.Main, Kind: "Приказ", At: noon(),
	}, document.Russian))
	// Output:
	// Запрещено: head-a → sub-b1, замечаний: 1, версия правил 7
	// + отправитель «head-a» – действующий абонент
	// + получатель «sub-b1» – действующий абонент
	// + «petrov» – участник обмена с нужным правом
	// + вид «Приказ» допущен к обмену
	// − TRU-01 контур «sub-b1» не входит в доверенные контуры контура «head-a»
}

func TestTheExampleStandsItsOwnCases(t *testing.T) {
	book := compile(t, contours.Example())
	results := book.RunCases(book.Config().Cases, noon())
	if len(results) < 5 {
		t.Fatalf("%d cases, want the journey", len(results))
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("case %q:\n%s", r.Case.Name, r.Explanation)
		}
	}
}

func compile(t testing.TB, file []byte) *contours.Book {
	t.Helper()
	config, problems := contours.Parse(file)
	if problems != nil {
		t.Fatal(problems)
	}
	book, err := contours.NewBook(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	return book
}
