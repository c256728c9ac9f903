package postgres

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// Record is the record in a PostgreSQL database. It may be used by many goroutines, and many processes may
// use the same database.
type Record struct {
	pool    *pgxpool.Pool
	guard   *record.Guard
	horizon horizon
	stop    context.CancelFunc // of endStopped
	stopped sync.WaitGroup
}

var _ record.Record = (*Record)(nil)

// Options are the settings of a Record. Zero values mean the defaults.
type Options struct {
	Connections int           // at most, to the server; 16 by default
	Migrate     bool          // bring an older schema up to date before use; else it is refused
	Guard       *record.Guard // what this process has seen of the head; a new one by default
}

const (
	// maxStatement bounds every statement. A transaction that hangs would hold back Horizon, and with it the
	// sealing of what was committed beside it.
	maxStatement = 30 * time.Second

	// maxPause bounds every pause within a transaction. What is decided there takes milliseconds: who pauses
	// longer was stopped, and holds locks that all others wait for; see endStopped.
	maxPause = 5 * time.Second
)

// session is what every connection is set to, where the URL does not name it.
var session = map[string]string{
	"application_name":                    "smdo",
	"synchronous_commit":                  "on",
	"statement_timeout":                   fmt.Sprint(maxStatement.Milliseconds()),
	"idle_in_transaction_session_timeout": fmt.Sprint(maxPause.Milliseconds()),
	"timezone":                            "UTC",
	// One plan a statement, by index, however large the tables were when it was made.
	"plan_cache_mode":   "force_generic_plan",
	"enable_seqscan":    "off",
	"enable_hashjoin":   "off",
	"enable_mergejoin":  "off",
	"enable_bitmapscan": "off",
	"jit":               "off",
}

// Open connects to the database that url names and looks that its schema is the one of this binary, or
// newer. It makes the partitions of this month and the next two.
//
// Between hub and server there must be no pooler that changes servers between transactions: statements are
// prepared.
func Open(ctx context.Context, url string, o Options) (*Record, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	config.MaxConns = 16
	if o.Connections > 0 {
		config.MaxConns = int32(o.Connections)
	}
	named := maps.Clone(config.ConnConfig.RuntimeParams)
	maps.Copy(config.ConnConfig.RuntimeParams, session)
	maps.Copy(config.ConnConfig.RuntimeParams, named)
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		teachArrays(c.TypeMap())
		return nil
	}
	if err := prepareSchema(ctx, url, o.Migrate); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	r := &Record{pool: pool, guard: o.Guard}
	if r.guard == nil {
		r.guard = new(record.Guard)
	}
	if err := r.EnsurePartitions(ctx, time.Now().AddDate(0, 2, 0)); err != nil {
		pool.Close()
		return nil, err
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.stopped.Go(func() { r.endStopped(ctx) })
	return r, nil
}

// Close waits for running transactions and closes the connections.
func (r *Record) Close() error {
	r.stop()
	r.stopped.Wait()
	r.pool.Close()
	return nil
}

// Ping says whether the record answers now.
func (r *Record) Ping(ctx context.Context) error {
	if err := r.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping record: %w", err)
	}
	return nil
}

// Now is the time by the server's clock.
func (r *Record) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	if err := r.pool.QueryRow(ctx, "select clock_timestamp()").Scan(&now); err != nil {
		return now, fmt.Errorf("ask the record for the time: %w", err)
	}
	return now, nil
}

// Durable returns an error that names the setting with which a commit would not survive a power failure.
func (r *Record) Durable(ctx context.Context) error {
	var fsync, commit, pages string
	err := r.pool.QueryRow(ctx, "select current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')").Scan(&fsync, &commit, &pages)
	switch {
	case err != nil:
		return fmt.Errorf("read the settings of durability: %w", err)
	case fsync != "on":
		return fmt.Errorf("record is not durable: PostgreSQL has fsync = %s; set it to on", fsync)
	case commit == "off":
		return fmt.Errorf("record is not durable: synchronous_commit = %s; set it to on", commit)
	case pages != "on":
		return fmt.Errorf("record is not durable: PostgreSQL has full_page_writes = %s; set it to on", pages)
	}
	return nil
}
