package markup

import (
	"slices"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Need says whether a part of a form may be absent.
type Need bool

// The needs.
const (
	Optional Need = false
	Required Need = true
)

// Pass is one reading or one writing of a message, with what was found on the way.
type Pass struct {
	Faults  document.Faults // reading: what is wrong with the message, all of it
	Lost    []string        // writing: fields of the vocabulary that the format has no place for
	Missing []string        // writing: what the format demands and nobody said
	Made    []string        // writing: what the format demands and was made up, for instance a term of a task without one

	// Extras are what the format says and the vocabulary has no word for, by path: "Document/Author[1]/OrganizationWithSign/@inn".
	// Reading adds to them; writing puts them back in their places.
	Extras []document.Variable

	reading bool
	extras  map[string]string // writing: those not yet put back
	names   []string          // elements that belong to the format, to tell a wrong place from a foreign name
	spare   []*Form           // to be used again
}

// MaxExtras is how much one message may say that the vocabulary has no word for. A message with more is refused: it is
// not of the format that it names.
const MaxExtras = 1000

// Form is shown every part of an element in the order of the schema, and reads or writes it: one description serves both
// ways, so they cannot differ. Names are matched in any case of their letters, as senders write them.
type Form struct {
	*Pass
	Missed document.FaultCode // the fault of an attribute that is missing; FormatAttribute unless it says otherwise

	e      *Element
	parent *Form
	name   string
	index  int      // among its like, from 1; 0 outside of lists
	done   []bool   // children that were asked for
	seen   []bool   // attributes that were
	few    [16]bool // room for both, mostly
}

// ReadForm reads root into v. names are the elements of the format.
func ReadForm[T any](root *Element, names []string, v *T, body func(*Form, *T)) *Pass {
	p := &Pass{reading: true, names: names}
	f := &Form{Pass: p, e: root}
	f.read(func(f *Form) { body(f, v) })
	slices.SortStableFunc(p.Extras, func(a, b document.Variable) int { return strings.Compare(a.Name, b.Name) })
	return p
}

// WriteForm writes v as an element, with the extras that a reading of the same format left.
func WriteForm[T any](name string, extras []document.Variable, v *T, body func(*Form, *T)) (*Element, *Pass) {
	p := &Pass{extras: make(map[string]string, len(extras))}
	for _, x := range extras {
		if _, twice := p.extras[x.Name]; twice {
			p.Lost = append(p.Lost, x.Name)
		}
		p.extras[x.Name] = x.Value
	}
	f := &Form{Pass: p, e: New(name)}
	body(f, v)
	f.putBack()
	for name := range p.extras {
		p.Lost = append(p.Lost, name)
	}
	slices.Sort(p.Lost)
	return f.e, p
}

// Reading says whether the form is being read.
func (f *Form) Reading() bool { return f.reading }

// Element is what is read or written.
func (f *Form) Element() *Element { return f.e }

// read runs the body over an element that was read, and looks for what it did not ask for.
func (f *Form) read(body func(*Form)) {
	n := len(f.e.Children)
	marks := f.few[:]
	if n+len(f.e.Attrs) > len(marks) {
		marks = make([]bool, n+len(f.e.Attrs))
	}
	f.done, f.seen = marks[:n:n], marks[n:n+len(f.e.Attrs)]
	if f.Missed == "" {
		f.Missed = document.FormatAttribute
	}
	body(f)
	for i, seen := range f.seen {
		if a := &f.e.Attrs[i]; !seen && a.Space != schemaInstance {
			f.keep("@"+a.Name, a.Value)
		}
	}
	for i, done := range f.done {
		if !done {
			f.foreign(f.e.Children[i])
		}
	}
}

// schemaInstance is the namespace of hints for validators (xsi:schemaLocation), which say nothing about the message.
const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// foreign is a child that does not belong here: it has no place in the format, or not this one.
func (f *Form) foreign(c *Element) {
	code := document.FormatElement
	switch {
	case slices.ContainsFunc(f.names, func(n string) bool { return strings.EqualFold(n, c.Name) }):
		code = document.FormatNesting
	case f.parent == nil || strings.EqualFold(f.name, "Body"):
		code = document.FormatZone
	}
	f.fault(code, f.Path(Clip(c.Name)), c.Line, Clip(c.Name))
}

// Fault notes that a part of the element is wrong.
func (f *Form) Fault(code document.FaultCode, part string, args ...string) {
	f.fault(code, f.Path(part), f.e.Line, args...)
}

func (f *Form) fault(code document.FaultCode, path string, line int, args ...string) {
	if line > 0 {
		path += ":" + strconv.Itoa(line)
	}
	if len(f.Faults) < document.MaxFaults {
		f.Faults = append(f.Faults, document.NewFault(code, path, args...))
	}
}

// Path names a part of the element from the root: "Document/Author[1]/@x"; an empty part, the element itself.
func (f *Form) Path(part string) string {
	var steps []string
	if part != "" {
		steps = append(steps, part)
	}
	for g := f; g.parent != nil; g = g.parent {
		step := g.name
		if g.index > 0 {
			step += "[" + strconv.Itoa(g.index) + "]"
		}
		steps = append(steps, step)
	}
	slices.Reverse(steps)
	return strings.Join(steps, "/")
}

// Drop notes, when writing, that a field of the vocabulary has no place in the format, if it says anything.
func (f *Form) Drop(field string, says bool) {
	if !f.reading && says {
		f.Lost = append(f.Lost, f.Path(field))
	}
}

// Clip keeps what a stranger sent short enough for a fault.
func Clip(s string) string {
	const most = 64
	s = strings.TrimSpace(s)
	if len(s) <= most {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
