package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	c, err := cluster()
	if errors.Is(err, errMissing) && os.Getenv("SMDO_TEST_STRICT") != "1" {
		t.Skipf("!!! NOT TESTED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := c.exec("create database " + name); err != nil {
		t.Fatal(err)
	}
	return c.url(name)
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
