package broker

import (
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// change composes what one commit writes. It is the one place where a state moves and a receipt is made,
// so that no effect is without its receipt and no receipt without its effect (D2).
type change struct {
	hub   *Hub
	state *record.State
	book  *contours.Book
	now   time.Time

	moved bool // what was read is not what the change needs: read again
	ends  bool // nothing goes out on the bus once it is committed: its receipts are all that is left to do

	writes    record.Writes
	changed   []*record.Exchange
	seen      map[*record.Exchange]standing // of those that will be written
	tasks     map[*record.Task]bool
	registers map[*record.Journal]*register // that this change numbers in
}

// standing says how an exchange will be written.
type standing int

const (
	unseen   standing = iota
	inserted          // as it stands at the end of the change, with its tasks
	updated
)

// done returns what is to be written.
func (c *change) done() *record.Writes {
	c.writes.SetExchanges = append(c.writes.SetExchanges, c.changed...)
	c.writes.Number = true
	return &c.writes
}

// open takes a new exchange.
func (c *change) open(ex *record.Exchange) {
	c.mark(ex, inserted)
	c.writes.NewExchanges = append(c.writes.NewExchanges, ex)
}

func (c *change) mark(ex *record.Exchange, as standing) {
	if c.seen == nil {
		c.seen = map[*record.Exchange]standing{}
	}
	c.seen[ex] = as
}

// touch notes that the exchange has to be written.
func (c *change) touch(ex *record.Exchange) {
	ex.Changed = c.now
	if c.seen[ex] == unseen {
		c.mark(ex, updated)
		c.changed = append(c.changed, ex)
	}
}

// touchTask notes that a task has to be written; tasks of a new exchange are written with it.
func (c *change) touchTask(ex *record.Exchange, t *record.Task) {
	t.Changed = c.now
	if c.seen[ex] == inserted || c.tasks[t] {
		return
	}
	if c.tasks == nil {
		c.tasks = map[*record.Task]bool{}
	}
	c.tasks[t] = true
	c.writes.SetTasks = append(c.writes.SetTasks, t)
}

// owe says what is due for the exchange next; DueNothing when it is settled.
func (c *change) owe(ex *record.Exchange, kind record.DueKind, at time.Time) {
	if kind == record.DueNothing {
		at = time.Time{}
	}
	if ex.Due == kind && ex.DueAt.Equal(at) {
		return
	}
	ex.Due, ex.DueAt = kind, at
	c.touch(ex)
}

// step moves the exchange and states it. A step that is late is stated without effect; one that is
// impossible is kept and flagged.
func (c *change) step(ex *record.Exchange, step receipts.Step, r document.Receipt) receipts.Effect {
	to, effect := receipts.Apply(ex.State, step)
	r.From, r.To = ex.State, to
	if effect == receipts.Illegal {
		f := document.NewFault(document.ReportIllegal, "stage", string(ex.State))
		r.Stage, r.Faults = document.Flag, append(r.Faults, f)
	}
	if effect == receipts.Applied {
		ex.State = to
		c.touch(ex)
		if receipts.Settled(to) {
			c.owe(ex, record.DueNothing, time.Time{})
		}
	}
	c.attest(ex, r)
	if effect == receipts.Applied && (to == document.Delivered || to == document.Registered || to == document.NotSubject) {
		c.answered(ex)
	}
	return effect
}

// attest adds a receipt about the exchange that moves nothing beyond what it says.
func (c *change) attest(ex *record.Exchange, r document.Receipt) {
	if r.From == "" {
		r.From, r.To = ex.State, ex.State
	}
	r.Packet, r.Receiver = ex.ID, ex.Receiver
	r.ID = document.NewReceiptID(ex.ID, ex.Receiver, r.Task, r.Stage, r.Event)
	r.At, r.Leaf = c.now, -1
	if r.Rules == 0 {
		r.Rules = c.book.Version()
	}
	c.writes.Receipts = append(c.writes.Receipts, &record.Receipt{Receipt: r, PacketKey: ex.Packet, Bytes: wire.ReceiptBytes(&r)})
}

// note keeps a free text beside a receipt, which gets a salted digest of it (D17).
func (c *change) note(ex *record.Exchange, r *document.Receipt, text string) {
	if text == "" {
		return
	}
	n := record.Note{Packet: ex.Packet, Receipt: document.NewReceiptID(ex.ID, ex.Receiver, r.Task, r.Stage, r.Event), Text: text}
	_, _ = rand.Read(n.Salt[:])
	r.Note = sha256.Sum256(append(n.Salt[:], text...))
	c.writes.Notes = append(c.writes.Notes, n)
}

// execute moves the tasks that an accepted answer answers, and states each.
func (c *change) execute(parent *record.Exchange, answer *record.Packet, reason string) {
	for i := range parent.Tasks {
		t := &parent.Tasks[i]
		if answer.AnswerTask != "" && t.ID != answer.AnswerTask || !open(t.State) {
			continue
		}
		from := t.State
		to, _ := receipts.ApplyTask(document.TaskActive, outcomeOf(answer, t))
		t.State, t.Outcome = to, outcomeOf(answer, t)
		c.touchTask(parent, t)
		r := document.Receipt{Stage: document.Execute, Task: t.ID, TaskFrom: from, TaskTo: to, Outcome: t.Outcome, Executor: answer.Executor, Event: string(answer.ID.MsgID), Emulated: answer.Emulated, Number: t.Number}
		c.note(parent, &r, reason)
		c.attest(parent, r)
	}
}

// outcomeOf says how an answer ends a task; one that does not say how does what the task asks for.
func outcomeOf(answer *record.Packet, t *record.Task) document.Outcome {
	if answer.Outcome != "" {
		return answer.Outcome
	}
	return wanted[t.Kind]
}

// wanted is the outcome, besides declining, that a kind of task can have.
var wanted = map[document.TaskKind]document.Outcome{
	document.Sign: document.Signed, document.Inform: document.Noted, document.Errand: document.Reported, document.Agree: document.Agreed,
}

// open says whether a task can still be answered; an empty state is one that was not registered yet.
func open(s document.TaskState) bool { return s == "" || s == document.TaskActive }

// answered closes what an answer that has now reached the sender was about: «Исполнена. Закрыта».
func (c *change) answered(answer *record.Exchange) {
	doc := answer.Doc
	if doc == nil || doc.Kind != document.Answer {
		return
	}
	parent := c.state.Exchanges[record.ExchangeKey{Packet: doc.Parent, Receiver: answer.ID.Sender}]
	if parent == nil || answer.Receiver != doc.Parent.Sender {
		return
	}
	event := string(answer.ID.MsgID)
	waiting := false
	for i := range parent.Tasks {
		t := &parent.Tasks[i]
		if doc.AnswerTask == "" || t.ID == doc.AnswerTask {
			if to, effect := receipts.CloseTask(t.State); effect == receipts.Applied {
				r := document.Receipt{Stage: document.Close, Task: t.ID, TaskFrom: t.State, TaskTo: to, Outcome: t.Outcome, Executor: doc.Executor, Event: event, Emulated: doc.Emulated, Number: t.Number}
				t.State = to
				c.touchTask(parent, t)
				c.attest(parent, r)
			}
		}
		waiting = waiting || open(t.State) || t.State == document.TaskExecuted
	}
	if !waiting && parent.State != document.Answered {
		c.step(parent, receipts.Answer, document.Receipt{Stage: document.AnswerPacket, Event: event})
	}
}
