package receipts

import "github.com/smdo-hub/smdo-hub/schemas/document"

// Step is what moves an exchange: a stage together with what its code says.
type Step string

// The steps. Deliver and Register come in several: the code of the receipt decides which.
const (
	Accept     Step = "accept"      // 100
	Forward    Step = "forward"     // 101
	Reject     Step = "reject"      // 103
	Block      Step = "block"       // 104
	OldFormat  Step = "old_format"  // 105
	Hold       Step = "hold"        //
	Deliver    Step = "deliver"     // ack 1, code 0
	Fail       Step = "fail"        // ack 1, another code
	Register   Step = "register"    // ack 2, code 0
	NotSubject Step = "not_subject" // ack 2, code 1
	Refuse     Step = "refuse"      // ack 2, code 2
	Distrust   Step = "distrust"    // ack 2, code 3
	Answer     Step = "answer"      //
	Withdraw   Step = "withdraw"    //
	Expire     Step = "expire"      //
	Redeliver  Step = "redeliver"   // by an operator
)

// next is the whole life of an exchange: what is absent cannot happen.
var next = map[document.State]map[Step]document.State{
	document.Queued:     {Accept: document.Accepted, Hold: document.Held, Reject: document.Rejected, OldFormat: document.OldFormatted},
	document.Held:       {Accept: document.Accepted, Reject: document.Rejected, Withdraw: document.Withdrawn},
	document.Accepted:   {Forward: document.Forwarded, Block: document.Blocked, Withdraw: document.Withdrawn},
	document.Forwarded:  {Deliver: document.Delivered, Fail: document.DeliveryFailed, Register: document.Registered, NotSubject: document.NotSubject, Refuse: document.Refused, Distrust: document.Untrusted, Withdraw: document.Withdrawn, Expire: document.Expired, Answer: document.Answered}, // registration may overtake delivery, and an answer both
	document.Delivered:  {Register: document.Registered, NotSubject: document.NotSubject, Refuse: document.Refused, Distrust: document.Untrusted, Fail: document.DeliveryFailed, Answer: document.Answered},
	document.Expired:    {Deliver: document.Delivered, Register: document.Registered, NotSubject: document.NotSubject, Refuse: document.Refused, Distrust: document.Untrusted, Redeliver: document.Forwarded, Answer: document.Answered}, // what the receiver says later corrects us
	document.Registered: {Answer: document.Answered},
	document.NotSubject: {Answer: document.Answered}, // a document may be answered without having been registered

	document.Blocked:        {Redeliver: document.Forwarded},
	document.DeliveryFailed: {Redeliver: document.Forwarded},
}

// rank orders the states along the good path. A step that would lead to a rank already passed is late:
// recorded, not applied.
var rank = map[document.State]int{
	document.Queued: 0, document.Held: 1, document.Accepted: 2, document.Forwarded: 3, document.Expired: 3,
	document.Delivered: 4, document.DeliveryFailed: 4, document.Registered: 5, document.NotSubject: 5, document.Refused: 5, document.Untrusted: 5, document.Answered: 6,
}

// leads says how far a step leads wherever it is allowed, for telling late from illegal.
var leads = map[Step]int{Accept: 2, Forward: 3, Deliver: 4, Register: 5, NotSubject: 6}

// arrives says where a bad end leads: who says once more what was said before says nothing impossible.
var arrives = map[Step]document.State{Fail: document.DeliveryFailed, NotSubject: document.NotSubject, Refuse: document.Refused, Distrust: document.Untrusted}

// taskNext is the whole life of a task, from its registration on.
var taskNext = map[document.TaskState]map[document.Stage]document.TaskState{
	document.TaskActive:   {document.Execute: document.TaskExecuted, document.UserNote: document.TaskDeclined},
	document.TaskExecuted: {document.Close: document.TaskClosed},
}

// Effect says what a step did to a state.
type Effect int

// The effects.
const (
	Applied Effect = iota // the state moved
	Late                  // true, but the exchange is already further: recorded, not applied
	Illegal               // cannot happen from here: kept and flagged
)

// Apply returns the state after the step. State never moves back: what is late or illegal leaves it.
func Apply(from document.State, step Step) (document.State, Effect) {
	if to, ok := next[from][step]; ok {
		return to, Applied
	}
	if at, ok := leads[step]; ok && good(from) && rank[from] >= at || arrives[step] == from {
		return from, Late
	}
	return from, Illegal
}

func good(s document.State) bool {
	switch s {
	case document.Accepted, document.Forwarded, document.Delivered, document.Registered, document.NotSubject, document.Answered:
		return true
	}
	return false
}

// ApplyTask returns the state of a task after it was executed, declined or closed.
func ApplyTask(from document.TaskState, outcome document.Outcome) (document.TaskState, Effect) {
	stage := document.Execute
	if outcome == document.Declined {
		stage = document.UserNote
	}
	return applyTask(from, stage)
}

// CloseTask returns the state of a task whose answer reached the sender. A declined task stays declined.
func CloseTask(from document.TaskState) (document.TaskState, Effect) {
	return applyTask(from, document.Close)
}

func applyTask(from document.TaskState, stage document.Stage) (document.TaskState, Effect) {
	if to, ok := taskNext[from][stage]; ok {
		return to, Applied
	}
	return from, Illegal
}

// StepOf says which step a receiver's statement is: stage Deliver or Register with the format's
// errorcode. Other stages are no steps of a receiver.
func StepOf(stage document.Stage, code int) (Step, bool) {
	switch stage {
	case document.Deliver:
		if code == 0 {
			return Deliver, true
		}
		return Fail, true
	case document.Register:
		switch code {
		case 0:
			return Register, true
		case 1:
			return NotSubject, true
		case 3:
			return Distrust, true
		}
		return Refuse, true
	}
	return "", false
}

// Settled says that nothing more is due from the hub for an exchange in this state: it ended, or the
// receiver has registered it.
func Settled(s document.State) bool {
	switch s {
	case document.Queued, document.Held, document.Accepted, document.Forwarded, document.Delivered:
		return false
	}
	return true
}
