package contours

import (
	"slices"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Case is a request and what the rules must say of it. Cases stand beside the rules, in the file itself or
// in one next to it, and keep a change from allowing or forbidding what nobody meant.
type Case struct {
	Name    string      `json:"name"`
	Request CaseRequest `json:"request"`
	Expect  Expectation `json:"expect"`
}

// CaseRequest is a Request as people write it.
type CaseRequest struct {
	From       document.ContourCode     `json:"from"`
	To         document.ContourCode     `json:"to"`
	Author     document.ParticipantCode `json:"author"`
	Packet     string                   `json:"packet"`
	Kind       string                   `json:"kind"`
	Restricted bool                     `json:"restricted"`
	Size       Size                     `json:"size"`
	Requisites []Requisite              `json:"requisites"`
	Tasks      []CaseTask               `json:"tasks"`
	Answer     bool                     `json:"answer"`
	Emulated   bool                     `json:"emulated"`
	At         time.Time                `json:"at"`
}

// CaseTask is a task of a CaseRequest.
type CaseTask struct {
	Kind      document.TaskKind          `json:"kind"`
	SMDO      bool                       `json:"smdo"`
	Executors []document.ParticipantCode `json:"executors"`
}

// Verdict is a decision in one word.
type Verdict string

// The verdicts.
const (
	Allow  Verdict = "allow"
	Refuse Verdict = "refuse" // receipt 103
	Block  Verdict = "block"  // receipt 104
)

// Expectation is what the rules must say.
type Expectation struct {
	Verdict Verdict              `json:"verdict"`
	Faults  []document.FaultCode `json:"faults"` // exactly these; nil: any
	Rule    RuleID               `json:"rule"`   // empty: any
}

// CaseResult is how the rules stood a case.
type CaseResult struct {
	Case        Case
	Passed      bool
	Explanation Explanation // in English; Explain tells it in another language
}

// ParseCases reads a file of cases that stands beside the rules: a list in the form of the field "cases".
func ParseCases(file []byte) ([]Case, Problems) {
	var cases []Case
	if _, problems := read(file, "#/$defs/cases", &cases); problems != nil {
		return nil, problems
	}
	return cases, nil
}

// RunCases decides every case. A case without a time of its own is decided as at now.
func (b *Book) RunCases(cases []Case, now time.Time) []CaseResult {
	results := make([]CaseResult, len(cases))
	for i, c := range cases {
		e := b.Explain(c.Request.request(now), document.English)
		results[i] = CaseResult{c, c.Expect.holds(&e.Decision), e}
	}
	return results
}

// Verdict is the decision in one word.
func (d *Decision) Verdict() Verdict {
	switch {
	case d.Allowed:
		return Allow
	case d.Blocked:
		return Block
	}
	return Refuse
}

func (x Expectation) holds(d *Decision) bool {
	if d.Verdict() != x.Verdict || x.Rule != "" && x.Rule != d.Rule {
		return false
	}
	return x.Faults == nil || slices.Equal(codes(x.Faults), codes(d.Codes()))
}

// Codes are the codes of the faults, in their order.
func (d *Decision) Codes() []document.FaultCode {
	found := make([]document.FaultCode, len(d.Faults))
	for i := range d.Faults {
		found[i] = d.Faults[i].Code
	}
	return found
}

// codes is a set of codes, sorted.
func codes(c []document.FaultCode) []document.FaultCode {
	c = slices.Clone(c)
	slices.Sort(c)
	return slices.Compact(c)
}

func (c *CaseRequest) request(now time.Time) Request {
	r := Request{
		From: c.From, To: c.To, Author: c.Author, Packet: packetKind(c.Packet), Kind: c.Kind, Restricted: c.Restricted,
		Size: int64(c.Size), Requisites: c.Requisites, Answer: c.Answer, Emulated: c.Emulated, At: c.At,
	}
	if r.At.IsZero() {
		r.At = now
	}
	for i, t := range c.Tasks {
		task := TaskRequest{Index: i, Kind: t.Kind, SMDO: t.SMDO}
		for n, code := range t.Executors {
			task.Executors = append(task.Executors, ExecutorRequest{n, code})
		}
		r.Tasks = append(r.Tasks, task)
	}
	return r
}

func packetKind(name string) document.PacketKind {
	kinds := []string{"", "main", "additions", "answer", "additions-to-answer"}
	return document.PacketKind(max(slices.Index(kinds, strings.ToLower(name)), int(document.Main)))
}
