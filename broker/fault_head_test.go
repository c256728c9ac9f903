package broker_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
)

// A vault keeps a copy of a record and puts it back, as somebody does who restores a backup.
type vault interface {
	keep(t *testing.T)    // while the hub is stopped
	restore(t *testing.T) // whether the hub runs or not
}

type sqliteVault struct{ file, copy string }

func (v *sqliteVault) keep(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(v.file)
	if err == nil {
		err = os.WriteFile(v.copy, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// restore writes the copy over the file by SQLite's own means, under the eyes of whoever has it open.
func (v *sqliteVault) restore(t *testing.T) {
	t.Helper()
	ctx := bounded(t)
	db, err := sql.Open("sqlite", "file:"+v.file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		b, err := c.(interface {
			NewRestore(string) (*sqlite.Backup, error)
		}).NewRestore("file:" + v.copy)
		if err != nil {
			return err
		}
		_, err = b.Step(-1)
		return errors.Join(err, b.Finish())
	})
	if err != nil {
		t.Fatal(err)
	}
}

type postgresVault struct{ url string }

func (v *postgresVault) database() string {
	u, _ := url.Parse(v.url)
	return strings.TrimPrefix(u.Path, "/")
}

func (v *postgresVault) exec(t testing.TB, statements ...string) {
	t.Helper()
	admin(t, v.url, statements...)
}

// admin runs statements beside the database that the URL names.
func admin(t testing.TB, database string, statements ...string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/postgres"
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func (v *postgresVault) keep(t *testing.T) {
	t.Helper()
	db := v.database()
	v.exec(t, kick(db), fmt.Sprintf("create database %s_copy template %s", db, db))
}

func (v *postgresVault) restore(t *testing.T) {
	t.Helper()
	db := v.database()
	v.exec(t, fmt.Sprintf("alter database %s allow_connections false", db), kick(db), fmt.Sprintf("alter database %s rename to %s_lost", db, db), fmt.Sprintf("alter database %s_copy rename to %s", db, db),
		fmt.Sprintf("drop database %s_lost with (force)", db))
}

// kick ends every connection to the database.
func kick(db string) string {
	return fmt.Sprintf("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '%s'", db)
}

// onVaults is onBoth with a vault beside the record.
func onVaults(t *testing.T, promise func(t *testing.T, o brokertest.Options, v vault)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		promise(t, brokertest.Options{Open: openSQLite, Dir: dir}, &sqliteVault{filepath.Join(dir, "record.db"), filepath.Join(t.TempDir(), "copy.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		database := pgtest.Start(t)
		promise(t, brokertest.Options{Open: openPostgres(database)}, &postgresVault{database})
	})
}

func TestARecordSetBackUnderAStoppedHubIsNoticedAtTheStart(t *testing.T) {
	t.Parallel()
	onVaults(t, func(t *testing.T, o brokertest.Options, v vault) {
		e := brokertest.Start(t, o)
		accepted(t, e, signing(e))
		e.Stop()
		v.keep(t)
		if err := e.Again(); err != nil {
			t.Fatal(err)
		}
		p := signing(e)
		accepted(t, e, p)
		registered(t, e, p, "sub-a1")
		sound(t, e)
		e.Stop()
		v.restore(t)
		if err := e.Again(); !errors.Is(err, record.ErrWentBack) {
			t.Errorf("a hub starts on a record that went back: %v", err)
		}
	})
}

func TestARecordSetBackUnderARunningHubStopsIt(t *testing.T) {
	t.Parallel()
	onVaults(t, func(t *testing.T, o brokertest.Options, v vault) {
		o.Broker = broker.Options{Custody: time.Second, ReconcileEvery: 50 * time.Millisecond, Lease: 300 * time.Millisecond}
		e := brokertest.Start(t, o)
		accepted(t, e, signing(e))
		e.Stop()
		v.keep(t)
		if err := e.Again(); err != nil {
			t.Fatal(err)
		}
		p := signing(e)
		accepted(t, e, p)
		registered(t, e, p, "sub-a1")
		sound(t, e)
		before := e.Announcer().Sealed()
		v.restore(t)
		select {
		case <-e.Ended():
		case <-bounded(t).Done():
			t.Fatal("the hub goes on")
		}
		if err := e.Halt(); !errors.Is(err, record.ErrWentBack) {
			t.Errorf("the hub ended: %v", err)
		}
		if now := e.Announcer().Sealed(); now != before {
			t.Errorf("%d receipts were sealed on a record that went back", now-before)
		}
	})
}
