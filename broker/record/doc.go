// Package record is the seam to the memory of the hub: the database in which everything becomes true.
//
// A ministry's registry office trusts a book, not a messenger. The record is that book: a packet is
// accepted when the commit that holds it is sealed, and everything else (the bus, screens, mailboxes)
// is derived from it. Two databases implement the seam behind one conformance suite (recordtest):
// PostgreSQL (folder postgres) and SQLite (folder sqlite).
//
// # One shape of change
//
// Every stage changes the record in the same way, Update: it names what it has to see (Reads), the
// record locks and loads exactly that in the one order of D10, a pure function decides, and what it
// returns (Writes) is committed at once, or nothing is (D2). Two round trips, whatever the size of the
// batch. Decisions live in package broker; a database only loads and stores rows.
//
// The function may be called several times: after a deadlock, a serialization failure or a unique key
// that another instance took meanwhile, the record loads anew and asks again. It must not have effects.
package record
