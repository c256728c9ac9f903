package blob_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/blob/blobtest"
)

// catalog is a record with only what the three rules of blob.Collector need, in a real database.
type catalog struct {
	db     *sql.DB
	listed func() // called by Unreferenced before its commit
	doomed func() // called by Unreferenced after its commit
}

var errUploadAgain = errors.New("upload again")

func newCatalog(t *testing.T) *catalog {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	_, err = db.Exec(`
		CREATE TABLE entry  (digest TEXT, contour TEXT, stored INTEGER, PRIMARY KEY (digest, contour));
		CREATE TABLE doomed (digest TEXT PRIMARY KEY, stored INTEGER);
		CREATE TABLE packet (digest TEXT, id TEXT, PRIMARY KEY (digest, id));`)
	if err != nil {
		t.Fatal(err)
	}
	return &catalog{db: db, listed: func() {}, doomed: func() {}}
}

// Unreferenced is rule doom.
func (c *catalog) Unreferenced(ctx context.Context, contents []blob.Info) ([]blob.Info, error) {
	c.listed()
	var free []blob.Info
	err := c.commit(ctx, func(tx *sql.Tx) error {
		for _, info := range contents {
			d, stored := info.Digest.String(), info.Stored.UnixNano()
			marked, err := change(tx, `
				INSERT INTO doomed SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM packet WHERE digest = ?1)
					AND NOT EXISTS (SELECT 1 FROM entry WHERE digest = ?1 AND stored > ?2)
				ON CONFLICT DO UPDATE SET stored = max(stored, excluded.stored)`, d, stored)
			if err != nil {
				return err
			}
			if marked {
				free = append(free, info)
				if _, err := tx.Exec(`DELETE FROM entry WHERE digest = ?1`, d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	c.doomed()
	return free, err
}

// enter is rule enter.
func (c *catalog) enter(ctx context.Context, contour string, info blob.Info) error {
	return c.commit(ctx, func(tx *sql.Tx) error {
		entered, err := change(tx, `
			INSERT INTO entry SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM doomed WHERE digest = ?1 AND stored >= ?3)
			ON CONFLICT DO UPDATE SET stored = max(stored, excluded.stored)`, info.Digest.String(), contour, info.Stored.UnixNano())
		if err == nil && !entered {
			err = errUploadAgain
		}
		return err
	})
}

// adopt is rule adopt.
func (c *catalog) adopt(ctx context.Context, contour, id string, d blob.Digest) error {
	return c.commit(ctx, func(tx *sql.Tx) error {
		adopted, err := change(tx, `
			INSERT INTO packet SELECT digest, ?3 FROM entry WHERE digest = ?1 AND contour = ?2`, d.String(), contour, id)
		if err == nil && !adopted {
			err = errUploadAgain
		}
		return err
	})
}

func (c *catalog) commit(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func change(tx *sql.Tx, query string, args ...any) (bool, error) {
	result, err := tx.Exec(query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// later is when everything put so far is older than the collector's grace.
func later() time.Time { return time.Now().Add(2 * time.Hour) }

func collectorOf(s blob.Store, c *catalog) blob.Collector {
	return blob.Collector{Store: s, References: c, Grace: time.Hour}
}

func collect(t *testing.T, s blob.Store, c *catalog, want int) {
	t.Helper()
	if got, err := collectorOf(s, c).Collect(t.Context(), later()); err != nil || got != want {
		t.Errorf("deleted %d contents, %v, want %d", got, err, want)
	}
}

func enter(t *testing.T, c *catalog, info blob.Info, want error) {
	t.Helper()
	if err := c.enter(t.Context(), "acme", info); !errors.Is(err, want) {
		t.Errorf("entering: got %v, want %v", err, want)
	}
}

func adopt(t *testing.T, c *catalog, info blob.Info, want error) {
	t.Helper()
	if err := c.adopt(t.Context(), "acme", "p1", info.Digest); !errors.Is(err, want) {
		t.Errorf("adopting: got %v, want %v", err, want)
	}
}

func present(t *testing.T, s blob.Store, d blob.Digest, want bool) {
	t.Helper()
	_, err := s.Stat(t.Context(), d)
	if absent := (*blob.NotFoundError)(nil); want && err != nil || !want && !errors.As(err, &absent) {
		t.Errorf("the content: %v, want present %t", err, want)
	}
}

func TestCollector(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) blob.Store{
		"Dir":         func(t *testing.T) blob.Store { return openDir(t, t.TempDir()) },
		"ObjectStore": func(t *testing.T) blob.Store { return openObjects(t, startBus(t), busBytes) },
	} {
		for promise, test := range map[string]func(*testing.T, blob.Store, *catalog){
			"takes what no packet names, keeps what one does": collectsUnreferenced,
			"spares the young": sparesYoung,
			"a packet that adopts before doom keeps its file":   adoptsBeforeDoom,
			"doom before adoption refuses the packet":           doomBeforeAdoption,
			"a repeated upload wins between doom and deletion":  uploadWinsInDoom,
			"a repeated upload wins between listing and doom":   uploadWinsBeforeDoom,
			"an uploader overtaken before its entry is told so": lateEntry,
			"a crash between doom and deletion is made good":    crashAfterDoom,
			"many at once never lose an adopted file":           collectorRace,
		} {
			t.Run(name+"/"+promise, func(t *testing.T) { test(t, open(t), newCatalog(t)) })
		}
	}
}

func collectsUnreferenced(t *testing.T, s blob.Store, c *catalog) {
	var infos []blob.Info
	for i := range 300 { // more than a page
		infos = append(infos, putDir(t, s, fmt.Sprint("order ", i)))
	}
	for _, info := range infos[:7] {
		enter(t, c, info, nil)
		adopt(t, c, info, nil)
	}
	collect(t, s, c, 293)
	collect(t, s, c, 0)
	for i, info := range infos {
		present(t, s, info.Digest, i < 7)
	}
}

func sparesYoung(t *testing.T, s blob.Store, c *catalog) {
	info := putDir(t, s, "an order")
	if got, err := collectorOf(s, c).Collect(t.Context(), time.Now()); err != nil || got != 0 {
		t.Errorf("deleted %d, %v", got, err)
	}
	enter(t, c, info, nil)
}

func adoptsBeforeDoom(t *testing.T, s blob.Store, c *catalog) {
	info := putDir(t, s, "an order")
	enter(t, c, info, nil)
	c.listed = func() { adopt(t, c, info, nil) }
	collect(t, s, c, 0)
	present(t, s, info.Digest, true)
}

func doomBeforeAdoption(t *testing.T, s blob.Store, c *catalog) {
	info := putDir(t, s, "an order")
	enter(t, c, info, nil)
	c.doomed = func() {
		present(t, s, info.Digest, true)
		adopt(t, c, info, errUploadAgain)
	}
	collect(t, s, c, 1)
	adopt(t, c, info, errUploadAgain)
	again := putDir(t, s, "an order")
	enter(t, c, again, nil)
	adopt(t, c, again, nil)
	present(t, s, info.Digest, true)
}

func uploadWinsInDoom(t *testing.T, s blob.Store, c *catalog) {
	enter(t, c, putDir(t, s, "an order"), nil)
	var again blob.Info
	c.doomed = func() {
		again = putDir(t, s, "an order")
		enter(t, c, again, nil)
		adopt(t, c, again, nil)
	}
	collect(t, s, c, 1) // which took nothing, as the version was another
	if read, err := readDir(t, s, again.Digest); string(read) != "an order" {
		t.Errorf("the adopted file: %q, %v", read, err)
	}
}

func uploadWinsBeforeDoom(t *testing.T, s blob.Store, c *catalog) {
	enter(t, c, putDir(t, s, "an order"), nil)
	var again blob.Info
	c.listed = func() {
		again = putDir(t, s, "an order")
		enter(t, c, again, nil)
	}
	collect(t, s, c, 0)
	adopt(t, c, again, nil)
	present(t, s, again.Digest, true)
}

func lateEntry(t *testing.T, s blob.Store, c *catalog) {
	older := putDir(t, s, "an order")
	info := putDir(t, s, "an order")
	c.doomed = func() { enter(t, c, info, errUploadAgain) }
	collect(t, s, c, 1)
	enter(t, c, info, errUploadAgain)
	enter(t, c, older, errUploadAgain)
	adopt(t, c, info, errUploadAgain)
}

func crashAfterDoom(t *testing.T, s blob.Store, c *catalog) {
	info := putDir(t, s, "an order")
	enter(t, c, info, nil)
	if _, err := c.Unreferenced(t.Context(), []blob.Info{info}); err != nil {
		t.Fatal(err)
	}
	enter(t, c, info, errUploadAgain)
	collect(t, s, c, 1)
	present(t, s, info.Digest, false)
}

// collectorRace lets uploaders and collectors run freely over few contents: whoever was told that its packet was
// adopted must find its file, at once and at the end.
func collectorRace(t *testing.T, s blob.Store, c *catalog) {
	const uploaders, packets, passes = 4, 12, 40 // collectors without a grace would keep uploaders repeating for ever
	start := make(chan struct{})
	var all sync.WaitGroup
	for u := range uploaders {
		all.Go(func() {
			<-start
			for p := range packets {
				if err := send(t.Context(), s, c, fmt.Sprint("contour ", u), fmt.Sprint(u, "/", p), fmt.Sprint("order ", p)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		all.Go(func() {
			<-start
			for range passes {
				if _, err := collectorOf(s, c).Collect(t.Context(), later()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	close(start)
	all.Wait()
	for p := range packets {
		content := fmt.Sprint("order ", p)
		d := blob.Digest(sha256.Sum256([]byte(content)))
		if read, err := readDir(t, s, d); string(read) != content {
			t.Errorf("%s was adopted and is lost: %v", content, err)
		}
	}
}

// send does what an adapter does: upload, enter, submit, and all of it again when told so.
func send(ctx context.Context, s blob.Store, c *catalog, contour, id, content string) error {
	for {
		info, err := s.Put(ctx, strings.NewReader(content), 1<<20)
		if err == nil {
			err = c.enter(ctx, contour, info)
		}
		if err == nil {
			err = c.adopt(ctx, contour, id, info.Digest)
		}
		if errors.Is(err, errUploadAgain) {
			continue
		}
		if err == nil {
			_, err = s.Stat(ctx, info.Digest)
		}
		return err
	}
}

func TestCollectorOnS3LosesNothing(t *testing.T) {
	// S3 tells whole seconds, so a content put again within the second of its doomed version is refused, for safety.
	c, s := newCatalog(t), openS3(t, blobtest.NewS3(t))
	first := putDir(t, s, "an order")
	enter(t, c, first, nil)
	var again blob.Info
	c.doomed = func() { again = putDir(t, s, "an order") }
	collect(t, s, c, 1)
	present(t, s, first.Digest, true)
	if got, err := s.Stat(t.Context(), first.Digest); err != nil || got != again {
		t.Errorf("got %+v, %v, want %+v", got, err, again)
	}
}
