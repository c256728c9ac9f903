package contours_test

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func TestADecisionIsExplainedInTheUsersLanguage(t *testing.T) {
	book := compile(t, []byte(with("id: R-17, kinds: [Письмо], max_size: 20MiB, requisites: [title], valid_from: 2026-01-01, signatures: {emulator: allow}")+weekend))
	full := letter(func(r *contours.Request) {
		r.Emulated, r.Requisites = true, []contours.Requisite{contours.Title}
	})
	wrong := letter(func(r *contours.Request) {
		r.Restricted, r.Author, r.Tasks[0].Executors[0].Participant = true, "lunin", "petrov"
	})
	answer := contours.Request{From: "b", To: "a", Author: "ivanov", Packet: document.Answer, Kind: "Письмо", Answer: true, At: noon()}
	var page string
	for _, r := range []contours.Request{full, wrong, answer, {From: "b", To: "z", At: noon()}} {
		page += book.Explain(r, document.Russian).String() + "\n" + book.Explain(r, document.English).String() + "\n"
	}
	golden(t, "testdata/explain.txt", page)
}

func TestProgramsReadTheStepsOfAnExplanation(t *testing.T) {
	e := compile(t, []byte(small)).Explain(letter(func(r *contours.Request) { r.Restricted = true }), document.English)
	for _, s := range e.Steps {
		if s.Passed == (s.Fault != nil) || s.Text == "" {
			t.Errorf("step %s: passed %v with fault %v, text %q", s.Check, s.Passed, s.Fault, s.Text)
		}
		if s.Check == contours.CheckRestricted {
			if s.Passed || s.Rule != "a>b" || s.Fault.Code != document.TrustRestricted {
				t.Errorf("step restricted: %+v", s)
			}
			return
		}
	}
	t.Errorf("no step %s in %v", contours.CheckRestricted, e.Steps)
}
