package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // also registers the driver "sqlite" with database/sql

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/migrations"
)

// Record is the embedded record. Make it with Open.
type Record struct {
	lock    *os.File
	db      *sql.DB // of the writer and of the migrations
	readers *sql.DB
	writer  *writer
	idle    chan *session // readers that nobody uses now; closed with the record
	opened  int           // readers
	guard   record.Guard

	closing sync.Once
	closed  error // what Close returned
}

var _ record.Record = (*Record)(nil)

const (
	writing = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(0)" +
		"&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)" +
		"&_pragma=wal_autocheckpoint(16384)" + // pages: a checkpoint in every thirtieth full batch instead of in every second
		"&_pragma=journal_size_limit(134217728)"
	reading = "mode=ro&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=query_only(1)&_pragma=cache_size(-8192)&_pragma=temp_store(MEMORY)"

	readerCount = 4
)

// Open opens the record in the file at path and brings its tables up to date; a file that does not exist is
// made. ErrInUse when it is open already, here or in another process.
func Open(ctx context.Context, path string) (_ *Record, err error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("the embedded record needs a file")
	}
	r := &Record{idle: make(chan *session, readerCount)}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open record %s: %w", path, err), r.Close())
		}
	}()
	if r.lock, err = lock(path + ".lock"); err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, err
	}
	// fdatasync(2) makes a commit just as durable as fsync(2) and leaves out the file's time stamps. Where the
	// system has none, SQLite goes on with fsync.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, err
	}
	if r.db, err = sql.Open("sqlite", dsn(path, writing)); err != nil {
		return nil, err
	}
	if err := migrate(ctx, r.db); err != nil {
		return nil, err
	}
	if err := r.openSessions(ctx, path); err != nil {
		return nil, err
	}
	if _, err := r.Head(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// private makes the file, if it is not there, for its owner alone: it holds people's documents. SQLite gives the
// files beside it the same permissions.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (r *Record) openSessions(ctx context.Context, path string) (err error) {
	s, err := newSession(ctx, r.db)
	if err != nil {
		return err
	}
	r.writer = startWriter(s, &r.guard)
	if r.readers, err = sql.Open("sqlite", dsn(path, reading)); err != nil {
		return err
	}
	for range readerCount {
		s, err := newSession(ctx, r.readers)
		if err != nil {
			return err
		}
		r.idle <- s
		r.opened++
	}
	return nil
}

// dsn names the file as a URI, so that a path may hold '?' and SQLite honours mode=ro.
func dsn(path, parameters string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: parameters}).String()
}

// lock takes the file for this process until it is closed; it goes with the process, however that ends.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, record.ErrInUse
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// migrate brings the tables up to date, forward only, and gives a new record its epoch. It ends the sealer's
// lease: who held it was in a process that is gone.
func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite())
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	_, err = db.ExecContext(ctx, "INSERT INTO hub_head (one, epoch) VALUES (1, ?1) ON CONFLICT DO UPDATE SET owner = '', lease_until = 0", rand.Text())
	return err
}

// Close waits for the commit that is under way, refuses what waits behind it, and frees the file.
func (r *Record) Close() error {
	r.closing.Do(func() { r.closed = r.close() })
	return r.closed
}

func (r *Record) close() error {
	var errs []error
	if r.writer != nil {
		errs = append(errs, r.writer.close())
	}
	if r.readers != nil {
		errs = append(errs, r.closeReaders(), r.readers.Close())
	}
	if r.db != nil {
		errs = append(errs, r.db.Close())
	}
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
	}
	return errors.Join(errs...)
}
