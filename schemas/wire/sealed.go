package wire

import (
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

// Seal returns r with its leaf as the doors and the bus carry it.
func Seal(r *document.Receipt) *smdov1.SealedReceipt {
	return &smdov1.SealedReceipt{Leaf: r.Leaf, Receipt: ReceiptBytes(r)}
}

// Unseal reads what Seal made.
func Unseal(s *smdov1.SealedReceipt) (*document.Receipt, error) {
	r, err := UnmarshalReceipt(s.GetReceipt())
	if err != nil {
		return nil, err
	}
	r.Leaf = s.GetLeaf()
	return r, nil
}

// Faults returns the faults as the doors' answers carry them.
func Faults(faults []document.Fault) []*smdov1.Fault {
	out := make([]*smdov1.Fault, len(faults))
	for i := range faults {
		f := &faults[i]
		out[i] = &smdov1.Fault{Code: string(f.Code), Field: f.Field, Args: f.Args, Rule: f.Rule}
	}
	return out
}

// ReadFaults reads what Faults made; no faults are nil.
func ReadFaults(faults []*smdov1.Fault) document.Faults {
	if len(faults) == 0 {
		return nil
	}
	out := make(document.Faults, len(faults))
	for i, f := range faults {
		out[i] = document.Fault{Code: document.FaultCode(f.GetCode()), Field: f.GetField(), Args: f.GetArgs(), Rule: f.GetRule()}
	}
	return out
}
