package medo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// thereAndBack says that what was read without a problem is written without a problem, and read again as it was unless the
// writer told otherwise.
func thereAndBack(t failer, data []byte) {
	t.Helper()
	m, err := Decode(data, Options{})
	mustBeProblems(t, err)
	if err != nil || m.Container != "" {
		return
	}
	w := m
	if m.Packet != nil {
		w = Of(m.Packet, "")
	}
	text, losses := Encode(w, Options{})
	again, err := Decode(text, Options{})
	if again == nil {
		t.Fatalf("written: %v\n%s", err, text)
	}
	if len(losses.Missing)+len(losses.Unfit) == 0 && err != nil {
		t.Fatalf("written: %v\n%s", err, text)
	}
	if len(losses.Lost)+len(losses.Missing)+len(losses.Made) > 0 {
		return // told
	}
	if m.Packet == nil {
		wantSame(t, m.Acknowledgment, again.Acknowledgment, text)
		wantSame(t, m.Notification, again.Notification, text)
		return
	}
	wantSame(t, m.Packet.Document, again.Packet.Document, text)
	wantSame(t, m.Packet.To, again.Packet.To, text)
	if !again.Packet.Sent.Equal(m.Packet.Sent) || again.Packet.ID != m.Packet.ID {
		t.Fatalf("%v %v\n%s", again.Packet.Sent, again.Packet.ID, text)
	}
}

func wantSame(t failer, want, got any, text []byte) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s\n%s", diff, text)
	}
}

func passportThereAndBack(t failer, data []byte) {
	t.Helper()
	p, err := DecodePassport(data, Options{})
	mustBeProblems(t, err)
	if err != nil {
		return
	}
	text, parts, losses := EncodePassport(p.Packet, p.Version, Options{})
	if len(losses.Unfit)+len(losses.Missing) > 0 {
		return // told
	}
	again, err := DecodePassport(text, Options{})
	if err != nil || len(parts) != len(again.Parts) {
		t.Fatalf("%v, %d parts of %d\n%s", err, len(again.Parts), len(parts), text)
	}
	if len(losses.Lost)+len(losses.Made) == 0 {
		wantSame(t, p.Packet.Document, again.Packet.Document, text)
		wantSame(t, p.Packet.To, again.Packet.To, text)
		wantSame(t, p.Parts, again.Parts, text)
	}
}

// Messages with parts taken away, doubled, moved and changed, as bad senders make them.
func TestMutatedMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	texts := rapid.OneOf(texts(), rapid.SampledFrom([]string{"2026-11-23", "2026-11-23T10:00:00", "2026-11-23T10:00:00+05:00", "0", "-1", "7", "true", "a.p7s", "text001_2.p7s", "DC00000001", "Квитанция"}))
	whole := 0
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.SampledFrom(files).Draw(t, "sample")
		root, space, err := parse(sampleOf(t, file), markup.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "mutations") {
			mutate(t, root, texts)
		}
		qualifyAll(root, "x:")
		root.Set("xmlns:x", space)
		data := root.Document()
		if strings.Contains(file, "passport") {
			passportThereAndBack(t, data)
		} else {
			thereAndBack(t, data)
		}
		if m, err := Decode(data, Options{}); m != nil && err == nil {
			whole++
		}
	})
	if whole == 0 {
		t.Error("no mutated message could be read without a problem: the test tests nothing")
	}
}

func sampleOf(t *rapid.T, file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// mutate changes one thing somewhere.
func mutate(t *rapid.T, root *markup.Element, texts *rapid.Generator[string]) {
	var all []*markup.Element
	var walk func(*markup.Element)
	walk = func(e *markup.Element) {
		all = append(all, e)
		for _, c := range e.Children {
			walk(c)
		}
	}
	walk(root)
	e := rapid.SampledFrom(all).Draw(t, "element")
	other := rapid.SampledFrom(all).Draw(t, "other")
	n := len(e.Children)
	i := rapid.IntRange(0, max(n-1, 0)).Draw(t, "child")
	switch what := rapid.IntRange(0, 7).Draw(t, "what"); {
	case what == 0 && n > 0:
		e.Children = slices.Delete(slices.Clone(e.Children), i, i+1)
	case what == 1 && n > 0:
		e.Children = append(slices.Clone(e.Children), copied(e.Children[i]))
	case what == 2 && n > 1:
		e.Children = slices.Clone(e.Children)
		slices.Reverse(e.Children)
	case what == 3:
		e.Children = append(slices.Clone(e.Children), copied(other))
	case what == 4 && len(e.Attrs) > 0:
		e.Attrs = slices.Clone(e.Attrs)[1:]
	case what == 5 && len(e.Attrs) > 0:
		e.Attrs = slices.Clone(e.Attrs)
		e.Attrs[0].Value = texts.Draw(t, "value")
	case what == 6:
		if _, taken := e.Attr("more"); !taken {
			e.Set("more", texts.Draw(t, "value"))
		}
	case n == 0:
		e.Text = texts.Draw(t, "text")
	}
}

func copied(e *markup.Element) *markup.Element {
	c := *e
	c.Attrs, c.Children = slices.Clone(e.Attrs), nil
	for _, child := range e.Children {
		c.Children = append(c.Children, copied(child))
	}
	return &c
}
