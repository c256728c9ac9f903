package contours

import (
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// DefaultTTL is how long a packet may stay undelivered where neither pair nor contour says otherwise.
const DefaultTTL = 72 * time.Hour

// Decision is the hub's word on one packet toward one receiver.
type Decision struct {
	Allowed bool
	Blocked bool            // the sender or the receiver is suspended: receipt 104, otherwise 103 (C01)
	Faults  document.Faults // everything that is wrong, not only the first (S08); empty when allowed

	Rule     RuleID   // of the pair that decided; of the pair that let the first packet through for an answer without one
	Policies []string // ids of the Cedar policies that forbid
	Version  int64    // of the rules

	TTL        time.Duration // how long the packet may stay undelivered
	Signatures SignaturePolicy
}

// Decide decides on the request. It finds all faults at once and waits for nothing.
func (b *Book) Decide(r Request) Decision {
	j := judgement{book: b, request: &r}
	j.judge()
	return j.decision
}

// judgement is one decision in the making.
type judgement struct {
	book     *Book
	request  *Request
	from, to *member // nil while unknown
	rule     *rule   // nil where the pair has none
	pair     RuleID  // named in faults while the pair's terms are checked
	decision Decision
	steps    *[]Step // kept only for Explain
}

// judge is the order in which a request is looked at; Explain tells it in the same order.
func (j *judgement) judge() {
	j.decision.Version = j.book.version
	j.decision.TTL = DefaultTTL
	j.decision.Signatures = strictSignatures()
	j.sender()
	j.receiver()
	if j.from != nil {
		j.author()
	}
	j.kind()
	if j.from != nil && j.to != nil {
		j.trust()
		j.policies()
	}
	j.decision.Allowed = len(j.decision.Faults) == 0
}

// strictSignatures holds where no pair says otherwise.
func strictSignatures() SignaturePolicy {
	return SignaturePolicy{RefuseEmulator, HoldUndeterminable, Duration(DefaultTTL)}
}

func (j *judgement) sender() {
	code := j.request.From
	switch j.from = j.book.contours[code]; {
	case j.from == nil:
		j.fault(CheckSender, document.ContourUnknown, "sender", string(code))
	case !j.from.active():
		j.decision.Blocked = true
		j.fault(CheckSender, document.SenderSuspended, "sender")
	default:
		j.pass(CheckSender, string(code), "")
	}
}

func (j *judgement) receiver() {
	code := j.request.To
	switch j.to = j.book.contours[code]; {
	case j.to == nil:
		j.fault(CheckReceiver, document.ContourUnknown, index("to", j.request.Receiver), string(code))
		return
	case !j.to.active():
		j.decision.Blocked = true
		j.fault(CheckReceiver, document.ContourSuspended, index("to", j.request.Receiver), string(code))
	default:
		j.pass(CheckReceiver, string(code), "")
	}
	if j.to.TTL > 0 {
		j.decision.TTL = time.Duration(j.to.TTL)
	}
}

// author checks who sends (C03, C04). A packet without tasks may come without an author: formats of older
// systems name none.
func (j *judgement) author() {
	code := j.request.Author
	if code == "" {
		code = j.from.SendsAs
	}
	tasks := len(j.request.Tasks) > 0
	if code == "" && !tasks {
		return
	}
	switch p := j.from.participants[code]; {
	case p == nil:
		j.fault(CheckAuthor, document.ParticipantUnknown, "author", string(code))
	case tasks && !p.may(MaySend):
		j.fault(CheckAuthor, document.ParticipantNoRight, "author", string(code))
	default:
		j.pass(CheckAuthor, string(code), "")
	}
}

func (j *judgement) kind() {
	kind := j.request.Kind
	if kind == "" {
		return
	}
	if _, known := j.book.kinds[kind]; !known {
		j.fault(CheckKind, document.DocumentKindUnknown, "document.kind", kind)
		return
	}
	j.pass(CheckKind, kind, "")
}

// policies asks the Cedar policies, if there are any: they can only forbid.
func (j *judgement) policies() {
	if j.book.policies == nil {
		return
	}
	forbidding := j.book.policies.forbidding(j)
	for _, id := range forbidding {
		f := document.NewFault(document.TrustForbidden, index("to", j.request.Receiver), id)
		f.Rule = id
		j.refuse(CheckPolicies, f)
	}
	if len(forbidding) == 0 {
		j.pass(CheckPolicies, decimal(int64(len(j.book.config.Policies))), "")
	}
	j.decision.Policies = forbidding
}

// fault notes what is wrong, under the pair's rule while its terms are looked at.
func (j *judgement) fault(check Check, code document.FaultCode, field string, args ...string) {
	f := document.NewFault(code, field, args...)
	f.Rule = string(j.pair)
	j.refuse(check, f)
}

func (j *judgement) refuse(check Check, f document.Fault) {
	j.decision.Faults = append(j.decision.Faults, f)
	if j.steps != nil {
		*j.steps = append(*j.steps, Step{Check: check, Rule: f.Rule, Fault: &f})
	}
}

// pass notes what is right, when somebody wants to know.
func (j *judgement) pass(check Check, a, b string) {
	if j.steps != nil {
		*j.steps = append(*j.steps, Step{Check: check, Passed: true, Rule: string(j.pair), args: [2]string{a, b}})
	}
}

func index(field string, i int) string { return field + "[" + decimal(int64(i)) + "]" }
