package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// phase is how far a package has come.
type phase string

const (
	drafted phase = "draft"   // it lies at the router
	sending phase = "sending" // «send» was called; without an answer it is in doubt
	sent    phase = "sent"
)

// progress is kept for each receiver of a package.
type progress struct {
	PackageID string
	Phase     phase
	To        []document.ContourCode
}

func (p *progress) has(c document.ContourCode) bool { return slices.Contains(p.To, c) }

// progress returns what is kept under a key, with its version; nil when nothing is.
func (l *Link) progress(ctx context.Context, k record.KeptKey) (*progress, int64, error) {
	row, err := l.Record.Kept(ctx, k)
	if errors.Is(err, record.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	p := new(progress)
	if err := json.Unmarshal(row.Value, p); err != nil {
		return nil, 0, fmt.Errorf("progress of a package in the record: %w", err)
	}
	return p, row.Version, nil
}

// hand sends what was composed. It does the first of the steps that is not done yet, and those after it.
func (s *sender) hand(ctx context.Context, _ document.ContourCode, _ *adapters.Message) error {
	return s.deliver(ctx, s.next)
}

func (l *Link) deliver(ctx context.Context, o *outgoing) error {
	t := transfer{Link: l, outgoing: o, versions: make([]int64, len(o.rows))}
	if err := t.load(ctx); err != nil {
		return err
	}
	err := t.run(ctx)
	if refused(err) {
		return t.refuse(ctx, err)
	}
	return err
}

// transfer is one attempt to bring a package to the router.
type transfer struct {
	*Link
	*outgoing
	done     progress
	versions []int64
}

func (t *transfer) load(ctx context.Context) error {
	for i, row := range t.rows {
		p, version, err := t.progress(ctx, row)
		if err != nil {
			return err
		}
		if t.versions[i] = version; p != nil {
			t.done = *p
		}
	}
	return nil
}

// note keeps how far the package has come, for all its receivers. Another instance that did so first makes it record.ErrStale.
func (t *transfer) note(ctx context.Context, p phase) error {
	t.done.Phase, t.done.To = p, t.to
	value, err := json.Marshal(&t.done)
	if err != nil {
		return err
	}
	now := t.Clock()
	var put []record.Kept
	for i, row := range t.rows {
		put = append(put, record.Kept{KeptKey: row, Version: t.versions[i], Value: value, At: now, Until: now.Add(keepFor)})
	}
	if p == drafted && !t.about.IsZero() { // the router's own receipts speak of it so
		of := parent{Packet: t.about, To: t.to}
		for _, row := range t.rows {
			of.Rows = append(of.Rows, row.Key)
		}
		parent, err := json.Marshal(of)
		if err != nil {
			return err
		}
		put = append(put, record.Kept{KeptKey: key(t.by.Contour, parentKey+t.done.PackageID), Value: parent, At: now, Until: now.Add(keepFor)})
	}
	if err := t.Record.Keep(ctx, put, nil); err != nil {
		return fmt.Errorf("note that package %s is %s: %w", t.done.PackageID, p, err)
	}
	for i := range t.versions {
		t.versions[i]++
	}
	return nil
}

func (t *transfer) run(ctx context.Context) error {
	if t.done.Phase == sent {
		return nil
	}
	draft, err := t.draft(ctx)
	if err != nil || t.done.Phase == sent {
		return err
	}
	if t.done.Phase != sending { // else it is complete
		for _, f := range t.files {
			if err := t.attach(ctx, draft, f); err != nil {
				return fmt.Errorf("file %s: %w", f.name, err)
			}
		}
		if err := t.note(ctx, sending); err != nil {
			return err
		}
	}
	err = t.by.do(ctx, call{method: http.MethodGet, path: t.path("/send")}, nothing)
	// Nobody but us sends it: that it cannot be sent any more means that it has been, by a call whose answer was lost, of an
	// earlier attempt or of the HTTP client, which repeats a GET by itself. Were it not so, its term would tell.
	if err != nil && !answered(err, http.StatusNotFound, http.StatusConflict, http.StatusGone) {
		return err
	}
	return t.note(ctx, sent)
}

func (t *transfer) path(below string) string {
	return draftPath + "/" + url.PathEscape(t.done.PackageID) + below
}

// shown is a draft as the router shows it.
type shown struct {
	PackageID   string `json:"packageId"`
	ID          string `json:"id"`
	Attachments []struct {
		ID   string            `json:"id"`
		Name string            `json:"name"`
		Size int64             `json:"size"`
		Sign []json.RawMessage `json:"sign"`
	} `json:"attachments"`
}

// draft finds the package at the router, or creates it there. A draft whose identifier was lost with the answer stays at the
// router, unsent. One that is gone after «send» was called has been sent.
func (t *transfer) draft(ctx context.Context) (*shown, error) {
	d := new(shown)
	if t.done.PackageID != "" {
		err := t.by.do(ctx, call{method: http.MethodGet, path: t.path("")}, into(d))
		gone := answered(err, http.StatusNotFound, http.StatusGone)
		switch {
		case gone && t.done.Phase == sending:
			return nil, t.note(ctx, sent)
		case !gone:
			return d, err
		}
	}
	c := call{method: http.MethodPost, path: draftPath}
	c.body, c.size = text(t.body)
	if err := t.by.do(ctx, c, into(d)); err != nil {
		return nil, err
	}
	if t.done.PackageID = cmp.Or(d.PackageID, d.ID); t.done.PackageID == "" {
		return nil, fmt.Errorf("%w: a draft without packageId", errAnswer)
	}
	d.Attachments = nil // whatever it repeats of what we said, nothing was uploaded
	return d, t.note(ctx, drafted)
}

// refuse tells the sender of a packet that the router will not carry it. A receipt that it will not carry is put aside.
func (t *transfer) refuse(ctx context.Context, cause error) error {
	var r *refusal
	errors.As(cause, &r)
	if t.about.IsZero() {
		t.Log.Warn("the router does not take a receipt", "contour", t.by.Contour, "status", r.Status)
		return t.putAside(ctx, t.by, aside{Reason: cause.Error(), Package: t.body})
	}
	fault := document.NewFault(document.FormatOther, "", fmt.Sprintf("HTTP %d", r.Status))
	for i, to := range t.to {
		report := &document.Report{ID: fmt.Sprintf("router-refused-%d", t.versions[i]), Packet: t.about, Stage: document.Deliver, Code: fault.SDIP(), Faults: []document.Fault{fault}, Note: clip(r.Text), At: t.Clock()}
		if err := t.report(ctx, to, report); err != nil {
			return err
		}
	}
	return nil
}

// report says something in the name of a contour beyond the router, and waits until it is sealed.
func (l *Link) report(ctx context.Context, contour document.ContourCode, r *document.Report) error {
	o, err := l.Hub.Report(ctx, contour, r)
	if err == nil && o.Standing == broker.Waiting {
		err = broker.ErrBusy
	}
	return err
}

// clip makes a note of a text.
func clip(s string) string {
	s = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s), "")
	if r := []rune(s); len(r) > document.MaxNote {
		s = string(r[:document.MaxNote-1]) + "…"
	}
	return s
}
