package document

import (
	"strings"
	"time"
)

// Stage says what happened to a packet: the type of a receipt. The numbers up to 105 are those of the
// formats (SDIP Acknowledgement/@ack_type); from 200 on they are the hub's own.
type Stage int

// The stages.
const (
	Deliver   Stage = 1   // delivery and parsing at the receiver (code 0 or an error)
	Register  Stage = 2   // registration: 0 registered, 1 not subject, 2 refused, 3 signature not trusted
	UserNote  Stage = 4   // user-defined by the receiver's system
	Accept    Stage = 100 // the hub has custody (D1)
	Forward   Stage = 101 // sent on to the receiver
	Reject    Stage = 103 // reached the hub with errors
	Block     Stage = 104 // the receiver's access is blocked
	OldFormat Stage = 105 // built in a format that is no longer taken

	Hold         Stage = 200 // cannot be decided yet; has a deadline
	Withdraw     Stage = 201 // taken back by the sender before delivery
	Expire       Stage = 202 // undeliverable within its time to live
	Execute      Stage = 203 // the executor's answer was accepted: task Executed or Declined
	Close        Stage = 204 // the answer reached the sender: «Исполнена. Закрыта»
	Overdue      Stage = 205 // registration is late: a warning, not an end
	Conflict     Stage = 206 // the same id came with other content; the first packet is untouched (D6)
	Flag         Stage = 207 // an illegal step was reported: kept, not applied
	EditRefused  Stage = 208 // an attempt to change what was sent (S06)
	Redeliver    Stage = 209 // returned to processing by an operator
	AnswerPacket Stage = 210 // the whole exchange was answered
)

var stageNames = map[Stage]string{
	Deliver: "delivered", Register: "registered", UserNote: "note", Accept: "accepted", Forward: "forwarded", Reject: "rejected", Block: "blocked",
	OldFormat: "old_format", Hold: "held", Withdraw: "withdrawn", Expire: "expired", Execute: "executed", Close: "closed", Overdue: "overdue",
	Conflict: "conflict", Flag: "flagged", EditRefused: "edit_refused", Redeliver: "redelivered", AnswerPacket: "answered",
}

// String is the stage's token in subjects, JSON and metrics.
func (s Stage) String() string {
	if name, ok := stageNames[s]; ok {
		return name
	}
	return "unknown"
}

// ParseStage reads the form that String writes.
func ParseStage(name string) (Stage, bool) {
	for s, n := range stageNames {
		if n == name {
			return s, true
		}
	}
	return 0, false
}

// State is where an exchange, one packet toward one receiver, stands.
type State string

// The states of an exchange. Which follows which is the table of package receipts.
const (
	Queued         State = "queued"
	Held           State = "held"
	Accepted       State = "accepted"
	Forwarded      State = "forwarded"
	Delivered      State = "delivered"
	Registered     State = "registered"
	Answered       State = "answered"
	Rejected       State = "rejected"
	Blocked        State = "blocked"
	OldFormatted   State = "old_format"
	DeliveryFailed State = "delivery_failed"
	NotSubject     State = "not_subject"
	Refused        State = "refused"
	Untrusted      State = "untrusted"
	Withdrawn      State = "withdrawn"
	Expired        State = "expired"
)

// TaskState is where one task of an exchange stands, from Registered on.
type TaskState string

// The states of a task.
const (
	TaskActive   TaskState = "active"
	TaskExecuted TaskState = "executed"
	TaskClosed   TaskState = "closed"
	TaskDeclined TaskState = "declined"
)

// ReceiptID is "<packet>/<receiver>/<task or ->/<stage>/<source event>" (D6): the same event gives the
// same receipt, however often it is seen.
type ReceiptID string

// NewReceiptID composes the identifier.
func NewReceiptID(packet PacketID, receiver ContourCode, task string, stage Stage, event string) ReceiptID {
	if task == "" {
		task = "-"
	}
	return ReceiptID(strings.Join([]string{packet.String(), string(receiver), task, stage.String(), event}, "/"))
}

// Receipt is a statement that something happened to a packet toward one receiver. It is never itself
// receipted. It carries codes, numbers and salted digests: no free text and no personal data (D17), so
// that it can stand in the ledger for ever.
type Receipt struct {
	ID       ReceiptID
	Packet   PacketID
	Receiver ContourCode
	Task     string // Task.ID where the statement is about one task
	Stage    Stage
	Code     int     // the format's errorcode: 0 is good
	Faults   []Fault // what was wrong, all of it

	From, To         State // of the exchange; equal when nothing moved
	TaskFrom, TaskTo TaskState

	Journal  string    // registration: the journal and the number given there
	Number   RegNumber // the receiver's incoming number
	Executor ParticipantCode
	Outcome  Outcome
	Rule     string // the trust rule that decided
	Rules    int64  // the version of the rules that it was read at
	Emulated bool   // a signature was made by «Эмулятор ЭЦП»

	Event string    // what made it: a digest, a report's id, a card, "expiry"
	At    time.Time // by the hub's clock; order comes from leaves, never from here (D16)
	Note  [32]byte  // salted SHA-256 of a free text kept as content; zero when there is none

	Leaf int64 // place in the ledger, from 0; -1 until sealed. Not part of the receipt's bytes
}

// Bad says whether the receipt tells the sender that something went wrong.
func (r *Receipt) Bad() bool {
	switch r.Stage {
	case Reject, Block, OldFormat, Expire, Conflict, EditRefused:
		return true
	case Deliver, Register:
		return r.Code != 0
	case Execute:
		return r.TaskTo == TaskDeclined
	}
	return false
}
