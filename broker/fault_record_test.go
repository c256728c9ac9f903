package broker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// insist hands a packet over as a connector does: again and again, until the hub has custody.
func insist(t testing.TB, e *brokertest.Env, p *document.Packet) {
	t.Helper()
	for ctx := bounded(t); ctx.Err() == nil; {
		o, err := e.Submit(ctx, "head-a", p)
		switch {
		case o.Standing == broker.Custody:
			return
		case o.Standing == broker.Refused:
			t.Errorf("packet %s is refused: %v", p.ID, o.Faults)
			return
		case err != nil && !errors.Is(err, broker.ErrBusy):
			t.Errorf("packet %s: %v", p.ID, err)
			return
		}
	}
	t.Errorf("packet %s: no custody", p.ID)
}

// flood sends packets from many senders at once while disturb runs, and demands that each ends in one number.
func flood(t *testing.T, e *brokertest.Env, n int, disturb func(ctx context.Context)) {
	t.Helper()
	packets := make([]*document.Packet, n)
	for i := range packets {
		packets[i] = signing(e)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var trouble sync.WaitGroup
	trouble.Go(func() { disturb(ctx) })
	together(20, func(lane int) {
		for i := lane; i < n; i += 20 {
			insist(t, e, packets[i])
		}
	})
	cancel()
	trouble.Wait()
	for _, p := range packets {
		registered(t, e, p, "sub-a1")
	}
	numbered(t, e, n)
	for _, d := range dead(t, e) {
		t.Errorf("dead letter: %s", d.Reason)
	}
}

func recordFaultOptions(open opener) brokertest.Options {
	return brokertest.Options{Open: open, Broker: broker.Options{Custody: 2 * time.Second, Lease: 500 * time.Millisecond, Republish: 200 * time.Millisecond, ReconcileEvery: 50 * time.Millisecond}}
}

// Not parallel: the whole server recovers, with all its databases.
func TestPostgresKilledInMidTransactionLosesAndDoublesNothing(t *testing.T) {
	database := pgtest.Start(t)
	e := brokertest.Start(t, recordFaultOptions(openPostgres(database)))
	kills := 0
	flood(t, e, 150, func(ctx context.Context) {
		for kills < 2 && every(ctx, 50*time.Millisecond) {
			if pid := backend(database); pid > 1 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				kills++ // the server ends all its backends and recovers from the log
			}
		}
	})
	if kills == 0 {
		t.Error("nothing was killed")
	}
}

// backend is the process of a connection that works for the database, 0 when the server does not answer.
func backend(database string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	u, err := url.Parse(database)
	if err != nil {
		return 0
	}
	name := u.Path[1:]
	u.Path = "/postgres"
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return 0
	}
	defer conn.Close(ctx)
	var pid int
	if conn.QueryRow(ctx, "select pid from pg_stat_activity where datname = $1 order by state = 'active' desc, xact_start nulls last limit 1", name).Scan(&pid) != nil {
		return 0
	}
	return pid
}

// every waits for d; it says false when ctx ended first.
func every(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func TestConnectionsTerminatedAgainAndAgainLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	e := brokertest.Start(t, recordFaultOptions(openPostgres(database)))
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	times := 0
	flood(t, e, 60, func(ctx context.Context) {
		for every(ctx, 30*time.Millisecond) {
			admin(t, database, fmt.Sprintf("select pg_terminate_backend(pid) from pg_stat_activity where datname = '%s'", u.Path[1:]))
			times++
		}
	})
	if times < 3 {
		t.Errorf("connections were terminated %d times", times)
	}
}

func TestWhileTheRecordIsAwayDoorsSayQueuedAndAllIsAdmittedAfterwards(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	o := recordFaultOptions(openPostgres(database))
	o.Broker.Custody = 300 * time.Millisecond
	e := brokertest.Start(t, o)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	name := u.Path[1:]
	admin(t, database, fmt.Sprintf("alter database %s allow_connections false", name), kick(name))
	packets := make([]*document.Packet, 30)
	together(len(packets), func(i int) {
		packets[i] = signing(e)
		if o, err := e.Submit(bounded(t), "head-a", packets[i]); o.Standing != broker.Waiting && !errors.Is(err, broker.ErrBusy) {
			t.Errorf("without a record: standing %q, %v", o.Standing, err)
		}
	})
	admin(t, database, fmt.Sprintf("alter database %s allow_connections true", name))
	for _, p := range packets { // nobody repeats: the bus kept them
		registered(t, e, p, "sub-a1")
	}
	numbered(t, e, len(packets))
	for _, d := range dead(t, e) {
		t.Errorf("dead letter: %s", d.Reason)
	}
}

// A cutter stands between hub and database and swallows what the database says of a commit: it is done, and
// whoever asked for it does not learn so.
type cutter struct {
	to    string
	armed atomic.Int64 // commits to be cut
	cut   atomic.Int64
}

func (c *cutter) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(client)
		}
	}()
	return l.Addr().String()
}

func (c *cutter) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := server.Read(b)
		if err != nil {
			return
		}
		if bytes.Contains(b[:n], []byte("COMMIT\x00")) && c.armed.Load() > 0 && c.armed.Add(-1) >= 0 {
			c.cut.Add(1)
			return
		}
		if _, err := client.Write(b[:n]); err != nil {
			return
		}
	}
}

func TestAConnectionCutAfterCommitLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{to: u.Host}
	u.Host = c.serve(t)
	e := brokertest.Start(t, recordFaultOptions(openPostgres(u.String())))
	flood(t, e, 60, func(ctx context.Context) {
		for every(ctx, 50*time.Millisecond) {
			c.armed.Store(1)
		}
		c.armed.Store(0)
	})
	if c.cut.Load() < 3 {
		t.Errorf("%d commits were cut", c.cut.Load())
	}
}
