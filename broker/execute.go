package broker

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// Execution is what an executor does with a task on the desk.
type Execution struct {
	Packet   document.PacketID
	Task     string
	Executor document.ParticipantCode
	Outcome  document.Outcome
	Reason   string // of declining: free text, goes to the sender
	// Sign makes the executor's signature under a file, for Signed and Agreed: an outside signer, or the
	// emulator. It is called once a file.
	Sign func(file *document.Attachment) (document.Signature, error)
}

// Execute ends a task of a hosted contour: it makes the answer packet (msg_type 3 with its parent) and sends
// it back along the path that every packet goes. The task is executed when the hub has custody of the
// answer, and closed when it reached the sender.
func (h *Hub) Execute(ctx context.Context, contour document.ContourCode, e Execution) (Outcome, error) {
	ex, err := h.exchangeOf(ctx, e.Packet, contour)
	if err != nil {
		return Outcome{}, err
	}
	task, faults := taskOf(ex, e)
	if len(faults) > 0 {
		return Outcome{Standing: Refused, Packet: e.Packet, Faults: faults}, faults
	}
	body, err := h.record.Body(ctx, ex.Packet)
	if err != nil {
		return Outcome{}, fmt.Errorf("packet %s: %w", e.Packet, err)
	}
	parent, err := wire.UnmarshalPacket(body)
	if err != nil {
		return Outcome{}, fmt.Errorf("packet %s in the record: %w", e.Packet, err)
	}
	answer, err := h.answer(ctx, contour, ex, task, parent, e)
	if err != nil {
		return Outcome{}, err
	}
	return h.Submit(ctx, contour, answer)
}

// taskOf finds the task and checks that this executor may end it so.
func taskOf(ex *record.Exchange, e Execution) (*record.Task, document.Faults) {
	for i := range ex.Tasks {
		t := &ex.Tasks[i]
		if t.ID != e.Task {
			continue
		}
		switch {
		case t.Executor != "" && t.Executor != e.Executor:
			return nil, document.Faults{document.NewFault(document.TaskUnknown, "executor")}
		case !open(t.State):
			return nil, document.Faults{document.NewFault(document.TaskAnswered, "task")}
		case e.Outcome == document.Declined && e.Reason == "":
			return nil, document.Faults{document.NewFault(document.TaskReason, "reason")}
		case e.Outcome != document.Declined && e.Outcome != wanted[t.Kind]:
			return nil, document.Faults{document.NewFault(document.TaskOutcome, "outcome", string(e.Outcome), string(t.Kind))}
		}
		return t, nil
	}
	return nil, document.Faults{document.NewFault(document.TaskUnknown, "task")}
}

func (h *Hub) answer(ctx context.Context, contour document.ContourCode, ex *record.Exchange, t *record.Task, parent *document.Packet, e Execution) (*document.Packet, error) {
	p := &document.Packet{
		ID: document.PacketID{Sender: contour, MsgID: document.MsgID(record.NewKey().String())}, Edition: document.Edition, Kind: document.Answer,
		Acknow: document.AcknowAlways, Sent: h.Clock(), Subject: parent.Subject, Author: e.Executor,
		To:     []document.Receiver{{Contour: ex.ID.Sender, System: parent.From}},
		Answer: &document.TaskAnswer{Task: t.ID, Outcome: e.Outcome, Executor: e.Executor, Reason: e.Reason},
	}
	number := t.Number
	if number.Number == "" {
		number = document.RegNumber{Number: "б/н", Date: document.DateOf(h.Clock().In(h.Book().Zone(contour)))}
	}
	p.Document = &document.Document{
		ID: string(p.ID.MsgID), Type: document.Outgoing, Kind: ex.Doc.DocumentKind, Sheets: max(ex.Doc.Sheets, 1), Number: number, Title: ex.Doc.Title,
		Confidential: document.Confidential{Restricted: ex.Doc.Restricted},
		Parent:       &document.Parent{DocumentID: ex.Doc.DocumentID, LastMsgID: ex.ID.MsgID, FirstMsgID: ex.ID.MsgID, Contour: ex.ID.Sender, ByHub: true, Number: ex.Doc.Number},
	}
	if e.Sign == nil || parent.Document == nil || e.Outcome == document.Declined || e.Outcome == document.Noted {
		return p, nil
	}
	files, err := signAll(parent.Document.Files, e.Sign)
	if err != nil {
		return nil, err
	}
	p.Document.Files = files
	return p, h.lend(ctx, contour, ex.ID.Sender, files)
}

func signAll(files []document.Attachment, sign func(*document.Attachment) (document.Signature, error)) ([]document.Attachment, error) {
	out := make([]document.Attachment, len(files))
	for i := range files {
		out[i] = files[i]
		s, err := sign(&files[i])
		if err != nil {
			return nil, fmt.Errorf("sign file %d: %w", i, err)
		}
		out[i].Signatures = append(append([]document.Signature(nil), files[i].Signatures...), s)
	}
	return out, nil
}

// lend lets the answering contour name the files that it was sent: they are in the store already (D13). They weigh on
// the quota of who uploaded them, and not once more on that of who was sent them and had no say.
func (h *Hub) lend(ctx context.Context, to, from document.ContourCode, files []document.Attachment) error {
	var keys []record.UploadKey
	for i := range files {
		if files[i].Inline == nil {
			keys = append(keys, record.UploadKey{Contour: from, SHA256: files[i].SHA256})
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return h.record.Update(ctx, record.Reads{Uploads: keys}, func(s *record.State) (*record.Writes, error) {
		var w record.Writes
		for _, k := range keys {
			if u := s.Uploads[k]; u != nil {
				w.NewUploads = append(w.NewUploads, &record.Upload{UploadKey: record.UploadKey{Contour: to, SHA256: k.SHA256}, Size: u.Size, Digests: u.Digests, At: u.At, Lent: true})
			}
		}
		return &w, nil
	})
}
