package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Directory names a directory of the router.
type Directory string

// The directories.
const (
	DocumentKinds Directory = "doc_type"   // kinds of documents permitted for exchange
	FileTypes     Directory = "file_type"  // extensions of files
	Systems       Directory = "sed_type"   // products of document-management systems
	Subscribers   Directory = "subscriber" // who takes part
)

var directories = []Directory{DocumentKinds, FileTypes, Systems, Subscribers}

// Row is a version of a row of a directory. One whose content changed, or that is not served any more, ends, and is kept.
type Row struct {
	Directory Directory
	ID        string // of a subscriber: as the addresses of packages have it
	ObjID     string
	RowID     string
	Code      string // smdoCode, docCode, extension
	Name      string
	Status    string
	StartDate string // YYYY-MM-DD…, by the row itself; empty: open
	EndDate   string

	Since time.Time       // when it was first served
	Until time.Time       // when it was no longer; zero: it is
	Raw   json.RawMessage // as it was served
}

// valid says whether the row was in force at a time: served then, and by its own dates.
func (r *Row) valid(at time.Time) bool {
	day := at.UTC().Format(time.DateOnly)
	return !at.Before(r.Since) && (r.Until.IsZero() || at.Before(r.Until)) && (dayOf(r.StartDate) == "" || dayOf(r.StartDate) <= day) && (dayOf(r.EndDate) == "" || day <= dayOf(r.EndDate))
}

// dayOf is the day of a date that may have a time behind it; empty when it is none.
func dayOf(s string) string {
	if len(s) < len(time.DateOnly) {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)]); err != nil {
		return ""
	}
	return s[:len(time.DateOnly)]
}

const (
	directoryKeys  = "directory/"
	fetchedKey     = "directories" // when they were fetched
	directoryEvery = 24 * time.Hour
	directoryRetry = time.Hour // when somebody is not found in them
	inOneCommit    = 500
	mostPages      = 10_000
)

func rowKey(r *Row) record.KeptKey {
	sum := sha256.Sum256(r.Raw)
	return key("", directoryKeys+string(r.Directory)+"/"+hex.EncodeToString(sum[:16]))
}

// Directory returns the rows of a directory that were in force at a time.
func (l *Link) Directory(ctx context.Context, d Directory, at time.Time) (rows []Row, err error) {
	err = l.versions(ctx, d, func(r *Row, _ record.Kept) {
		if r.valid(at) {
			rows = append(rows, *r)
		}
	})
	return rows, err
}

// versions goes through all versions of all rows of a directory.
func (l *Link) versions(ctx context.Context, d Directory, visit func(*Row, record.Kept)) error {
	first := directoryKeys + string(d) + "/"
	for after := first; ; {
		list, err := l.Record.KeptBy(ctx, key("", "").Adapter, "", after, directoryKeys+string(d)+"0", inOneCommit)
		if err != nil {
			return fmt.Errorf("directory %s: %w", d, err)
		}
		for _, kept := range list {
			r := new(Row)
			if err := json.Unmarshal(kept.Value, r); err != nil {
				return fmt.Errorf("directory %s in the record: %w", d, err)
			}
			visit(r, kept)
			after = kept.Key
		}
		if len(list) < inOneCommit {
			return nil
		}
	}
}

// subscribers is what addresses are looked up in.
type subscribers struct {
	id   map[document.ContourCode]string
	code map[string]document.ContourCode // by id in lower case
}

// known returns the current directory of subscribers, or an error when it was never fetched.
func (l *Link) known(ctx context.Context) (*subscribers, error) {
	if s := l.index.Load(); s != nil {
		return s, nil
	}
	rows, err := l.Directory(ctx, Subscribers, l.Clock())
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("the router's directory of subscribers has not been fetched yet")
	}
	s := &subscribers{map[document.ContourCode]string{}, map[string]document.ContourCode{}}
	for _, r := range rows {
		s.id[document.ContourCode(r.Code)] = r.ID
		s.code[strings.ToLower(r.ID)] = document.ContourCode(r.Code)
	}
	l.index.Store(s)
	return s, nil
}

// subscriber is how a contour beyond the router is called in addresses. One that the directory does not know is asked for
// once more when the directory is not of this hour.
func (l *Link) subscriber(ctx context.Context, c document.ContourCode) (string, error) {
	s, err := l.known(ctx)
	if err != nil {
		return "", err
	}
	if id := s.id[c]; id != "" {
		return id, nil
	}
	return "", l.unknown(ctx, document.NewFault(document.FormatReceiver, "to", string(c)))
}

// unknown is the fault about a subscriber that is not in the directory, or a reason to look again later.
func (l *Link) unknown(ctx context.Context, fault document.Fault) error {
	at, _, err := l.fetched(ctx)
	if err != nil {
		return err
	}
	if l.Clock().Sub(at) >= directoryRetry {
		l.stale.Store(true)
		return fmt.Errorf("the router's directories are fetched anew: %s", fault.Error())
	}
	return document.Faults{fault}
}
