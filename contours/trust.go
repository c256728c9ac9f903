package contours

import "github.com/smdo-hub/smdo-hub/schemas/document"

// RuleID names a pair's rule: given in the file, or derived as "from>to".
type RuleID string

// Pair is a trust rule: what may be sent from one contour to another. It has one direction.
type Pair struct {
	ID          RuleID                     `json:"id"`
	From        document.ContourCode       `json:"from"`
	To          document.ContourCode       `json:"to"`
	Kinds       []string                   `json:"kinds"`     // of documents; none named: all that are permitted for exchange
	Tasks       []document.TaskKind        `json:"tasks"`     // Sign and Inform where the file names none (S01, T04)
	Executors   []document.ParticipantCode `json:"executors"` // none named: every participant of the receiver who may execute
	Requisites  []Requisite                `json:"requisites"`
	Restricted  bool                       `json:"restricted"` // restricted documents («ДСП») may pass
	MaxSize     Size                       `json:"max_size"`   // bytes of one packet; 0: no limit of the pair
	ValidFrom   Day                        `json:"valid_from"`
	ValidUntil  Day                        `json:"valid_until"` // the last day, inclusive
	TTL         Duration                   `json:"ttl"`         // 0: as the receiving contour says
	Signatures  SignaturePolicy            `json:"signatures"`
	Description string                     `json:"description"`
}

// Requisite names a field that the document form leaves optional and a pair can demand, for
// correspondents with rules of their own (T04a).
type Requisite string

// The requisites that a pair can demand.
const (
	Title      Requisite = "title"
	Annotation Requisite = "annotation"
	Subject    Requisite = "subject"
	Authors    Requisite = "authors"
	Writer     Requisite = "writer"
	Validators Requisite = "validators"
	Addressee  Requisite = "addressee" // the receiver's organisation or person is named on the packet
	AccessMark Requisite = "access_mark"
)

// SignaturePolicy says what a pair makes of signatures that are not simply valid.
type SignaturePolicy struct {
	Emulator       EmulatorPolicy       `json:"emulator"`
	Undeterminable UndeterminablePolicy `json:"undeterminable"`
	HoldFor        Duration             `json:"hold_for"` // how long to hold before refusing
}

// EmulatorPolicy says whether signatures of «Эмулятор ЭЦП» may pass.
type EmulatorPolicy string

// The policies on the emulator (S02).
const (
	RefuseEmulator EmulatorPolicy = "refuse"
	AllowEmulator  EmulatorPolicy = "allow"
)

// UndeterminablePolicy says what happens while a signature cannot be decided, for want of a revocation list.
type UndeterminablePolicy string

// The policies on undeterminable signatures.
const (
	HoldUndeterminable   UndeterminablePolicy = "hold"
	RefuseUndeterminable UndeterminablePolicy = "refuse"
	AcceptUndeterminable UndeterminablePolicy = "accept"
)

// Policy is a Cedar policy that forbids what a pair would allow, across pairs: one statement, one id.
type Policy struct {
	ID    string `json:"id"`
	Title Name   `json:"title"` // what it forbids, in words
	Cedar string `json:"cedar"`
}
