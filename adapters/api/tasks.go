package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/receipts"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// ListTasks lists tasks on the contour's desks.
func (d *door) ListTasks(ctx context.Context, r openapi.ListTasksRequestObject) (openapi.ListTasksResponseObject, error) {
	c, p := callOf(ctx), r.Params
	q := record.TaskQuery{Contour: c.Contour, Executor: value(p.Executor), State: value(p.State)}
	if q.State != "" && receipts.TaskText(q.State, c.lang) == "" {
		return nil, bad("state", "active, executed, closed, declined")
	}
	var err error
	if q.Page, err = page(p.After, p.Limit); err != nil {
		return nil, err
	}
	q.Newest = true
	rows, next, err := d.Record.Tasks(ctx, q)
	if err != nil {
		return nil, d.listError(ctx, p.After, err)
	}
	view := openapi.TaskPage{Items: make([]openapi.DeskTask, len(rows)), Next: next}
	for i, t := range rows {
		view.Items[i] = deskTask(&t.Task, t.PacketID, c.lang)
		view.Items[i].DocumentKind, view.Items[i].Title, view.Items[i].SenderNumber = t.DocumentKind, t.Title, registration(t.SenderNumber)
	}
	return openapi.ListTasks200JSONResponse(view), nil
}

func deskTask(t *record.Task, packet document.PacketID, l document.Lang) openapi.DeskTask {
	return openapi.DeskTask{
		Packet: packet.String(), ID: t.ID, From: packet.Sender, Kind: t.Kind, Smdo: t.SMDO, Executor: t.Executor, Others: t.Others, Text: t.Text,
		Term: t.Term.String(), State: t.State, Status: receipts.TaskText(t.State, l), Outcome: t.Outcome, Journal: t.Journal,
		Registration: registration(t.Number), Changed: t.Changed.UTC(),
	}
}

// deskOf finds a task that the contour was sent.
func (d *door) deskOf(ctx context.Context, packet, task string) (*record.Packet, *record.Task, error) {
	p, exchanges, err := d.visible(ctx, packet)
	if err != nil {
		return nil, nil, err
	}
	for _, ex := range exchanges {
		for i := range ex.Tasks {
			if ex.Receiver == callOf(ctx).Contour && ex.Tasks[i].ID == task {
				return p, &ex.Tasks[i], nil
			}
		}
	}
	return nil, nil, notFound("task")
}

// GetTask shows one task with the files that it is about.
func (d *door) GetTask(ctx context.Context, r openapi.GetTaskRequestObject) (openapi.GetTaskResponseObject, error) {
	p, t, err := d.deskOf(ctx, r.Packet, r.Task)
	if err != nil {
		return nil, err
	}
	view := deskTask(t, p.ID, callOf(ctx).lang)
	view.DocumentKind, view.Title, view.SenderNumber = p.DocumentKind, p.Title, registration(p.Number)
	body, err := d.body(ctx, p)
	if err != nil {
		return nil, err
	}
	view.Files, err = d.signedFiles(ctx, body, p.At)
	return openapi.GetTask200JSONResponse(view), err
}

// SignTask ends a signing or an approval task with the executor's signatures.
func (d *door) SignTask(ctx context.Context, r openapi.SignTaskRequestObject) (openapi.SignTaskResponseObject, error) {
	p, t, err := d.deskOf(ctx, r.Packet, r.Task)
	if err != nil {
		return nil, err
	}
	e := broker.Execution{Packet: p.ID, Task: t.ID, Executor: r.Body.Executor, Outcome: document.Signed}
	if t.Kind == document.Agree {
		e.Outcome = document.Agreed
	}
	switch signer := d.signerOf(callOf(ctx).Contour, r.Body.Executor); {
	case r.Body.Emulate:
		e.Sign = d.emulatedSign(ctx, p.ID.Sender, r.Body.Executor, r.Body.Algorithm)
	case len(r.Body.Signatures) == 0 && signer != nil:
		e.Sign, err = d.keptSign(ctx, signer, p.ID.Sender, r.Body.Executor)
	default:
		e.Sign, err = d.givenSign(ctx, p, r.Body.Signatures)
	}
	if err != nil {
		return nil, err
	}
	return d.execute(ctx, e)
}

// emulatedSign signs each file in the executor's name.
func (d *door) emulatedSign(ctx context.Context, sender document.ContourCode, executor document.ParticipantCode, algorithm openapi.EmulatedAlgorithm) func(*document.Attachment) (document.Signature, error) {
	return func(a *document.Attachment) (document.Signature, error) {
		content, err := d.contentOf(ctx, sender, a)
		if err != nil {
			return document.Signature{}, err
		}
		cms, err := d.emulate(ctx, executor, algorithm, content)
		return document.Signature{CMS: cms, Signer: string(executor), SignedAt: d.hub.Clock().UTC()}, err
	}
}

// givenSign takes the signatures of the request, one for each file of the document; those that are missing are
// told all at once.
func (d *door) givenSign(ctx context.Context, p *record.Packet, given []openapi.FileSignature) (func(*document.Attachment) (document.Signature, error), error) {
	body, err := d.body(ctx, p)
	if err != nil {
		return nil, err
	}
	by := map[string][]byte{}
	for _, s := range given {
		by[s.Sha256] = signatureDER(s.Cms)
	}
	var faults document.Faults
	if body.Document != nil {
		for i, a := range body.Document.Files {
			if by[fmt.Sprintf("%x", a.SHA256)] == nil {
				faults = append(faults, document.NewFault(document.SignatureMissing, fmt.Sprintf("document.files[%d]", i)))
			}
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return func(a *document.Attachment) (document.Signature, error) {
		return document.Signature{CMS: by[fmt.Sprintf("%x", a.SHA256)]}, nil
	}, nil
}

// AcknowledgeTask ends an information task, or reports an errand done.
func (d *door) AcknowledgeTask(ctx context.Context, r openapi.AcknowledgeTaskRequestObject) (openapi.AcknowledgeTaskResponseObject, error) {
	p, t, err := d.deskOf(ctx, r.Packet, r.Task)
	if err != nil {
		return nil, err
	}
	e := broker.Execution{Packet: p.ID, Task: t.ID, Executor: r.Body.Executor, Outcome: document.Noted, Reason: r.Body.Reason}
	if t.Kind == document.Errand {
		e.Outcome = document.Reported
	}
	return d.execute(ctx, e)
}

// DeclineTask ends a task with a reason.
func (d *door) DeclineTask(ctx context.Context, r openapi.DeclineTaskRequestObject) (openapi.DeclineTaskResponseObject, error) {
	p, t, err := d.deskOf(ctx, r.Packet, r.Task)
	if err != nil {
		return nil, err
	}
	return d.execute(ctx, broker.Execution{Packet: p.ID, Task: t.ID, Executor: r.Body.Executor, Outcome: document.Declined, Reason: r.Body.Reason})
}

// execute hands the execution to the hub, for an executor of the contour.
func (d *door) execute(ctx context.Context, e broker.Execution) (*executed, error) {
	c := callOf(ctx)
	if err := short("reason", e.Reason, document.MaxNote); err != nil {
		return nil, err
	}
	if !d.hub.Book().Can(c.Contour, e.Executor, contours.MayExecute) {
		return nil, document.Faults{document.NewFault(document.TaskExecutor, "executor", string(e.Executor), string(c.Contour))}
	}
	o, err := d.hub.Execute(ctx, c.Contour, e)
	if err := verdictOfTask(o, err); err != nil {
		return nil, err
	}
	return &executed{d.outcomeView(c, o), o}, nil
}

// verdictOfTask tells what the hub refused before there was an answer by the status of the fault: a task
// that is answered already is a conflict, not a bad packet.
func verdictOfTask(o broker.Outcome, err error) error {
	if err != nil {
		return err
	}
	return verdict(o, nil)
}

// executed answers with where the answer packet stands: 201 for custody, else 202.
type executed struct {
	view    openapi.Outcome
	outcome broker.Outcome
}

func (e *executed) send(w http.ResponseWriter) error {
	w.Header().Set("Location", location(e.outcome.Packet))
	if e.outcome.Standing == broker.Custody {
		return writeJSON(w, http.StatusCreated, e.view)
	}
	return writeJSON(w, http.StatusAccepted, e.view)
}

// VisitSignTaskResponse writes the answer.
func (e *executed) VisitSignTaskResponse(w http.ResponseWriter) error { return e.send(w) }

// VisitAcknowledgeTaskResponse writes the answer.
func (e *executed) VisitAcknowledgeTaskResponse(w http.ResponseWriter) error { return e.send(w) }

// VisitDeclineTaskResponse writes the answer.
func (e *executed) VisitDeclineTaskResponse(w http.ResponseWriter) error { return e.send(w) }
