package wire

import (
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

// MaxReceiptBytes is how large a receipt can be: an entry of the ledger has its length in 16 bits.
const MaxReceiptBytes = 1<<16 - 1

// ReceiptBytes returns the bytes of r that stand in the ledger. They do not contain r.Leaf, never exceed
// MaxReceiptBytes, and are always readable: what a sound receipt does not have (a text of more than
// 1,024 bytes or not in UTF-8, an impossible day) is fitted, and of faults that do not all fit the last
// one says how many were left out (document.FaultsOmitted).
func ReceiptBytes(r *document.Receipt) []byte {
	fitted := fit(*r)
	b, _ := encode((*smdov1.Receipt)(nil), &fitted, receipt)
	return b
}

// UnmarshalReceipt reads what ReceiptBytes wrote. The leaf is not among the bytes: it comes back as -1.
func UnmarshalReceipt(b []byte) (*document.Receipt, error) {
	r := &document.Receipt{Leaf: -1}
	if fault := decode((*smdov1.Receipt)(nil), b, MaxReceiptBytes, r, receipt); fault != nil {
		return nil, fault
	}
	return r, nil
}

func receipt(c *coder, r *document.Receipt) {
	text(c, 1, &r.ID)
	one(c, 2, &r.Packet, packetID)
	text(c, 3, &r.Receiver)
	text(c, 4, &r.Task)
	integer(c, 5, &r.Stage)
	integer(c, 6, &r.Code)
	many(c, 7, &r.Faults, MaxReceiptBytes, fault)
	text(c, 8, &r.From)
	text(c, 9, &r.To)
	text(c, 10, &r.TaskFrom)
	text(c, 11, &r.TaskTo)
	text(c, 12, &r.Journal)
	one(c, 13, &r.Number, regNumber)
	text(c, 14, &r.Executor)
	text(c, 15, &r.Outcome)
	text(c, 16, &r.Rule)
	integer(c, 17, &r.Rules)
	boolean(c, 18, &r.Emulated)
	text(c, 19, &r.Event)
	moment(c, 20, &r.At)
	digest(c, 21, &r.Note)
}
