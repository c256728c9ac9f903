// Package receipts holds what may become of a packet and states it.
//
// For an official a packet is not "processed": it was accepted, sent on, delivered, registered under a
// number, executed, closed – or refused at one of these steps, with a reason. Each of these is one
// Receipt. This package has the two tables that say which step may follow which (Exchange and Task), the
// words that users know for the states, and the sealer, which gives receipts their place in the ledger
// and only then lets them be seen (D4).
//
// It knows neither the bus nor a database: the sealer takes small interfaces.
package receipts
