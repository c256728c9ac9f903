package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// NoteUpload records that the contour uploaded a file that the blob store holds now: from here on its
// packets may name it (D13), and its digests need not be taken again (D9). When the collector gave the file up
// meanwhile it is put again; record.ErrStale when its owner has to upload it again. A file that would take the
// contour beyond its quota is refused with QUO-04 and left to the collector; a repeat costs nothing.
func (h *Hub) NoteUpload(ctx context.Context, contour document.ContourCode, info blob.Info, content signature.Content) error {
	err := h.enter(ctx, contour, info, content)
	if errors.Is(err, record.ErrStale) {
		if info, err = h.putAgain(ctx, info); err == nil {
			err = h.enter(ctx, contour, info, content)
		}
	}
	return err
}

func (h *Hub) enter(ctx context.Context, contour document.ContourCode, info blob.Info, content signature.Content) error {
	u := &record.Upload{UploadKey: record.UploadKey{Contour: contour, SHA256: info.Digest}, Size: info.Size, Digests: map[string][]byte{}, At: info.Stored}
	for name, digest := range content.Digests {
		u.Digests[string(name)] = digest
	}
	reads := record.Reads{Stored: []document.ContourCode{contour}, Uploads: []record.UploadKey{u.UploadKey}}
	err := h.again(ctx, func() error {
		return h.record.Update(ctx, reads, func(s *record.State) (*record.Writes, error) {
			return h.admitUpload(s, u)
		})
	})
	if err != nil {
		return fmt.Errorf("note upload: %w", err)
	}
	return nil
}

// admitUpload decides while the contour's sum is locked, so that two uploads at once cannot both take the last bytes.
func (h *Hub) admitUpload(s *record.State, u *record.Upload) (*record.Writes, error) {
	book := h.Book()
	if s.Head.Rules != book.Version() {
		return nil, errRulesMoved // D10: the quota of the version in force
	}
	c := book.Contour(u.Contour)
	if known := s.Uploads[u.UploadKey]; known == nil && c != nil {
		if f := contours.CheckBytes(c, s.Stored[u.Contour]+u.Size); f != nil {
			return nil, document.Faults{*f}
		}
	}
	return &record.Writes{NewUploads: []*record.Upload{u}}, nil
}

// UploadOf returns what is known of a file that the contour uploaded, or record.ErrNotFound.
func (h *Hub) UploadOf(ctx context.Context, contour document.ContourCode, sha256 [32]byte) (*record.Upload, error) {
	key := record.UploadKey{Contour: contour, SHA256: sha256}
	var found *record.Upload
	err := h.record.Update(ctx, record.Reads{Uploads: []record.UploadKey{key}}, func(s *record.State) (*record.Writes, error) {
		found = s.Uploads[key]
		return nil, nil
	})
	if err == nil && found == nil {
		err = record.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	return found, nil
}

// DeadLetter returns a dead letter, or record.ErrNotFound.
func (h *Hub) DeadLetter(ctx context.Context, key record.Key) (*record.Dead, error) {
	return h.dead(ctx, key)
}

// ErrSameHand says that who put a version of the rules forward cannot approve it.
var ErrSameHand = errors.New("broker: another person has to approve")

// ProposeRules puts a contours file in force, or forward for approval where a second person has to approve
// it: there is no door around that. base is the version that the change was made from; record.ErrStale when
// another one is in force. The problems of a bad file are returned as contours.Problems.
func (h *Hub) ProposeRules(ctx context.Context, text []byte, comment, by string, base int64) (record.Rules, error) {
	next, problems := contours.Parse(text)
	if len(problems) > 0 {
		return record.Rules{}, problems
	}
	if err := h.LoadRules(ctx); err != nil {
		return record.Rules{}, err
	}
	book := h.Book()
	if book.Version() != base {
		return record.Rules{}, fmt.Errorf("propose rules: %w", record.ErrStale)
	}
	var current *contours.Config
	if base > 0 {
		current = book.Config()
	}
	pending := contours.NeedsApproval(current, next)
	r := record.Rules{Text: text, Digest: sha256.Sum256(text), Comment: comment, By: by, At: h.Clock(), Base: base, Active: !pending, Pending: pending}
	version, err := h.record.ProposeRules(ctx, r, !pending)
	if err != nil {
		return record.Rules{}, fmt.Errorf("propose rules: %w", err)
	}
	r.Version = version
	return r, h.LoadRules(ctx)
}

// ApproveRules puts a version in force that waits for it. It returns ErrSameHand to who put it forward, and
// record.ErrStale when it does not wait (any more).
func (h *Hub) ApproveRules(ctx context.Context, version int64, by string) (record.Rules, error) {
	r, err := h.record.RulesVersion(ctx, version)
	if err != nil {
		return r, fmt.Errorf("approve rules %d: %w", version, err)
	}
	if r.By == by {
		return r, ErrSameHand
	}
	if err := h.record.ApproveRules(ctx, version, by); err != nil {
		return r, fmt.Errorf("approve rules %d: %w", version, err)
	}
	r.Approved, r.Active, r.Pending = by, true, false
	return r, h.LoadRules(ctx)
}
