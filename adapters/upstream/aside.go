package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Aside is a package that could not be taken, with the reason. It is kept for three months.
type Aside struct {
	Contour document.ContourCode // in whose account it lay
	At      time.Time
	aside
}

type aside struct {
	ID       string // as the router calls it
	From     string // who sent it, as the router says
	Faults   document.Faults
	Reason   string          // where it is none of the codes
	Package  json.RawMessage `json:"-"` // absent in lists; see Link.AsidePackage
	Key      string          // names it
	Large    bool            // it is too large to keep, and stays at the router
	Answered bool            // its sender was told
}

// Bounds of what is put aside.
const (
	maxAside  = 1000 // of one account; then packages stay at the router
	asideLife = 90 * 24 * time.Hour
	asideKeys = "aside/"
	asideText = "aside-package/"
)

var errAsideFull = errors.New("no more packages are put aside: those that lie there have to be looked at first")

// Aside returns what was put aside of an account, without the packages themselves.
func (l *Link) Aside(ctx context.Context, contour document.ContourCode) ([]Aside, error) {
	rows, err := l.Record.KeptBy(ctx, key("", "").Adapter, contour, asideKeys, "aside0", maxAside+1)
	if err != nil {
		return nil, fmt.Errorf("packages put aside: %w", err)
	}
	list := make([]Aside, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Value, &list[i].aside); err != nil {
			return nil, fmt.Errorf("package put aside, in the record: %w", err)
		}
		list[i].Contour, list[i].At = contour, row.At
	}
	return list, nil
}

// AsidePackage returns a package that was put aside, as the router gave it out; record.ErrNotFound when there is none.
func (l *Link) AsidePackage(ctx context.Context, a Aside) ([]byte, error) {
	row, err := l.Record.Kept(ctx, key(a.Contour, asideText+a.Key))
	return row.Value, err
}

// putAside keeps a package with the reason. The same one is kept once.
func (l *Link) putAside(ctx context.Context, a *account, x aside) error {
	sum := sha256.Sum256(x.Package)
	x.Key = hex.EncodeToString(sum[:16])
	x.Large = len(x.Package) > record.MaxKept
	row, err := l.Record.Kept(ctx, key(a.Contour, asideKeys+x.Key))
	if err == nil {
		var was aside
		if err := json.Unmarshal(row.Value, &was); err == nil && was.Answered == x.Answered {
			return nil
		}
	} else if !errors.Is(err, record.ErrNotFound) {
		return err
	}
	if row.Version == 0 {
		list, err := l.Aside(ctx, a.Contour)
		if err != nil {
			return err
		}
		if len(list) >= maxAside {
			return errAsideFull
		}
	}
	value, err := json.Marshal(x)
	if err != nil {
		return err
	}
	now := l.Clock()
	put := []record.Kept{{KeptKey: key(a.Contour, asideKeys+x.Key), Version: row.Version, Value: value, At: now, Until: now.Add(asideLife)}}
	if row.Version == 0 && !x.Large {
		put = append(put, record.Kept{KeptKey: key(a.Contour, asideText+x.Key), Value: x.Package, At: now, Until: now.Add(asideLife)})
	}
	if err := l.Record.Keep(ctx, put, nil); err != nil {
		return fmt.Errorf("put a package aside: %w", err)
	}
	if row.Version == 0 {
		codes := make([]document.FaultCode, len(x.Faults))
		for i := range x.Faults {
			codes[i] = x.Faults[i].Code
		}
		l.Log.Warn("a package was put aside", "contour", a.Contour, "package", x.ID, "faults", codes, "reason", x.Reason)
	}
	return nil
}
