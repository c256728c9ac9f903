package document

import (
	"strconv"
	"time"
)

// MaxNote is how many characters the free text of a report may have.
const MaxNote = 4000

// The codes of a registration report (SDIP 2.6, AckResult/@errorcode under ack_type 2).
const (
	CodeRegistered = 0
	CodeNotSubject = 1 // «Регистрации не подлежит»
	CodeRefused    = 2 // «Отказ в регистрации»
	CodeUntrusted  = 3 // «Нет доверия ЭЦП»
)

// Report is what a receiving contour says about a packet: that it came and could be parsed, that it was
// registered or why not, or a note of its own (SDIP Acknowledgement). It is a claim; it becomes a Receipt
// when the hub admits it.
type Report struct {
	ID       string      // the source event, unique within the reporting contour: a repeat has no second effect
	Reporter ContourCode // who says it
	Packet   PacketID    // about what
	Task     string      // Task.ID where it is about one task
	Stage    Stage       // Deliver, Register or UserNote
	Code     int         // the format's errorcode: 0 is good
	Faults   []Fault     // what was wrong, by code

	Number   RegNumber // registration: the receiver's incoming number and its day
	Journal  string    // the journal that it was given in
	Executor ParticipantCode
	Outcome  Outcome

	At   time.Time // by the reporter's clock: information, never an order (D16)
	Note string    // free text, up to MaxNote characters: content, never in a receipt (D17)
}

// Validate returns everything that is wrong with the form of the report. Whether the exchange may take
// such a step is for the state table to say.
func (r *Report) Validate() Faults {
	var c check
	c.reportIdentity(r)
	c.reportResult(r)
	c.text("task", r.Task, MaxName)
	c.text("journal", r.Journal, MaxName)
	c.text("number", r.Number.Number, MaxName)
	c.text("note", r.Note, MaxNote)
	if r.Executor != "" && !r.Executor.Valid() {
		c.add(TaskExecutor, "executor", clip(string(r.Executor)), clip(string(r.Reporter)))
	}
	if r.Outcome != "" && !r.Outcome.Known() {
		c.add(TaskOutcome, "outcome", clip(string(r.Outcome)), "")
	}
	return c.faults
}

func (c *check) reportIdentity(r *Report) {
	if r.ID == "" || len(r.ID) > MaxName || !clean(r.ID) {
		c.add(PacketMsgID, "id")
	}
	if !r.Reporter.Valid() {
		c.add(ContourUnknown, "reporter", clip(string(r.Reporter)))
	}
	if !r.Packet.Sender.Valid() {
		c.add(PacketSender, "packet.sender")
	}
	if !r.Packet.MsgID.Valid() {
		c.add(PacketMsgID, "packet.msg_id")
	}
}

// reportResult checks stage, code and what they call for (SDIP 2.6).
func (c *check) reportResult(r *Report) {
	if len(r.Faults) > MaxFaults {
		c.add(PacketParts, "faults", strconv.Itoa(len(r.Faults)), strconv.Itoa(MaxFaults))
	}
	reason := len(r.Faults) > 0 || r.Note != ""
	switch r.Stage {
	case Deliver:
		if r.Code != 0 && !reason {
			c.add(ReportReason, "note")
		}
	case Register:
		switch r.Code {
		case CodeRegistered:
			if r.Number.Number == "" || !r.Number.Date.Valid() {
				c.add(ReportNumber, "number")
			}
		case CodeNotSubject:
		case CodeRefused, CodeUntrusted:
			if !reason {
				c.add(ReportReason, "note")
			}
		default:
			c.add(ReportStage, "code")
		}
	case UserNote:
	default:
		c.add(ReportStage, "stage")
	}
}
