package main

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func TestAMomentIsATimeADayOrHowLongAgo(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-11-25T10:00:00+03:00": time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC),
		"2026-11-25":                time.Date(2026, 11, 25, 0, 0, 0, 0, time.Local),
		"2h":                        time.Now().Add(-2 * time.Hour),
		"3d":                        time.Now().Add(-72 * time.Hour),
	} {
		var got moment
		if err := got.UnmarshalText([]byte(text)); err != nil || got.Sub(want).Abs() > time.Minute {
			t.Errorf("%s: %v, %v; want %v", text, got.Time, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-13-01", "-3d", "10"} {
		if err := new(moment).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestABorderIsALeafOrAMoment(t *testing.T) {
	var b border
	if err := b.UnmarshalText([]byte("17")); err != nil || b.leaf != 17 || !b.moment.IsZero() {
		t.Errorf("%+v, %v", b, err)
	}
	if err := b.UnmarshalText([]byte("2026-11-25")); err != nil || b.leaf != -1 || b.moment.IsZero() {
		t.Errorf("%+v, %v", b, err)
	}
	if err := b.UnmarshalText([]byte("-1")); err == nil {
		t.Error("-1 was taken")
	}
}

func TestATaskIsWrittenAsKindAndExecutors(t *testing.T) {
	read := func(text string, to ...document.ContourCode) ([]document.Task, error) {
		var f taskFlag
		if err := f.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		return (&Draft{Task: []taskFlag{f}}).tasks(to, document.Russian)
	}
	tasks, err := read("sign:sidorova,ivanov", "sub-a1")
	if err != nil || len(tasks) != 1 || len(tasks[0].Executors) != 2 {
		t.Fatalf("%+v, %v", tasks, err)
	}
	first, second := tasks[0].Executors[0], tasks[0].Executors[1]
	if first.Contour != "sub-a1" || first.Participant != "sidorova" || !first.Chief || second.Participant != "ivanov" || second.Chief || !tasks[0].SMDO {
		t.Errorf("%+v", tasks[0])
	}
	tasks, err = read("errand:sub-a2/kozlov", "sub-a1", "sub-a2")
	if err != nil || tasks[0].Executors[0].Contour != "sub-a2" || tasks[0].SMDO {
		t.Errorf("%+v, %v", tasks, err)
	}
	for _, text := range []string{"sidorova", "sign:", "paint:sidorova"} {
		if _, err := read(text, "sub-a1"); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if _, err := read("sign:kozlov", "sub-a1", "sub-a2"); err == nil {
		t.Error("an executor of which receiver?")
	}
}

// What is found holds every part that was asked for, and what holds them all is found.
func TestFindFindsExactlyWhatHoldsEveryPart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[абвАБВ 1-3]{0,6}`)
		part := rapid.StringMatching(`[абвАБВ1-3]{0,2}`)
		e := openapi.ExchangeView{Title: text.Draw(t, "title"), Number: openapi.Registration{Number: text.Draw(t, "number")}, Tasks: []openapi.TaskView{{Text: text.Draw(t, "text")}}}
		p := packetFind{Number: part.Draw(t, "of number"), Title: part.Draw(t, "of title"), Text: part.Draw(t, "of text")}
		in := func(whole, part string) bool { return strings.Contains(strings.ToUpper(whole), strings.ToUpper(part)) }
		want := in(e.Number.Number, p.Number) && in(e.Title, p.Title) && in(e.Tasks[0].Text, p.Text)
		if got := p.matches(&e); got != want {
			t.Fatalf("matches %v, want %v", got, want)
		}
	})
}

// A packet is settled well only when every receiver registered it and every task was closed.
func TestAPacketIsSettledWellOnlyWhenEverythingWentWell(t *testing.T) {
	for _, c := range []struct {
		state       document.State
		tasks       []document.TaskState
		ended, good bool
	}{
		{document.Delivered, nil, false, false},
		{document.Registered, nil, true, true},
		{document.Registered, []document.TaskState{document.TaskActive}, false, true},
		{document.Registered, []document.TaskState{document.TaskClosed, document.TaskActive}, false, true},
		{document.Answered, []document.TaskState{document.TaskClosed, document.TaskClosed}, true, true},
		{document.Answered, []document.TaskState{document.TaskDeclined, document.TaskClosed}, true, false},
		{document.Registered, []document.TaskState{document.TaskDeclined, document.TaskActive}, false, false},
		{document.Rejected, []document.TaskState{""}, true, false},
		{document.Expired, nil, true, false},
		{document.Withdrawn, nil, true, false},
	} {
		e := openapi.ExchangeView{State: c.state}
		for _, s := range c.tasks {
			e.Tasks = append(e.Tasks, openapi.TaskView{State: s})
		}
		if ended, good := settled(&e); ended != c.ended || ended && good != c.good {
			t.Errorf("%s %v: ended %v, good %v", c.state, c.tasks, ended, good)
		}
	}
}
