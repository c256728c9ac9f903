package smdo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// How long a draft waits for its sender, and how long it is known that it was sent.
const (
	draftLife = 7 * 24 * time.Hour
	sentLife  = 24 * time.Hour
)

// draft is a package that a subscriber composes.
type draft struct {
	ID    string          // packageId
	Text  json.RawMessage // the package as its sender wrote it
	Files []draftFile
	Next  int // the last number that a file got
	Sent  bool

	version int64
}

// draftFile is a file of a draft; its content is in the blob store.
type draftFile struct {
	Number int
	Name   string // as the message refers to it
	SHA256 [32]byte
	Size   int64
	Signs  json.RawMessage `json:",omitempty"` // as its sender wrote them; nil: none
}

func draftKey(contour document.ContourCode, id string) record.KeptKey {
	return record.KeptKey{Adapter: Adapter, Contour: contour, Key: "draft/" + id}
}

// sentKey is where a draft stands once it was sent, so that a repeat is known.
func sentKey(contour document.ContourCode, id string) record.KeptKey {
	return record.KeptKey{Adapter: Adapter, Contour: contour, Key: "sent/" + id}
}

// draft returns a contour's draft, sent or not, or record.ErrNotFound.
func (d *door) draft(ctx context.Context, contour document.ContourCode, id string) (*draft, error) {
	kept, err := d.Record.Kept(ctx, draftKey(contour, id))
	if errors.Is(err, record.ErrNotFound) {
		kept, err = d.Record.Kept(ctx, sentKey(contour, id))
	}
	if err != nil {
		return nil, err
	}
	p := new(draft)
	if err := json.Unmarshal(kept.Value, p); err != nil {
		return nil, fmt.Errorf("draft in the record: %w", err)
	}
	p.version = kept.Version
	return p, nil
}

// keep stores a draft that was not sent.
func (d *door) keep(ctx context.Context, contour document.ContourCode, p *draft) error {
	value, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	if len(value) > record.MaxKept {
		return &http.MaxBytesError{Limit: record.MaxKept}
	}
	now := d.Clock()
	err = d.Record.Keep(ctx, []record.Kept{{KeptKey: draftKey(contour, p.ID), Version: p.version, Value: value, At: now, Until: now.Add(draftLife)}}, nil)
	p.version++
	return err
}

// sent moves a draft that was sent out of the contour's way.
func (d *door) sent(ctx context.Context, contour document.ContourCode, p *draft) error {
	key := sentKey(contour, p.ID)
	before, err := d.Record.Kept(ctx, key)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return err
	}
	p.Sent = true
	value, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	now := d.Clock()
	return d.Record.Keep(ctx, []record.Kept{{KeptKey: key, Version: before.Version, Value: value, At: now, Until: now.Add(sentLife)}}, []record.KeptKey{draftKey(contour, p.ID)})
}

// edit changes a draft that was not sent yet, again when another request changed it meanwhile: files may be uploaded at once.
func (d *door) edit(ctx context.Context, contour document.ContourCode, id string, change func(*draft) error) (*draft, error) {
	const tries = 10
	for try := 1; ; try++ {
		p, err := d.draft(ctx, contour, id)
		if err != nil {
			return nil, err
		}
		if p.Sent {
			return nil, errSent
		}
		if err := change(p); err != nil {
			return nil, err
		}
		if err = d.keep(ctx, contour, p); !errors.Is(err, record.ErrStale) || try == tries {
			return p, err
		}
	}
}

// file finds a file by its identifier.
func (p *draft) file(id string) *draftFile {
	for i := range p.Files {
		if fileID(p.Files[i].Number) == id {
			return &p.Files[i]
		}
	}
	return nil
}

// createDraft takes a package. One with the msg_id of a draft that was not sent takes its place and keeps its files: the
// answer to the first may have been lost.
func (d *door) createDraft(w http.ResponseWriter, r *request) error {
	text, id, err := d.readPackage(r)
	if err != nil {
		return err
	}
	p, err := d.draft(r.Context(), r.contour, id)
	switch {
	case errors.Is(err, record.ErrNotFound), err == nil && p.Sent:
		if err := d.room(r.Context(), r.contour); err != nil {
			return err
		}
		p = &draft{ID: id}
	case err != nil:
		return err
	}
	p.Text = text
	if err := d.keep(r.Context(), r.contour, p); err != nil {
		return err
	}
	return d.answerDraft(w, http.StatusCreated, p)
}

// maxDrafts is how many drafts of a contour may wait.
const maxDrafts = 10_000

// room refuses one draft more than a contour may have.
func (d *door) room(ctx context.Context, contour document.ContourCode) error {
	n, err := d.Record.KeptCount(ctx, Adapter, contour, "draft/", "draft0", maxDrafts)
	if err == nil && n >= maxDrafts {
		err = fmt.Errorf("%w: %d drafts", broker.ErrBusy, n)
	}
	return err
}

// readPackage reads the package of a request, and how it is called from here on: by its packet where that has a name.
// What is wrong with it is told when it is sent, all at once; here it has to be JSON with a body.
func (d *door) readPackage(r *request) (text []byte, id string, err error) {
	if text, err = io.ReadAll(r.Body); err != nil {
		return nil, "", err
	}
	p, err := packageOf(text)
	if err != nil {
		return nil, "", err
	}
	if msg := p.Message.ID; msg.Valid() {
		return text, sentID(document.PacketID{Sender: r.contour, MsgID: msg}), nil
	}
	return text, uuid.NewString(), nil
}

// packageOf reads a package that has a message, with whatever faults.
func packageOf(text []byte) (*sdip.Package, error) {
	p, err := sdip.DecodePackage(text, sdip.Options{})
	if p == nil {
		return nil, &refusal{http.StatusBadRequest, err.(document.Faults)}
	}
	if p.Message == nil {
		return nil, &refusal{http.StatusBadRequest, document.Faults{document.NewFault(document.PacketZone, "body/envelop", "envelop")}}
	}
	return p, nil
}

// replaceDraft takes the package anew; it says itself which one it is.
func (d *door) replaceDraft(w http.ResponseWriter, r *request) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	p, err := packageOf(text)
	if err != nil {
		return err
	}
	kept, err := d.edit(r.Context(), r.contour, p.PackageID, func(p *draft) error { p.Text = text; return nil })
	if err != nil {
		return err
	}
	return d.answerDraft(w, http.StatusOK, kept)
}

func (d *door) showDraft(w http.ResponseWriter, r *request) error {
	p, err := d.draft(r.Context(), r.contour, r.PathValue("package"))
	if err != nil {
		return err
	}
	return d.answerDraft(w, http.StatusOK, p)
}

func (d *door) dropDraft(w http.ResponseWriter, r *request) error {
	p, err := d.draft(r.Context(), r.contour, r.PathValue("package"))
	if err != nil {
		return err
	}
	if p.Sent {
		return errSent
	}
	if err := d.Record.Keep(r.Context(), nil, []record.KeptKey{draftKey(r.contour, p.ID)}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// answerDraft shows a draft as its sender wrote it, with what the router knows: identifiers and files.
func (d *door) answerDraft(w http.ResponseWriter, status int, p *draft) error {
	var shown map[string]json.RawMessage
	if err := json.Unmarshal(p.Text, &shown); err != nil {
		return fmt.Errorf("draft in the record: %w", err)
	}
	for name := range shown {
		switch name {
		case "parentId", "to", "body", "dateSent":
		default:
			delete(shown, name)
		}
	}
	type file struct {
		ID   string          `json:"id"`
		Name string          `json:"name"`
		Size int64           `json:"size"`
		Sign json.RawMessage `json:"sign"`
	}
	files := make([]file, len(p.Files))
	for i, f := range p.Files {
		files[i] = file{fileID(f.Number), f.Name, f.Size, f.Signs}
		if f.Signs == nil {
			files[i].Sign = json.RawMessage("[]")
		}
	}
	for name, v := range map[string]any{"packageId": p.ID, "confirmId": p.ID, "headerId": sdip.HeaderID, "attachments": files} {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("draft: %w", err)
		}
		shown[name] = text
	}
	return answerJSON(w, status, shown)
}

// sign sets the signatures of a file.
func (d *door) sign(w http.ResponseWriter, r *request) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxSignature+1))
	if err != nil {
		return err
	}
	if len(text) > maxSignature {
		return &http.MaxBytesError{Limit: maxSignature}
	}
	if _, err := sdip.DecodeSignatures(text, markup.DefaultLimits()); err != nil {
		return err
	}
	return d.setSigns(w, r, text)
}

func (d *door) unsign(w http.ResponseWriter, r *request) error { return d.setSigns(w, r, nil) }

func (d *door) setSigns(w http.ResponseWriter, r *request, text []byte) error {
	_, err := d.edit(r.Context(), r.contour, r.PathValue("package"), func(p *draft) error {
		f := p.file(r.PathValue("file"))
		if f == nil {
			return errNotFound
		}
		f.Signs = text
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// detach takes a file out of a draft.
func (d *door) detach(w http.ResponseWriter, r *request) error {
	_, err := d.edit(r.Context(), r.contour, r.PathValue("package"), func(p *draft) error {
		id := r.PathValue("file")
		if p.file(id) == nil {
			return errNotFound
		}
		p.Files = slices.DeleteFunc(p.Files, func(f draftFile) bool { return fileID(f.Number) == id })
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
