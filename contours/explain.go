package contours

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Check names one thing that is looked at when deciding. The names are stable: programs read them.
type Check string

// The checks, in their order.
const (
	CheckSender     Check = "sender"
	CheckReceiver   Check = "receiver"
	CheckAuthor     Check = "author"
	CheckKind       Check = "kind"
	CheckPair       Check = "pair"
	CheckAnswer     Check = "answer"
	CheckValidity   Check = "validity"
	CheckPairKind   Check = "pair-kind"
	CheckRestricted Check = "restricted"
	CheckSize       Check = "size"
	CheckRequisites Check = "requisites"
	CheckTasks      Check = "tasks"
	CheckExecutors  Check = "executors"
	CheckEmulator   Check = "emulator"
	CheckPolicies   Check = "policies"
)

// Step is one thing that was looked at, and what was found.
type Step struct {
	Check  Check
	Passed bool
	Rule   string          // id of the pair's rule or of the policy that it was held to, if any
	Fault  *document.Fault // what is wrong; nil when passed
	Text   string          // the finding, in the language that was asked for

	args [2]string
}

// Explanation tells why a request is allowed or not. Its decision is the one that Decide returns.
type Explanation struct {
	Decision Decision
	Verdict  string // one sentence
	Steps    []Step
}

// Explain decides on the request and tells in l, step by step, what was looked at and by which rule.
func (b *Book) Explain(r Request, l document.Lang) Explanation {
	steps := []Step{}
	j := judgement{book: b, request: &r, steps: &steps}
	j.judge()
	for i := range steps {
		steps[i].Text = steps[i].text(b, l)
	}
	return Explanation{j.decision, verdict(&r, &j.decision, l), steps}
}

// String is the explanation as a page of text.
func (e Explanation) String() string {
	var s strings.Builder
	s.WriteString(e.Verdict + "\n")
	for _, step := range e.Steps {
		mark := "+ "
		if !step.Passed {
			mark = "− " + string(step.Fault.Code) + " "
		}
		s.WriteString(mark + step.Text)
		if step.Rule != "" {
			s.WriteString(" [" + step.Rule + "]")
		}
		s.WriteString("\n")
	}
	return s.String()
}

func verdict(r *Request, d *Decision, l document.Lang) string {
	text := l.Pick("Запрещено: {0} → {1}, замечаний: {2}, версия правил {3}", "Refused: {0} → {1}, faults: {2}, version {3} of the rules")
	switch {
	case d.Allowed && d.Rule == "":
		text = l.Pick("Разрешено: {0} → {1} как ответ на принятый пакет, версия правил {3}",
			"Allowed: {0} → {1} as an answer to an accepted packet, version {3} of the rules")
	case d.Allowed:
		text = l.Pick("Разрешено: {0} → {1} правилом «{4}», версия правил {3}", "Allowed: {0} → {1} by rule \"{4}\", version {3} of the rules")
	case d.Blocked:
		text = l.Pick("Доступ приостановлен: {0} → {1}, замечаний: {2}, версия правил {3}",
			"Access suspended: {0} → {1}, faults: {2}, version {3} of the rules")
	}
	return fill(text, string(r.From), string(r.To), decimal(int64(len(d.Faults))), decimal(d.Version), string(d.Rule))
}

func (s *Step) text(b *Book, l document.Lang) string {
	if s.Fault == nil {
		return s.found(l)
	}
	text := s.Fault.Text(l)
	if p := b.policy(s.Rule); p != nil && s.Check == CheckPolicies && p.Title.RU != "" {
		text += ": " + p.Title.Text(l)
	}
	return text
}

func (b *Book) policy(id string) *Policy {
	for i := range b.config.Policies {
		if b.config.Policies[i].ID == id {
			return &b.config.Policies[i]
		}
	}
	return nil
}

// found is what is said of a check that passed.
func (s *Step) found(l document.Lang) string {
	a, b := s.args[0], s.args[1]
	switch s.Check {
	case CheckSender:
		return fill(l.Pick("отправитель «{0}» – действующий абонент", "the sender \"{0}\" is an active subscriber"), a)
	case CheckReceiver:
		return fill(l.Pick("получатель «{0}» – действующий абонент", "the receiver \"{0}\" is an active subscriber"), a)
	case CheckAuthor:
		return fill(l.Pick("«{0}» – участник обмена с нужным правом", "\"{0}\" is a participant with the right that is needed"), a)
	case CheckKind:
		return fill(l.Pick("вид «{0}» допущен к обмену", "kind \"{0}\" is permitted for exchange"), a)
	case CheckPair:
		return fill(l.Pick("у пары контуров есть правило «{0}»", "the pair of contours has rule \"{0}\""), a)
	case CheckAnswer:
		return l.Pick("ответ на принятый пакет: своё правило пары не нужно", "an answer to an accepted packet needs no pair of its own")
	case CheckValidity:
		return fill(l.Pick("правило действует: {0} – {1}", "the rule is in force: {0} – {1}"), a, b)
	case CheckPairKind:
		return fill(l.Pick("правило называет вид «{0}»", "the rule names kind \"{0}\""), a)
	case CheckRestricted:
		return l.Pick("правило разрешает документы ограниченного распространения", "the rule allows restricted documents")
	case CheckSize:
		return fill(l.Pick("размер {0} из {1} байт", "size {0} of {1} bytes"), a, b)
	case CheckRequisites:
		return fill(l.Pick("обязательный реквизит «{0}» есть", "the mandatory requisite \"{0}\" is there"), a)
	case CheckTasks:
		return fill(l.Pick("правило разрешает задачи «{0}»", "the rule allows tasks \"{0}\""), document.TaskKind(a).Text(l))
	case CheckExecutors:
		return fill(l.Pick("исполнитель «{0}» допустим", "executor \"{0}\" is allowed"), a)
	case CheckEmulator:
		return l.Pick("правило разрешает подписи эмулятора ЭЦП", "the rule allows signatures of the emulator")
	case CheckPolicies:
		return fill(l.Pick("ни одна из запрещающих политик ({0}) не сработала", "none of the forbidding policies ({0}) applies"), a)
	}
	return string(s.Check)
}

// fill puts the arguments in the places {0}, {1} … of a text.
func fill(text string, args ...string) string {
	for i, a := range args {
		text = strings.ReplaceAll(text, "{"+decimal(int64(i))+"}", a)
	}
	return text
}
