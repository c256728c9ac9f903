// Package sqlite is the embedded record: the registry book of a hub that runs as one process on one
// machine, in one file, without a database server.
//
// A small organisation, or somebody who tries the hub, has no administrator for PostgreSQL. The promises are
// the same (package recordtest holds both records to them), the means are simpler, because there is one
// process only:
//
//   - One writer. A goroutine owns the only connection that writes. It gathers everything that waits at the
//     moment (all stages, the sealer, the console) into one transaction with a savepoint each, so that one sync
//     of the disk serves them all. Who fails is rolled back to his savepoint and his neighbours commit. Everybody
//     is answered after the COMMIT and not before.
//   - Since changes come one after another, nobody can take an identity, a number or a claim between reading and
//     writing: decide is asked once.
//   - A few read-only connections answer questions from a snapshot, while the writer goes on (WAL).
//   - A second process is refused by a lock on a file beside the database: <path>.lock.
//
// What was committed survives a power failure: WAL with synchronous=FULL syncs the log at every COMMIT. Durable
// asserts it.
package sqlite
