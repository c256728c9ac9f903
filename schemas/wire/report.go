package wire

import (
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

// MaxReportBytes is how large an encoded report may be: its note and a few hundred faults.
const MaxReportBytes = 256 << 10

// MarshalReport returns the only encoding of r, or a *document.Fault as MarshalPacket does.
func MarshalReport(r *document.Report) ([]byte, error) {
	b, fault := encode((*smdov1.Report)(nil), r, report)
	if fault == nil {
		fault = tooLarge(len(b), MaxReportBytes)
	}
	if fault != nil {
		return nil, fault
	}
	return b, nil
}

// UnmarshalReport reads a report that somebody sent; what is wrong with the bytes is a *document.Fault.
func UnmarshalReport(b []byte) (*document.Report, error) {
	r := new(document.Report)
	if fault := decode((*smdov1.Report)(nil), b, MaxReportBytes, r, report); fault != nil {
		return nil, fault
	}
	return r, nil
}

func report(c *coder, r *document.Report) {
	text(c, 1, &r.ID)
	text(c, 2, &r.Reporter)
	one(c, 3, &r.Packet, packetID)
	text(c, 4, &r.Task)
	integer(c, 5, &r.Stage)
	integer(c, 6, &r.Code)
	many(c, 7, &r.Faults, document.MaxFaults, fault)
	one(c, 8, &r.Number, regNumber)
	text(c, 9, &r.Journal)
	text(c, 10, &r.Executor)
	text(c, 11, &r.Outcome)
	moment(c, 12, &r.At)
	text(c, 13, &r.Note)
}

func fault(c *coder, f *document.Fault) {
	text(c, 1, &f.Code)
	text(c, 2, &f.Field)
	texts(c, 3, &f.Args)
	text(c, 4, &f.Rule)
}
