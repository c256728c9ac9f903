// Package pgtest starts a throw-away PostgreSQL for tests, from the binaries installed on the machine.
//
// A cluster (one data directory with one server) is made per test binary, with fsync on as in production,
// and each test gets an empty database of its own in it. The server dies with the test process, however
// that ends. Where PostgreSQL is not installed the tests are skipped with a loud message, or fail when
// SMDO_TEST_STRICT=1.
package pgtest
