package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// maxTries is how often a change is decided anew after conflicts with others.
const maxTries = 10

// Update changes the record; see record.Updater.
//
// A crash or a cut connection before COMMIT reached the server leaves nothing behind; after it, everything.
// In between nobody here can tell: then the caller gets an error and runs its batch again, which finds what
// was committed.
func (r *Record) Update(ctx context.Context, reads record.Reads, decide func(*record.State) (*record.Writes, error)) error {
	return untilSettled(ctx, func() error { return r.update(ctx, reads, decide) })
}

// untilSettled runs a transaction again while others are in its way.
func untilSettled(ctx context.Context, transaction func() error) error {
	for try := 1; ; try++ {
		err := transaction()
		if err == nil || try == maxTries || !conflict(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(try) * 4 * time.Millisecond)):
		}
	}
}

// conflict says that another transaction was in the way and that the same may succeed now: serialization
// failure, deadlock, or a unique key that somebody else took after it was looked for.
func conflict(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01", "23505":
		return true
	}
	return false
}

// changedState is raised by hub_changed: a row that was to be set is not there, or not as it was read.
const changedState = "SM001"

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func (r *Record) update(ctx context.Context, reads record.Reads, decide func(*record.State) (*record.Writes, error)) error {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to the record: %w", away(err))
	}
	defer release(conn)
	seen := r.guard.Seen()
	state, err := load(ctx, conn, reads)
	if err != nil {
		return awayOn(conn, err)
	}
	if err := r.guard.Check(seen, state.Head); err != nil {
		return err
	}
	writes, err := decide(state)
	if err != nil || writes.Empty() {
		return err
	}
	leaves, err := store(ctx, conn, writes)
	if err != nil || leaves == 0 {
		return awayOn(conn, err)
	}
	state.Head.Leaves = leaves
	return r.guard.Check(record.Head{}, state.Head)
}

// release gives a connection back, out of any transaction. The context of the caller may be over.
func release(conn *pgxpool.Conn) {
	if !conn.Conn().IsClosed() && conn.Conn().PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = conn.Exec(ctx, "rollback") // when this fails the pool closes the connection, which ends it too
	}
	conn.Release()
}

// inOrder sends a batch and runs its callbacks.
func inOrder(ctx context.Context, conn *pgxpool.Conn, b *pgx.Batch) error {
	return conn.SendBatch(ctx, b).Close()
}
