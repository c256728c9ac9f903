package contours

import (
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Request asks whether one packet may go to one of its receivers.
type Request struct {
	From     document.ContourCode
	To       document.ContourCode
	Receiver int // place of To among the packet's receivers, for the fields of faults
	Author   document.ParticipantCode

	Packet     document.PacketKind
	Kind       string // of the document; empty in additions
	Restricted bool
	Size       int64 // bytes of all files
	Requisites []Requisite
	Tasks      []TaskRequest

	// Answer says that the packet answers one that the receiver had sent to the sender and that was
	// accepted: the caller has found it.
	Answer   bool
	Emulated bool // some signature is the emulator's, as far as is known yet
	At       time.Time
}

// TaskRequest is one task for the receiver.
type TaskRequest struct {
	Index     int // place in the packet, for the fields of faults
	Kind      document.TaskKind
	SMDO      bool
	Executors []ExecutorRequest // those of the receiver
}

// ExecutorRequest is one executor of a task.
type ExecutorRequest struct {
	Index       int
	Participant document.ParticipantCode // empty where the sender's format could not name one
}

// RequestFor asks for receiver i of the packet as at that time.
func RequestFor(p *document.Packet, i int, at time.Time) Request {
	r := Request{
		From: p.ID.Sender, To: p.To[i].Contour, Receiver: i, Author: p.Author,
		Packet: p.Kind, Size: size(p), Requisites: requisites(p, i), Tasks: tasksFor(p, p.To[i].Contour), At: at,
	}
	if p.Document != nil {
		r.Kind = p.Document.Kind
		r.Restricted = p.Document.Confidential.Restricted
	}
	for i := range r.Tasks {
		r.Restricted = r.Restricted || p.Tasks[r.Tasks[i].Index].Restricted
	}
	return r
}

func size(p *document.Packet) int64 {
	var total int64
	for _, a := range p.Files {
		total += a.Size
	}
	return total
}

func tasksFor(p *document.Packet, to document.ContourCode) []TaskRequest {
	var tasks []TaskRequest
	for i := range p.Tasks {
		t := &p.Tasks[i]
		task := TaskRequest{Index: i, Kind: t.Kind, SMDO: t.SMDO}
		for j := range t.Executors {
			if t.Executors[j].Contour == to {
				task.Executors = append(task.Executors, ExecutorRequest{j, t.Executors[j].Participant})
			}
		}
		if len(task.Executors) > 0 || len(t.Executors) == 0 {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

func requisites(p *document.Packet, i int) []Requisite {
	var present []Requisite
	add := func(is bool, r Requisite) {
		if is {
			present = append(present, r)
		}
	}
	add(p.Subject != "", Subject)
	add(p.To[i].Organization != nil || p.To[i].Person != nil, Addressee)
	if d := p.Document; d != nil {
		add(d.Title != "", Title)
		add(d.Annotation != "", Annotation)
		add(len(d.Authors) > 0, Authors)
		add(d.Writer != nil, Writer)
		add(len(d.Validators) > 0, Validators)
		add(d.Confidential.Text != "", AccessMark)
	}
	return present
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
