package document

import (
	"fmt"
	"strings"
)

// FaultCode is the stable code of a fault. Codes are never renumbered and never reused.
type FaultCode string

// Fault is what is told to the sender: one thing that is wrong with what was sent, and where. Every
// other error is the hub's own and is never shown outside.
type Fault struct {
	Code  FaultCode
	Field string   // path of the field: "document.files[0].signatures[1]"
	Args  []string // values for the text: codes, limits, names of kinds; never free text or personal data
	Rule  string   // id of the trust rule that decided, where one did
}

// NewFault composes a fault.
func NewFault(code FaultCode, field string, args ...string) Fault {
	return Fault{Code: code, Field: field, Args: args}
}

// Error is the text in English, for logs of connectors and tests.
func (f *Fault) Error() string { return string(f.Code) + " " + f.Field + ": " + f.Text(English) }

// Text says in l what is wrong and what to do.
func (f *Fault) Text(l Lang) string {
	e, ok := Catalogue[f.Code]
	if !ok {
		return l.Pick("неизвестная ошибка", "unknown fault")
	}
	text := l.Pick(e.RU, e.EN)
	for i, a := range f.Args {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i), a)
	}
	return text
}

// SDIP is the errorcode that SDIP and ГОСТ Р 53898 know for the fault (table 8, and the negative codes of
// СМДО), in a receipt of type 1 or 103.
func (f *Fault) SDIP() int { return Catalogue[f.Code].SDIP }

// MaxFaults is how many faults are told at once; a packet can have more of them than anybody reads.
const MaxFaults = 500

// Faults is an error made of everything that is wrong.
type Faults []Fault

// Error lists the codes.
func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i := range f {
		parts[i] = f[i].Error()
	}
	return strings.Join(parts, "; ")
}

// Has says whether a fault with the code is among them.
func (f Faults) Has(code FaultCode) bool {
	for i := range f {
		if f[i].Code == code {
			return true
		}
	}
	return false
}
