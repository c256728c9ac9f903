package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// refresh fetches the directories once a day, and when they are known to have changed, with the first account that works.
func (l *Link) refresh(ctx context.Context) error {
	at, version, err := l.fetched(ctx)
	if err != nil || !l.stale.Load() && l.Clock().Sub(at) < directoryEvery {
		return err
	}
	var errs []error
	for _, a := range l.accounts {
		err := l.fetchAll(ctx, a)
		if err == nil {
			l.stale.Store(false)
			l.index.Store(nil)
			return l.Record.Keep(ctx, []record.Kept{{KeptKey: key("", fetchedKey), Version: version, At: l.Clock()}}, nil)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// fetched is when the directories were fetched last.
func (l *Link) fetched(ctx context.Context) (time.Time, int64, error) {
	row, err := l.Record.Kept(ctx, key("", fetchedKey))
	if errors.Is(err, record.ErrNotFound) {
		return time.Time{}, 0, nil
	}
	if err == nil && string(row.Value) == changed {
		row.At = time.Time{}
	}
	return row.At, row.Version, err
}

// changed is kept in place of nothing until the directories are fetched anew.
const changed = "changed"

// changedDirectories keeps that the router has announced new editions.
func (l *Link) changedDirectories(ctx context.Context) error {
	_, version, err := l.fetched(ctx)
	if err != nil {
		return err
	}
	return l.Record.Keep(ctx, []record.Kept{{KeptKey: key("", fetchedKey), Version: version, Value: []byte(changed), At: l.Clock()}}, nil)
}

func (l *Link) fetchAll(ctx context.Context, a *account) error {
	for _, d := range directories {
		rows, err := l.fetch(ctx, a, d)
		if err != nil {
			return fmt.Errorf("directory %s: %w", d, err)
		}
		if err := l.store(ctx, d, rows); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads a directory. Subscribers come page by page.
func (l *Link) fetch(ctx context.Context, a *account, d Directory) (rows []Row, err error) {
	c := call{method: http.MethodGet, path: fmt.Sprintf("/smdo_nsi_%s/1.0.0/smdo_nsi/%[1]s/v1", d)}
	for page := 1; page <= mostPages; page++ {
		if d == Subscribers {
			c.method, c.path = http.MethodPost, "/smdo_nsi_subscriber/1.0.0/smdo_nsi/subscriber/v1/search"
			c.body, c.size = text(fmt.Appendf(nil, `{"paging":{"page":%d,"limit":100}}`, page))
		}
		var raw json.RawMessage
		if err := a.do(ctx, c, into(&raw)); err != nil {
			return nil, err
		}
		var answer struct {
			Data   []json.RawMessage `json:"data"`
			Paging struct {
				HasNext bool `json:"hasNext"`
			} `json:"paging"`
		}
		if json.Unmarshal(raw, &answer) != nil && json.Unmarshal(raw, &answer.Data) != nil { // some answer with the rows alone
			return nil, errAnswer
		}
		for _, text := range answer.Data {
			r, err := rowOf(d, text)
			if err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
		if d != Subscribers || !answer.Paging.HasNext || len(answer.Data) == 0 {
			break
		}
	}
	return rows, nil
}

func rowOf(d Directory, raw json.RawMessage) (Row, error) {
	var f struct {
		ID, ObjID, RowID, Status, StartDate, EndDate string
		Name                                         any // text, or {ru}
		DocCode, Extension, SMDOCode                 string
		SubscriberStatus                             string
		Organization                                 struct{ FullName struct{ RU string } }
	}
	if json.Unmarshal(raw, &f) != nil {
		return Row{}, errAnswer
	}
	name, _ := f.Name.(string)
	return Row{
		Directory: d, ID: f.ID, ObjID: f.ObjID, RowID: f.RowID, Code: cmp.Or(f.SMDOCode, f.DocCode, f.Extension), Name: cmp.Or(name, f.Organization.FullName.RU),
		Status: cmp.Or(f.SubscriberStatus, f.Status), StartDate: f.StartDate, EndDate: f.EndDate, Raw: raw,
	}, nil
}

// store keeps what is new in a directory, and ends what is served no more.
func (l *Link) store(ctx context.Context, d Directory, rows []Row) error {
	now := l.Clock()
	known := map[string]record.Kept{}
	open := map[string]*Row{}
	if err := l.versions(ctx, d, func(r *Row, kept record.Kept) {
		if known[kept.Key] = kept; r.Until.IsZero() {
			open[kept.Key] = r
		}
	}); err != nil {
		return err
	}
	var put []record.Kept
	add := func(k record.KeptKey, r *Row) error {
		value, err := json.Marshal(r)
		put = append(put, record.Kept{KeptKey: k, Version: known[k.Key].Version, Value: value, At: now})
		return err
	}
	begun, seen := 0, map[string]bool{}
	for i := range rows {
		r := &rows[i]
		k := rowKey(r)
		if seen[k.Key] {
			continue
		}
		seen[k.Key] = true
		if open[k.Key] == nil {
			begun++
			r.Since = now
			if err := add(k, r); err != nil {
				return err
			}
		}
	}
	ended := 0
	for k, r := range open {
		if !seen[k] {
			ended++
			r.Until = now
			if err := add(key("", k), r); err != nil {
				return err
			}
		}
	}
	for len(put) > 0 {
		n := min(len(put), inOneCommit)
		if err := l.Record.Keep(ctx, put[:n], nil); err != nil {
			return fmt.Errorf("directory %s: %w", d, err)
		}
		put = put[n:]
	}
	if begun+ended > 0 {
		l.Log.Info("a directory of the router has changed", "directory", d, "rows", len(seen), "new", begun, "ended", ended)
	}
	return nil
}
