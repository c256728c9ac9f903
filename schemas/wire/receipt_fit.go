package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The sums that make MaxReceiptBytes a promise: sixteen texts of a receipt at most, some numbers, and
// for the faults what these leave.
const (
	maxReceiptText = 1024
	maxFaultText   = 256
	maxFaultArgs   = 8
	faultBudget    = MaxReceiptBytes - 17*maxReceiptText
	omittedSize    = 32 // of the fault that says how many were left out
)

// fit makes every part of r encodable and short enough.
func fit(r document.Receipt) document.Receipt {
	fitText(&r.ID, maxReceiptText)
	fitText(&r.Packet.Sender, maxReceiptText)
	fitText(&r.Packet.MsgID, maxReceiptText)
	fitText(&r.Receiver, maxReceiptText)
	fitText(&r.Task, maxReceiptText)
	fitText(&r.From, maxReceiptText)
	fitText(&r.To, maxReceiptText)
	fitText(&r.TaskFrom, maxReceiptText)
	fitText(&r.TaskTo, maxReceiptText)
	fitText(&r.Journal, maxReceiptText)
	fitText(&r.Number.Number, maxReceiptText)
	fitText(&r.Executor, maxReceiptText)
	fitText(&r.Outcome, maxReceiptText)
	fitText(&r.Rule, maxReceiptText)
	fitText(&r.Event, maxReceiptText)
	if !r.Number.Date.Valid() {
		r.Number.Date = document.Date{}
	}
	if !time.Unix(0, r.At.UnixNano()).Equal(r.At) {
		r.At = time.Time{}
	}
	r.Faults = fitFaults(r.Faults)
	return r
}

// fitText cuts a text that is longer than most bytes and ends it with a digest of the whole, so that
// what was different stays different.
func fitText[S ~string](s *S, most int) {
	if len(*s) <= most && utf8.ValidString(string(*s)) {
		return
	}
	sum := sha256.Sum256([]byte(*s))
	mark := "~" + hex.EncodeToString(sum[:16])
	head := string(*s)[:min(len(*s), most-len(mark))]
	*s = S(strings.ToValidUTF8(head, "") + mark)
}

// fitFaults keeps the faults, from the first on, that the budget has room for.
func fitFaults(faults []document.Fault) []document.Fault {
	if len(faults) == 0 {
		return nil
	}
	fitted := make([]document.Fault, 0, min(len(faults), faultBudget/omittedSize))
	size, kept, keptWithMark := 0, 0, 0
	for i := range faults {
		f := fitFault(faults[i])
		n := measure(&f, fault)
		size += protowire.SizeTag(7) + protowire.SizeBytes(n)
		if size > faultBudget {
			break
		}
		fitted, kept = append(fitted, f), i+1
		if size <= faultBudget-omittedSize {
			keptWithMark = kept
		}
	}
	if kept == len(faults) {
		return fitted
	}
	omitted := strconv.Itoa(len(faults) - keptWithMark)
	return append(fitted[:keptWithMark], document.NewFault(document.FaultsOmitted, "", omitted))
}

func fitFault(f document.Fault) document.Fault {
	fitText(&f.Code, maxFaultText)
	fitText(&f.Field, maxFaultText)
	fitText(&f.Rule, maxFaultText)
	args := make([]string, min(len(f.Args), maxFaultArgs))
	for i := range args {
		args[i] = f.Args[i]
		fitText(&args[i], maxFaultText)
	}
	f.Args = args
	return f
}
