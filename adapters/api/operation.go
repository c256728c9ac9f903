package api

import (
	"context"
	"fmt"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// ListKeys lists API keys.
func (d *door) ListKeys(ctx context.Context, r openapi.ListKeysRequestObject) (openapi.ListKeysResponseObject, error) {
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	keys, err := d.Record.Keys(ctx, value(r.Params.Contour), p.After, p.Limit)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	view := openapi.KeyPage{Items: make([]openapi.Key, len(keys))}
	for i, k := range keys {
		view.Items[i] = openapi.Key{
			ID: k.ID, Contour: k.Contour, Role: openapi.Role(k.Role), Name: k.Name, Created: k.Created.UTC(), Expires: utc(k.Expires), Revoked: utc(k.Revoked),
		}
	}
	if len(keys) == p.Limit {
		view.Next = keys[len(keys)-1].ID
	}
	return openapi.ListKeys200JSONResponse(view), nil
}

// AddKey makes a key and shows it this once.
func (d *door) AddKey(ctx context.Context, r openapi.AddKeyRequestObject) (openapi.AddKeyResponseObject, error) {
	b := r.Body
	if !b.Role.Valid() {
		return nil, bad("role", "contour, admin, auditor")
	}
	if err := short("name", b.Name, document.MaxName); err != nil {
		return nil, err
	}
	role := record.Role(b.Role)
	if role != record.RoleContour {
		b.Contour = ""
	} else if d.hub.Book().Contour(b.Contour) == nil {
		return nil, document.Faults{document.NewFault(document.ContourUnknown, "contour", string(b.Contour))}
	}
	text, key := broker.NewKey(b.Contour, role, b.Name, d.hub.Clock(), b.Expires)
	if err := d.Record.AddKey(ctx, key); err != nil {
		return nil, fmt.Errorf("add key: %w", err)
	}
	return openapi.AddKey201JSONResponse{ID: key.ID, Key: text}, nil
}

// RevokeKey ends a key.
func (d *door) RevokeKey(ctx context.Context, r openapi.RevokeKeyRequestObject) (openapi.RevokeKeyResponseObject, error) {
	if _, err := d.Record.Key(ctx, r.Key); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if err := d.Record.RevokeKey(ctx, r.Key, d.hub.Clock()); err != nil {
		return nil, fmt.Errorf("revoke key: %w", err)
	}
	return openapi.RevokeKey204Response{}, nil
}

// ListDeadLetters lists what failed alone.
func (d *door) ListDeadLetters(ctx context.Context, r openapi.ListDeadLettersRequestObject) (openapi.ListDeadLettersResponseObject, error) {
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	after, err := keyAfter(p.After)
	if err != nil {
		return nil, err
	}
	letters, err := d.Record.DeadLetters(ctx, string(value(r.Params.Stage)), after, p.Limit)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	view := openapi.DeadLetterPage{Items: make([]openapi.DeadLetter, len(letters))}
	for i, l := range letters {
		view.Items[i] = letterView(l)
	}
	if len(letters) == p.Limit {
		view.Next = letters[len(letters)-1].Key.String()
	}
	return openapi.ListDeadLetters200JSONResponse(view), nil
}

func letterView(l *record.Dead) openapi.DeadLetter {
	return openapi.DeadLetter{
		ID: l.Key.String(), Stage: openapi.DeadStage(l.Stage), Contour: l.Contour, Subject: l.Subject, Reason: l.Reason, At: l.At.UTC(), Size: len(l.Payload),
	}
}

// GetDeadLetter shows one letter without its content.
func (d *door) GetDeadLetter(ctx context.Context, r openapi.GetDeadLetterRequestObject) (openapi.GetDeadLetterResponseObject, error) {
	key, err := record.ParseKey(r.Letter)
	if err != nil {
		return nil, notFound("letter")
	}
	letter, err := d.hub.DeadLetter(ctx, key)
	if err != nil {
		return nil, err
	}
	return openapi.GetDeadLetter200JSONResponse(letterView(letter)), nil
}

// DropDeadLetter drops a letter for good.
func (d *door) DropDeadLetter(ctx context.Context, r openapi.DropDeadLetterRequestObject) (openapi.DropDeadLetterResponseObject, error) {
	key, err := record.ParseKey(r.Letter)
	if err != nil {
		return nil, notFound("letter")
	}
	if err := d.hub.DropDead(ctx, key); err != nil {
		return nil, err
	}
	d.Log.Info("dead letter dropped", "letter", r.Letter, "key", callOf(ctx).KeyID)
	return openapi.DropDeadLetter204Response{}, nil
}

// ReturnDeadLetter returns a letter to where it came from.
func (d *door) ReturnDeadLetter(ctx context.Context, r openapi.ReturnDeadLetterRequestObject) (openapi.ReturnDeadLetterResponseObject, error) {
	key, err := record.ParseKey(r.Letter)
	if err != nil {
		return nil, notFound("letter")
	}
	if err := d.hub.ReturnDead(ctx, key); err != nil {
		return nil, err
	}
	d.Log.Info("dead letter returned", "letter", r.Letter, "key", callOf(ctx).KeyID)
	return openapi.ReturnDeadLetter200JSONResponse{Count: 1}, nil
}

// ReturnDeadLetters returns all letters of a stage that lie there now. One that fails again becomes a new letter
// and is not returned twice.
func (d *door) ReturnDeadLetters(ctx context.Context, r openapi.ReturnDeadLettersRequestObject) (openapi.ReturnDeadLettersResponseObject, error) {
	if !r.Params.Stage.Valid() {
		return nil, bad("stage", "admit, report, register")
	}
	letters, err := d.lettersOf(ctx, string(r.Params.Stage))
	if err != nil {
		return nil, err
	}
	view := openapi.ReturnDeadLetters200JSONResponse{Count: len(letters)}
	if value(r.Params.DryRun) {
		return view, nil
	}
	for _, key := range letters {
		if err := d.hub.ReturnDead(ctx, key); ignoreNotFound(err) != nil { // somebody else was faster
			return nil, err
		}
	}
	d.Log.Info("dead letters returned", "stage", r.Params.Stage, "count", len(letters), "key", callOf(ctx).KeyID)
	return view, nil
}

func (d *door) lettersOf(ctx context.Context, stage string) ([]record.Key, error) {
	var keys []record.Key
	var after record.Key
	for {
		letters, err := d.Record.DeadLetters(ctx, stage, after, 100)
		if err != nil {
			return nil, fmt.Errorf("dead letters: %w", err)
		}
		if len(letters) == 0 {
			return keys, nil
		}
		for _, l := range letters {
			keys = append(keys, l.Key)
		}
		after = letters[len(letters)-1].Key
	}
}

// Reconcile does now what is overdue.
func (d *door) Reconcile(ctx context.Context, _ openapi.ReconcileRequestObject) (openapi.ReconcileResponseObject, error) {
	n, err := d.hub.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	return openapi.Reconcile200JSONResponse{Count: n}, nil
}
