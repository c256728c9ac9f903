package gost53898

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// stable: what decodes without faults is written and decodes to the same, unless the writer says what it lost; and then the
// second writing loses nothing more.
func stable(t *testing.T, m *Message) {
	t.Helper()
	for round := range 2 {
		text, losses := Encode(m, Options{})
		again, err := Decode(text, Options{})
		if err != nil && len(losses.Missing) > 0 {
			return // the format demands what nobody said
		}
		if err != nil {
			t.Fatalf("round %d: %v\n%s", round, err, text)
		}
		if diff := documenttest.Diff(m, again); diff != "" && (round > 0 || losses.none()) {
			t.Fatalf("round %d: %+v\n%s\n%s", round, losses, diff, text)
		}
		m = again
	}
}

func FuzzDecode(f *testing.F) {
	letter, _ := Encode(Of(documenttest.Letter(30), 0), Options{})
	f.Add(letter)
	for _, m := range examples() {
		text, _ := Encode(m, Options{})
		f.Add(text)
	}
	o := Options{Limits: markup.Limits{Bytes: 1 << 16, Depth: 24, Elements: 2000, Attrs: 64}}
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := Decode(data, o); err == nil {
			stable(t, m)
		}
	})
}
