package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// step is one packet of the journey that smdo dev plays: who sends what to whom, how each executor ends the
// task, and how the packet has to end.
type step struct {
	title  [2]string // Russian, English
	from   document.ContourCode
	author document.ParticipantCode
	to     document.ContourCode
	tasks  []played
	end    document.State
}

// played is a task with what its executor does.
type played struct {
	kind     document.TaskKind
	executor document.ParticipantCode
	outcome  document.Outcome
	end      document.TaskState
}

// journey is what smdo dev plays on the example's organisations (spec: head organisations send signing and
// information tasks to subsidiaries; without a trust rule nothing passes; an executor may decline).
var journey = []step{
	{
		title: [2]string{"Задача «Подписание» двум исполнителям подведомственной организации", "A signing task to two executors of a subsidiary"},
		from:  "head-a", author: "petrov", to: "sub-a1", end: document.Answered,
		tasks: []played{{document.Sign, "sidorova", document.Signed, document.TaskClosed}, {document.Sign, "ivanov", document.Signed, document.TaskClosed}},
	},
	{
		title: [2]string{"Задача «Для информации» другой подведомственной организации", "An information task to another subsidiary"},
		from:  "head-a", author: "petrov", to: "sub-a2", end: document.Answered,
		tasks: []played{{document.Inform, "kozlov", document.Noted, document.TaskClosed}},
	},
	{
		title: [2]string{"В чужой контур: правила доверия нет, пути нет", "To a contour that is not trusted: no rule, no way"},
		from:  "head-a", author: "petrov", to: "sub-b1", end: document.Rejected,
		tasks: []played{{document.Inform, "gusev", document.Noted, ""}},
	},
	{
		title: [2]string{"Исполнитель отклоняет задачу с причиной", "An executor declines a task with a reason"},
		from:  "head-b", author: "orlova", to: "sub-b1", end: document.Answered,
		tasks: []played{{document.Sign, "gusev", document.Declined, document.TaskDeclined}},
	},
}

// algorithmOf is what the emulator signs with for the participants of a contour: the journey leads through all families.
func algorithmOf(contour document.ContourCode) signature.Algorithm {
	switch contour {
	case "head-a":
		return signature.BIGN256
	case "sub-a1":
		return signature.GOST2012256
	}
	return signature.ECDSAP256
}

// patience is how long one thing of the journey may take.
const patience = 20 * time.Second

// play plays one step to its end and returns the packet.
func (h *hub) play(ctx context.Context, s step, say func(ru, en string)) (document.PacketID, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	say(s.title[0], s.title[1])
	id, err := h.sendCard(ctx, s)
	if err != nil {
		return id, err
	}
	if s.end == document.Rejected {
		return id, h.await(ctx, id, s.to, func(ex *record.Exchange) bool { return ex.State == s.end })
	}
	if err := h.await(ctx, id, s.to, registered); err != nil {
		return id, err
	}
	for i, t := range s.tasks {
		if err := h.executeTask(ctx, id, s.to, taskID(i), t); err != nil {
			return id, err
		}
	}
	return id, h.await(ctx, id, s.to, func(ex *record.Exchange) bool {
		for i, t := range s.tasks {
			if ex.Tasks[i].State != t.end {
				return false
			}
		}
		return ex.State == s.end
	})
}

func registered(ex *record.Exchange) bool { return ex.State == document.Registered }

func taskID(i int) string { return fmt.Sprintf("task-%d", i+1) }

// sendCard does what a sender does at the desk: opens a card, attaches a signed file, registers it, picks
// the contour and the executors, and sends.
func (h *hub) sendCard(ctx context.Context, s step) (document.PacketID, error) {
	pdf := samplePDF("smdo-hub", s.title[1], time.Now().UTC().Format(time.RFC3339Nano))
	file := document.Attachment{Name: "Письмо.pdf", MediaType: "application/pdf", Size: int64(len(pdf)), SHA256: sha256.Sum256(pdf), Inline: pdf}
	signed, err := h.emulate(s.from, s.author, &file)
	if err != nil {
		return document.PacketID{}, err
	}
	file.Signatures = []document.Signature{signed}
	draft := &document.Packet{Author: s.author, Subject: s.title[0], Document: &document.Document{Kind: "Письмо", Sheets: 1, Title: s.title[0], Files: []document.Attachment{file}}}
	card, err := h.CreateCard(ctx, s.from, draft)
	if err != nil {
		return document.PacketID{}, fmt.Errorf("create card: %w", err)
	}
	if card, err = h.RegisterCard(ctx, s.from, card.Key); err != nil {
		return document.PacketID{}, err
	}
	card, err = h.EditCard(ctx, s.from, card.Key, card.Version, func(p *document.Packet) error {
		p.To = []document.Receiver{{Contour: s.to}}
		for i, t := range s.tasks {
			p.Tasks = append(p.Tasks, document.Task{ID: taskID(i), Kind: t.kind, SMDO: true, Text: t.kind.Text(document.Russian), Executors: []document.Executor{{Contour: s.to, Participant: t.executor, Chief: true}}})
		}
		return nil
	})
	if err != nil {
		return document.PacketID{}, err
	}
	id := document.PacketID{Sender: s.from, MsgID: document.MsgID(card.Key.String())}
	if s.end == document.Rejected { // the card would tell the fault before anything leaves (S08); a program does not ask
		p, err := wire.UnmarshalPacket(card.Draft)
		if err != nil {
			return id, err
		}
		_, err = h.Submit(ctx, s.from, p)
		return id, err
	}
	o, err := h.SendCard(ctx, s.from, card.Key)
	if err == nil && o.Standing != broker.Custody {
		err = fmt.Errorf("packet %s: %s", id, o.Standing)
	}
	return id, err
}

func (h *hub) executeTask(ctx context.Context, id document.PacketID, contour document.ContourCode, task string, t played) error {
	e := broker.Execution{Packet: id, Task: task, Executor: t.executor, Outcome: t.outcome}
	if t.outcome == document.Signed {
		e.Sign = func(f *document.Attachment) (document.Signature, error) { return h.emulate(contour, t.executor, f) }
	}
	if t.outcome == document.Declined {
		e.Reason = "Не относится к компетенции организации"
	}
	o, err := h.Execute(ctx, contour, e)
	if err == nil && o.Standing != broker.Custody {
		err = fmt.Errorf("answer to %s: %s %v", id, o.Standing, o.Faults)
	}
	return err
}

// emulate signs a file with the participant's key of the emulator.
func (h *hub) emulate(contour document.ContourCode, who document.ParticipantCode, f *document.Attachment) (document.Signature, error) {
	signer, err := h.emulator.Issue(string(who), signature.SignerOptions{Name: string(who), Algorithm: algorithmOf(contour)})
	if err != nil {
		return document.Signature{}, fmt.Errorf("emulator key of %s: %w", who, err)
	}
	cms, err := signer.Sign(signature.ContentOf(f.Inline))
	if err != nil {
		return document.Signature{}, fmt.Errorf("sign as %s: %w", who, err)
	}
	return document.Signature{CMS: cms, Signer: string(who), SignedAt: time.Now().UTC().Truncate(time.Second)}, nil
}

// await waits until the exchange is as done wants it, woken by what is sealed.
func (h *hub) await(ctx context.Context, id document.PacketID, receiver document.ContourCode, done func(*record.Exchange) bool) error {
	woken, leave := h.Announcer().Listen(id.Sender)
	defer leave()
	last := "unknown"
	for {
		_, exchanges, err := h.record.Packet(ctx, id)
		for _, ex := range exchanges {
			if err == nil && ex.Receiver == receiver {
				if done(ex) {
					return h.Barrier(ctx)
				}
				last = receipts.Status(ex.State, taskStates(ex), document.English)
			}
		}
		select {
		case <-woken:
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("packet %s toward %s: waited in vain, it is «%s»", id, receiver, last)
		}
	}
}

func taskStates(ex *record.Exchange) []document.TaskState {
	states := make([]document.TaskState, len(ex.Tasks))
	for i := range ex.Tasks {
		states[i] = ex.Tasks[i].State
	}
	return states
}
