package receipts

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var update = flag.Bool("update", false, "write README.md anew")

const readme = `# What may become of a packet

One packet toward one receiver is an *exchange*; each task in it has a life of its own from its registration on. Both
are tables in states.go; the drawings below are made from them (go test ./receipts -update).

`

func TestTheDrawingInTheREADMEIsThatOfTheTable(t *testing.T) {
	want := readme + Diagram(document.Russian)
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("README.md is stale: go test ./receipts -update")
	}
}

func TestEveryStateAndStageHasWordsInBothLanguages(t *testing.T) {
	states := map[document.State]bool{}
	for from, steps := range next {
		states[from] = true
		for _, to := range steps {
			states[to] = true
		}
	}
	for s := range states {
		if StateText(s, document.Russian) == "" || StateText(s, document.English) == "" {
			t.Errorf("state %s has no words", s)
		}
	}
	for stage := document.Stage(0); stage < 300; stage++ {
		if stage.String() == "unknown" {
			continue
		}
		r := document.Receipt{Stage: stage}
		if Text(&r, document.Russian) == "" || Text(&r, document.English) == "" {
			t.Errorf("stage %s has no words", stage)
		}
	}
}

func TestStateNeverMovesBack(t *testing.T) {
	steps := map[Step]bool{}
	for _, m := range next {
		for s := range m {
			steps[s] = true
		}
	}
	for from := range rank {
		for step := range steps {
			to, effect := Apply(from, step)
			if effect != Applied && to != from {
				t.Errorf("%s by %s: %v moves to %s", from, step, effect, to)
			}
			if effect == Applied && step != Redeliver && step != Withdraw && ranked(to) && rank[to] < rank[from] && from != document.Expired {
				t.Errorf("%s by %s moves back to %s", from, step, to)
			}
		}
	}
}

func ranked(s document.State) bool { _, ok := rank[s]; return ok }

func TestALateReceiptIsNotAnIllegalOne(t *testing.T) {
	for _, c := range []struct {
		from document.State
		step Step
		want Effect
	}{
		{document.Forwarded, Register, Applied},    // registration overtakes delivery
		{document.Registered, Deliver, Late},       // and the delivery comes behind
		{document.Registered, Register, Late},      // a repeat
		{document.Answered, Register, Late},        // the answer was faster
		{document.Expired, Register, Applied},      // the receiver corrects us
		{document.Refused, Register, Illegal},      // a refusal is an end
		{document.Rejected, Deliver, Illegal},      // it never left
		{document.Withdrawn, Register, Illegal},    //
		{document.DeliveryFailed, Answer, Illegal}, //
	} {
		if _, got := Apply(c.from, c.step); got != c.want {
			t.Errorf("%s by %s: effect %d, want %d", c.from, c.step, got, c.want)
		}
	}
}

func TestTheStatusIsThatOfTheLeastAdvancedTask(t *testing.T) {
	for _, c := range []struct {
		state document.State
		tasks []document.TaskState
		want  string
	}{
		{document.Registered, []document.TaskState{document.TaskClosed, document.TaskActive}, "Получено. Задачи"},
		{document.Answered, []document.TaskState{document.TaskClosed, document.TaskClosed}, "Исполнена. Закрыта"},
		{document.Answered, []document.TaskState{document.TaskClosed, document.TaskDeclined}, "Отклонена исполнителем"},
		{document.Forwarded, []document.TaskState{""}, "Передано получателю"},
		{document.Registered, nil, "Зарегистрировано"},
	} {
		if got := Status(c.state, c.tasks, document.Russian); got != c.want {
			t.Errorf("%s with %v: «%s», want «%s»", c.state, c.tasks, got, c.want)
		}
	}
}

func TestTheDrawingNamesEveryStepOfTheTable(t *testing.T) {
	drawing := Diagram(document.English)
	for from, steps := range next {
		for step, to := range steps {
			if line := string(from) + " --> " + string(to) + ": " + string(step); !strings.Contains(drawing, line) {
				t.Errorf("the drawing lacks %q", line)
			}
		}
	}
}
