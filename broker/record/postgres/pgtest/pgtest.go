package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is the one of this process; it is set once and never changed.
var cluster = sync.OnceValues(start)

var databases atomic.Int64 // made so far: their names

var errMissing = errors.New("no PostgreSQL is installed (looked for initdb in /usr/lib/postgresql/*/bin and PATH)")

// Start returns the URL of a new, empty database. It stays until the cluster is thrown away: dropping it would
// wait for a checkpoint.
func Start(t testing.TB) string {
	t.Helper()
	c := running(t)
	url, err := c.create("template1")
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// Template returns a Start whose databases are copies of one that prepare has filled; it runs once. Copying is
// quicker than preparing each anew.
func Template(prepare func(url string) error) func(t testing.TB) string {
	var once sync.Once
	var name string
	var failed error
	return func(t testing.TB) string {
		t.Helper()
		c := running(t)
		once.Do(func() {
			var url string
			if url, failed = c.create("template1"); failed == nil {
				name, failed = path.Base(strings.TrimSuffix(url, query)), prepare(url)
			}
		})
		url, err := "", failed
		if err == nil {
			url, err = c.create(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		return url
	}
}

// running returns the cluster, or ends the test.
func running(t testing.TB) *server {
	t.Helper()
	c, err := cluster()
	if errors.Is(err, errMissing) && os.Getenv("SMDO_TEST_STRICT") != "1" {
		t.Skipf("!!! NOT TESTED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// create makes a database as a copy of another.
func (c *server) create(template string) (url string, err error) {
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := c.exec("create database " + name + " template " + template); err != nil {
		return "", err
	}
	return c.url(name), nil
}

// Main runs the tests and stops the cluster. Use it as TestMain; without it the server still dies with
// the process, but its directory is left to the next run.
func Main(m *testing.M) {
	code := m.Run()
	if databases.Load() > 0 {
		if c, err := cluster(); err == nil {
			c.stop()
		}
	}
	os.Exit(code)
}

func (c *server) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the test cluster: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
