package postgres

import (
	"context"
	"fmt"
	"time"
)

// A hub process that is stopped (frozen with its machine, cut off from the network, SIGSTOP) does not end its
// transaction, and what the transaction has locked stays locked: a journal, a packet, or the head row without
// which nobody numbers. Neither TCP nor the system tells the server that nobody works at the other end. So the
// session is ended, at most 2 maxPause + endEvery (15 s) after it stopped, and nothing of the transaction
// stays. The process that wakes up finds its connection cut, and runs its batch again.
//
// Where it stopped between two messages the server does that by itself (idle_in_transaction_session_timeout).
// But no timer of the server runs, before its version 17, while it waits for the rest of a message: with a
// batch of some hundred kilobytes the network is full at times, and a process can be stopped in the midst of
// sending. Those sessions are ended by the other processes.

// endEvery is how often each process looks for sessions of stopped ones.
const endEvery = 5 * time.Second

// stoppedSessions ends transactions of hubs that hold locks, are older than twice maxPause and wait for their
// client in the midst of a message. One that is slow and not stopped may be among them: its batch is repeated.
var stoppedSessions = fmt.Sprintf(`select count(pg_terminate_backend(pid)) from pg_stat_activity
	where datname = current_database() and usename = current_user and application_name like '%s%%' and pid <> pg_backend_pid()
	and state = 'active' and wait_event_type = 'Client' and backend_xid is not null and xact_start < clock_timestamp() - interval '%d ms'`,
	session["application_name"], 2*maxPause.Milliseconds())

// endStopped ends the sessions of stopped processes until ctx ends.
func (r *Record) endStopped(ctx context.Context) {
	tick := time.NewTicker(endEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_, _ = r.pool.Exec(ctx, stoppedSessions) // a record that is away has no sessions; the next tick asks again
		}
	}
}
