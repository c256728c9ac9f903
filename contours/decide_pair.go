package contours

import (
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// trust finds the pair's rule and holds the request to its terms.
//
// An answer to an accepted packet may go back without a pair of its own: who may ask must be answerable.
// Then the pair that let the first packet through says how signatures are treated, and its other terms do
// not bind: an answer repeats what was allowed to come. Tasks in an answer ask for something new, so
// they need a pair like any others.
func (j *judgement) trust() {
	r := j.request
	if r.Answer && j.book.config.Answers == AnswersAllowed && len(r.Tasks) == 0 {
		j.answer()
		j.emulator()
		return
	}
	j.rule = j.book.pairs[way{r.From, r.To}]
	if j.rule == nil {
		j.fault(CheckPair, document.TrustNone, index("to", r.Receiver), string(r.To), string(r.From))
		return
	}
	j.follow(j.rule)
	j.pass(CheckPair, string(j.rule.ID), "")
	j.validity()
	j.content()
	j.requisites()
	j.tasks()
	j.emulator()
}

func (j *judgement) answer() {
	j.rule = j.book.pairs[way{j.request.From, j.request.To}]
	if j.rule == nil {
		j.rule = j.book.pairs[way{j.request.To, j.request.From}]
	}
	if j.rule != nil {
		j.follow(j.rule)
	}
	j.pass(CheckAnswer, string(j.decision.Rule), "")
}

// follow takes over what the rule says about the packets that it lets through.
func (j *judgement) follow(r *rule) {
	j.pair = r.ID
	j.decision.Rule = r.ID
	j.decision.Signatures = r.Signatures
	if r.TTL > 0 && r.To == j.request.To {
		j.decision.TTL = time.Duration(r.TTL)
	}
}

// validity holds the time to the rule's days, as they begin and end where the sender is.
func (j *judgement) validity() {
	if j.rule.ValidFrom.isZero() && j.rule.ValidUntil.isZero() {
		return
	}
	early := j.request.At.Before(j.rule.opens)
	late := !j.rule.ValidUntil.isZero() && !j.request.At.Before(j.rule.closes)
	if early || late {
		j.fault(CheckValidity, document.TrustValidity, index("to", j.request.Receiver),
			orOpen(j.rule.ValidFrom), orOpen(j.rule.ValidUntil))
		return
	}
	if j.steps != nil {
		j.pass(CheckValidity, orOpen(j.rule.ValidFrom), orOpen(j.rule.ValidUntil))
	}
}

func orOpen(d Day) string {
	if d.isZero() {
		return "…"
	}
	return d.String()
}

// content checks what the packet carries: kind, access mark, size.
func (j *judgement) content() {
	r := j.request
	if r.Kind != "" && j.rule.kinds != nil {
		if _, named := j.rule.kinds[r.Kind]; named {
			j.pass(CheckPairKind, r.Kind, "")
		} else {
			j.fault(CheckPairKind, document.TrustKind, "document.kind", r.Kind)
		}
	}
	switch {
	case r.Restricted && !j.rule.Restricted:
		j.fault(CheckRestricted, document.TrustRestricted, "document.confidential")
	case r.Restricted:
		j.pass(CheckRestricted, "", "")
	}
	limit := int64(j.rule.MaxSize)
	switch {
	case limit > 0 && r.Size > limit:
		j.fault(CheckSize, document.TrustSize, "document.files", decimal(r.Size), decimal(limit))
	case limit > 0 && j.steps != nil:
		j.pass(CheckSize, decimal(r.Size), decimal(limit))
	}
}

// requisites checks what this correspondent demands beyond the form (T04a).
func (j *judgement) requisites() {
	if j.request.Packet != document.Main && j.request.Packet != document.Answer {
		return // additions carry no document
	}
	for _, wanted := range j.rule.Requisites {
		if !slices.Contains(j.request.Requisites, wanted) {
			j.fault(CheckRequisites, document.TrustRequisite, wanted.field(j.request.Receiver), string(wanted))
			continue
		}
		j.pass(CheckRequisites, string(wanted), "")
	}
}

// field is where the packet holds the requisite.
func (q Requisite) field(receiver int) string {
	switch q {
	case Subject:
		return "subject"
	case Addressee:
		return index("to", receiver)
	case AccessMark:
		return "document.confidential"
	}
	return "document." + string(q)
}

func (j *judgement) tasks() {
	for i := range j.request.Tasks {
		t := &j.request.Tasks[i]
		if !slices.Contains(j.rule.Tasks, t.Kind) {
			j.fault(CheckTasks, document.TrustTaskKind, index("tasks", t.Index)+".kind", string(t.Kind))
		} else {
			j.pass(CheckTasks, string(t.Kind), "")
		}
		for k := range t.Executors {
			j.executor(t, &t.Executors[k])
		}
	}
}

// executor checks that who is named takes part in the receiver's contour and may execute (S04). Where the
// pair names executors, leaving the choice to the receiver is not enough.
func (j *judgement) executor(t *TaskRequest, e *ExecutorRequest) {
	code := e.Participant
	_, named := j.rule.executors[code]
	p := j.to.participants[code]
	switch {
	case code != "" && (p == nil || !p.may(MayExecute)):
		j.fault(CheckExecutors, document.TaskExecutor, executorField(t, e), string(code), string(j.to.Code))
	case j.rule.executors != nil && !named:
		j.fault(CheckExecutors, document.TrustExecutor, executorField(t, e), string(code))
	default:
		j.pass(CheckExecutors, string(code), "")
	}
}

func executorField(t *TaskRequest, e *ExecutorRequest) string {
	return index(index("tasks", t.Index)+".executors", e.Index)
}

// emulator checks what is known of the signatures so far; the verifier finds out the rest (S02).
func (j *judgement) emulator() {
	if !j.request.Emulated {
		return
	}
	if j.decision.Signatures.Emulator != AllowEmulator {
		j.fault(CheckEmulator, document.SignatureEmulated, "document.files")
		return
	}
	j.pass(CheckEmulator, "", "")
}
