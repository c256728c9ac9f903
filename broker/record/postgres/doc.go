// Package postgres keeps the record in PostgreSQL: the book of a hub that serves many organisations.
//
// What a registry clerk would call an entry is here a row, and turning a page is a commit that survives a
// power failure. The package only loads and stores rows; what is decided about them stands in package broker.
//
// # Two round trips
//
// Update sends two messages, whatever the size of the batch (update.go): the first begins the transaction,
// reads the head and locks and loads what is named, in the order of D10 (load.go); the second stores with one
// unnest statement a table and commits (store.go). Each kind of row has one list of its fields, for reading
// and for writing alike (rows.go), and its columns travel as arrays (array.go).
//
// # Plans
//
// The sessions plan each statement once, for access by index alone (session in open.go): the record never has
// a reason to read a table whole, and a plan made while the tables were empty must do when they are large.
//
// # Time of a receipt
//
// Receipts get their seq from a sequence while their transaction runs, so a lower one may become visible after
// a higher one. Horizon (horizon.go) tells up to where that can no longer happen.
package postgres
