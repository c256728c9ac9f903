package receipts

import (
	"errors"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The errors of the record that the sealer tells apart.
var (
	ErrWentBack  = errors.New("record: the head went back")                      // D5: stop the hub
	ErrNotSealer = errors.New("record: another instance holds the sealer lease") // D4
)

// Head is the state of the record that every transaction reads (D5).
type Head struct {
	Epoch  string // changes when the record is rebuilt
	Leaves int64  // how many receipts are numbered
	Rules  int64  // the version of the trust rules in force; 0 when there are none
	Bus    string // identity of the bus that belongs to this record; empty before the first start
}

// Unsealed is a receipt that has no leaf yet.
type Unsealed struct {
	Seq   int64
	Bytes []byte
}

// Leaf is a receipt's place in the ledger.
type Leaf struct {
	No    int64 // from 0
	Seq   int64
	Bytes []byte // canonical bytes of the receipt
}

// Sealed is a receipt that has its place in the ledger, synced there: now it may be seen.
type Sealed struct {
	Receipt *document.Receipt // with Leaf set
	Bytes   []byte
}
