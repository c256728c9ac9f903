package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const (
	pageSize = 100
	maxTurn  = 50 // pages of one account, before the next account has its turn
)

// page is an answer with packages.
type page struct {
	HasNext bool              `json:"hasNext"`
	Content []json.RawMessage `json:"content"`
}

// label is how a package is called, read even when nothing else of it can be.
type label struct {
	ID          string            `json:"id"`
	PackageID   string            `json:"packageId"`
	ConfirmID   string            `json:"confirmId"`
	Attachments []json.RawMessage `json:"attachments"`
}

// poll takes what is new in an account, page by page. What was taken is confirmed after each page, and so leaves the list;
// what could not be taken stays in it, is passed over, and comes again in the next turn.
func (l *Link) poll(ctx context.Context, a *account) error {
	seen := map[string]bool{}
	size, number := pageSize, 1
	var errs []error
	for range maxTurn {
		p, err := a.list(ctx, number, size)
		if errors.Is(err, errLarge) && size > 1 {
			size, number = max(size/8, 1), 1
			continue
		}
		if errors.Is(err, errLarge) {
			errs = append(errs, fmt.Errorf("package %d in the account of %s: %w", number, a.Contour, err))
			number++
			continue
		}
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("account of %s: %w", a.Contour, err))...)
		}
		done, stay, err := l.takeAll(ctx, a, p.Content, seen)
		if err = errors.Join(err, a.confirm(ctx, done)); err != nil {
			errs = append(errs, fmt.Errorf("account of %s: %w", a.Contour, err))
		}
		if !p.HasNext || ctx.Err() != nil || a.circuit.open() || errors.Is(err, broker.ErrBusy) {
			break
		}
		if stay || len(done) == 0 {
			number++
		}
	}
	return errors.Join(errs...)
}

// takeAll takes the packages of a page. It returns what to confirm them with, and whether any is to stay.
func (l *Link) takeAll(ctx context.Context, a *account, list []json.RawMessage, seen map[string]bool) (done []string, stay bool, err error) {
	var errs []error
	for _, raw := range list {
		var name label
		_ = json.Unmarshal(raw, &name) // nothing of it can be read: it has no name, and stays
		if seen[name.ConfirmID] {
			continue
		}
		if ctx.Err() != nil || errors.Is(errors.Join(errs...), broker.ErrBusy) {
			return done, true, errors.Join(errs...) // the rest comes again
		}
		var ok bool
		err := broker.Guarded(func() (err error) { ok, err = l.take(ctx, a, raw, name); return err })
		if err != nil {
			errs = append(errs, fmt.Errorf("package %s: %w", name.ID, err))
		}
		if !ok || name.ConfirmID == "" {
			stay = true
			continue
		}
		seen[name.ConfirmID] = true
		done = append(done, name.ConfirmID)
	}
	return done, stay, errors.Join(errs...)
}

// list asks for a page of what is new. Pages count from 1.
func (a *account) list(ctx context.Context, number, size int) (p page, err error) {
	c := call{method: http.MethodPost, path: packagePath}
	c.body, c.size = text(fmt.Appendf(nil, `{"page":%d,"size":%d,"onlyNew":true}`, number, size))
	err = a.do(ctx, c, func(r io.Reader) error {
		text, err := whole(r, maxPageBytes)
		if err == nil && json.Unmarshal(text, &p) != nil {
			err = errAnswer
		}
		return err
	})
	return p, err
}

// confirm tells the router that packages were taken. They come again when it does not hear of it, and have one effect.
func (a *account) confirm(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	batch, err := json.Marshal(map[string][]string{"ids": ids})
	if err != nil {
		return err
	}
	c := call{method: http.MethodPost, path: packagePath + "/confirm/batch"}
	c.body, c.size = text(batch)
	err = a.do(ctx, c, nothing)
	if !refused(err) && !answered(err, http.StatusNotFound) {
		return err
	}
	var errs []error
	for _, id := range ids { // one of them is not known any more
		err := a.do(ctx, call{method: http.MethodGet, path: packagePath + "/confirm/" + url.PathEscape(id)}, nothing)
		if err != nil && !answered(err, http.StatusNotFound, http.StatusGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// fetch opens a file of a package. store reads it to its end.
func (a *account) fetch(ctx context.Context, id, file string, store func(io.Reader) error) error {
	c := call{method: http.MethodGet, path: packagePath + "/" + url.PathEscape(id) + "/attach/" + url.PathEscape(file), file: true}
	return a.do(ctx, c, store)
}

// origin is where a packet from beyond the router came from: receipts about it go there.
type origin struct {
	Package string // as the router calls it
	Abonent string // idAbonent of its sender
}

func originKey(id document.PacketID) string {
	return "in/" + string(id.Sender) + "/" + string(id.MsgID)
}
