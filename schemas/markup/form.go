package markup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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
	unnamed map[string]bool   // elements that belong to the format, to tell a wrong place from a foreign name
}

// Form is shown every part of an element in the order of the schema, and reads or writes it: one description serves both
// ways, so they cannot differ. Names are matched in any case of their letters, as senders write them.
type Form struct {
	*Pass
	Missed document.FaultCode // the fault of an attribute that is missing; FormatAttribute unless it says otherwise

	e      *Element
	parent *Form
	name   string
	index  int // among its like, from 1; 0 outside of lists
	done   []bool
	seen   []bool // of attributes
}

// ReadForm reads root into v. names are the elements of the format.
func ReadForm[T any](root *Element, names []string, v *T, body func(*Form, *T)) *Pass {
	p := &Pass{reading: true, unnamed: make(map[string]bool, len(names))}
	for _, n := range names {
		p.unnamed[strings.ToLower(n)] = true
	}
	f := &Form{Pass: p, e: root}
	f.read(func(f *Form) { body(f, v) })
	return p
}

// WriteForm writes v as an element, with the extras that a reading of the same format left.
func WriteForm[T any](name string, extras []document.Variable, v *T, body func(*Form, *T)) (*Element, *Pass) {
	p := &Pass{extras: make(map[string]string, len(extras))}
	for _, x := range extras {
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
	f.done, f.seen = make([]bool, len(f.e.Children)), make([]bool, len(f.e.Attrs))
	if f.Missed == "" {
		f.Missed = document.FormatAttribute
	}
	body(f)
	for i, seen := range f.seen {
		if !seen {
			f.Extras = append(f.Extras, document.Variable{Name: f.Path("@" + f.e.Attrs[i].Name), Value: f.e.Attrs[i].Value})
		}
	}
	for i, done := range f.done {
		if !done {
			f.foreign(f.e.Children[i])
		}
	}
}

// foreign is a child that does not belong here: it has no place in the format, or not this one.
func (f *Form) foreign(c *Element) {
	code := document.FormatElement
	switch {
	case f.unnamed[strings.ToLower(c.Name)]:
		code = document.FormatNesting
	case f.parent == nil || strings.EqualFold(f.name, "Body"):
		code = document.FormatZone
	}
	f.fault(code, f.Path(clip(c.Name)), c.Line, clip(c.Name))
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

// attr finds an attribute that was read.
func (f *Form) attr(name string) (string, bool) {
	for i := range f.e.Attrs {
		if !f.seen[i] && strings.EqualFold(f.e.Attrs[i].Name, name) {
			f.seen[i] = true
			return f.e.Attrs[i].Value, true
		}
	}
	return "", false
}

// value is the one way that attributes are read and written: text is what to write, parse takes what was read.
func (f *Form) value(name string, need Need, text string, number bool, parse func(string) bool) {
	if f.reading {
		s, ok := f.attr(name)
		switch {
		case !ok || s == "" && (number || need == Required):
			if need == Required {
				f.Fault(f.Missed, "@"+name, name)
			}
		case !parse(s):
			f.Fault(document.FormatAttributeType, "@"+name, name)
		}
		return
	}
	if text == "" {
		if need == Optional {
			return
		}
		f.Missing = append(f.Missing, f.Path("@"+name))
	}
	f.e.Attrs = append(f.e.Attrs, Attr{Name: name, Value: text, Number: number})
}

// Attr is an attribute with text.
func (f *Form) Attr(name string, need Need, v *string) {
	f.value(name, need, *v, false, func(s string) bool { *v = s; return true })
}

// Text is an attribute with text of a type of its own.
func Text[T ~string](f *Form, name string, need Need, v *T) {
	f.value(name, need, string(*v), false, func(s string) bool { *v = T(strings.TrimSpace(s)); return true })
}

// Number is an attribute with a whole number from least; an optional one that is zero is not written.
func Number[T ~int](f *Form, name string, need Need, least T, v *T) {
	text := ""
	if need == Required || *v != 0 {
		text = strconv.Itoa(int(*v))
	}
	f.value(name, need, text, true, func(s string) bool {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || T(n) < least {
			return false
		}
		*v = T(n)
		return true
	})
}

// Choice is an attribute with one of some numbers.
func Choice[T ~int](f *Form, name string, need Need, v *T, of ...T) {
	text := ""
	if need == Required || *v != 0 {
		text = strconv.Itoa(int(*v))
	}
	f.value(name, need, text, true, func(s string) bool {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || !slices.Contains(of, T(n)) {
			return false
		}
		*v = T(n)
		return true
	})
}

// Flag is an attribute that is 0 or 1.
func (f *Form) Flag(name string, need Need, v *bool) {
	n := 0
	if *v {
		n = 1
	}
	Choice(f, name, need, &n, 0, 1)
	if f.reading {
		*v = n == 1
	}
}

// Bool is an attribute that is true or false in the JSON twin.
func (f *Form) Bool(name string, v *bool) {
	text := strconv.FormatBool(*v)
	f.value(name, Optional, text, true, func(s string) bool {
		*v = s == "1" || strings.EqualFold(s, "true")
		return true
	})
}

// Date is an attribute with a day, YYYY-MM-DD. A time behind it, which some senders add, is not part of it.
func (f *Form) Date(name string, need Need, v *document.Date) {
	f.value(name, need, v.String(), false, func(s string) bool { return parseDate(s, v) })
}

// Time is an attribute with a moment (RFC 3339, with or without a fraction of a second).
func (f *Form) Time(name string, need Need, v *time.Time) {
	text := ""
	if !v.IsZero() {
		text = v.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	f.value(name, need, text, false, func(s string) bool {
		t, err := ParseTime(s)
		*v = t
		return err == nil
	})
}

// ParseTime reads RFC 3339 as senders write it: a fraction is allowed, a missing zone means UTC.
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05.999999999", s)
	}
	return t.UTC(), err
}

func parseDate(s string, v *document.Date) bool {
	s = strings.TrimSpace(s)
	if len(s) > len(time.DateOnly) && s[len(time.DateOnly)] == 'T' {
		s = s[:len(time.DateOnly)]
	}
	d, err := document.ParseDate(s)
	*v = d
	return err == nil
}

// TextInTwin makes the attribute just written a text in the JSON twin, where its like are numbers.
func (f *Form) TextInTwin(name string) {
	if n := len(f.e.Attrs); !f.reading && n > 0 && f.e.Attrs[n-1].Name == name {
		f.e.Attrs[n-1].Number = false
	}
}

// Content is the text of the element.
func (f *Form) Content(v *string) {
	if f.reading {
		*v = strings.TrimSpace(f.e.Text)
		return
	}
	f.e.Text, f.e.HasText = *v, true
}

// ContentDate is the text of the element, a day.
func (f *Form) ContentDate(v *document.Date) {
	if f.reading {
		if !parseDate(f.e.Text, v) {
			f.Fault(document.FormatContent, "", f.name)
		}
		return
	}
	f.e.Text, f.e.HasText = v.String(), true
}

// children finds the children of a name that was read, and marks them as asked for. An attribute in place of a child is a
// child with nothing but a text: the JSON twin cannot tell them apart.
func (f *Form) children(name string) (found []*Element) {
	for i, c := range f.e.Children {
		if !f.done[i] && strings.EqualFold(c.Name, name) {
			f.done[i] = true
			found = append(found, c)
		}
	}
	if found == nil && f.e.Line == 0 {
		if s, ok := f.attr(name); ok && s != "" {
			found = []*Element{{Name: name, Text: s}}
		}
	}
	return found
}

func (f *Form) child(e *Element, name string, index int) *Form {
	return &Form{Pass: f.Pass, Missed: f.Missed, e: e, parent: f, name: name, index: index}
}

// count notes a number of children that the format does not allow. A zone of the message has codes of its own.
func (f *Form) count(name string, n, least, most int) {
	zone := f.parent == nil || strings.EqualFold(f.name, "Body")
	switch {
	case n < least && zone:
		f.Fault(document.PacketZone, name, name)
	case n < least:
		f.Fault(document.FormatCount, name, name, strconv.Itoa(n), strconv.Itoa(least))
	case n > most && zone:
		f.Fault(document.FormatZoneTwice, name, name)
	case n > most:
		f.Fault(document.FormatCount, name, name, strconv.Itoa(n), strconv.Itoa(most))
	}
}

func least(need Need) int {
	if need == Required {
		return 1
	}
	return 0
}

// One is a child that stands for a value; says is whether there is anything to write.
func One[T any](f *Form, name string, need Need, says bool, v *T, body func(*Form, *T)) {
	if f.reading {
		found := f.children(name)
		f.count(name, len(found), least(need), 1)
		if len(found) > 0 {
			f.child(found[0], name, 0).read(func(f *Form) { body(f, v) })
		}
		return
	}
	if need == Optional && !says && !f.hasExtras(name) {
		return
	}
	g := f.child(f.e.Add(New(name)), name, 0)
	body(g, v)
	g.putBack()
}

// First is like One for the first child of a name that may come more often: Keep what is left.
func First[T any](f *Form, name string, says bool, v *T, body func(*Form, *T)) {
	if !f.reading {
		One(f, name, Optional, says, v, body)
		return
	}
	for i, e := range f.e.Children {
		if !f.done[i] && strings.EqualFold(e.Name, name) {
			f.done[i] = true
			f.child(e, name, 0).read(func(f *Form) { body(f, v) })
			return
		}
	}
}

// Maybe is a child that stands for a value behind a pointer, nil when there is none.
func Maybe[T any](f *Form, name string, v **T, body func(*Form, *T)) {
	if f.reading {
		found := f.children(name)
		f.count(name, len(found), 0, 1)
		if len(found) > 0 {
			*v = new(T)
			f.child(found[0], name, 0).read(func(f *Form) { body(f, *v) })
		}
	} else if *v != nil {
		g := f.child(f.e.Add(New(name)), name, 0)
		body(g, *v)
		g.putBack()
	}
}

// Unbounded is as many as the limits of reading allow.
const Unbounded = 1 << 30

// Many are the children of one name, at least and at most so many.
func Many[T any](f *Form, name string, least, most int, v *[]T, body func(*Form, *T)) {
	if f.reading {
		found := f.children(name)
		f.count(name, len(found), least, most)
		if len(found) > 0 {
			*v = make([]T, len(found))
		}
		for i, e := range found {
			f.child(e, name, i+1).read(func(f *Form) { body(f, &(*v)[i]) })
		}
		return
	}
	if len(*v) < least {
		f.Missing = append(f.Missing, f.Path(name))
	}
	for i := range *v {
		g := f.child(f.e.Add(New(name)), name, i+1)
		g.e.Many = true
		body(g, &(*v)[i])
		g.putBack()
	}
}

// Texts are children of one name that hold nothing but text.
func (f *Form) Texts(name string, v *[]string) {
	Many(f, name, 0, Unbounded, v, func(f *Form, s *string) { f.Content(s) })
}

// Keep is a child of the format that the vocabulary has no word for: it is carried along as it is.
func (f *Form) Keep(name string) {
	if f.reading {
		for i, e := range f.children(name) {
			f.Extras = append(f.Extras, document.Variable{Name: f.Path(name + "[" + strconv.Itoa(i+1) + "]"), Value: string(e.append(nil, 0, ""))})
		}
		return
	}
	for i := 1; len(f.extras) > 0; i++ {
		path := f.Path(name + "[" + strconv.Itoa(i) + "]")
		text, ok := f.extras[path]
		if !ok {
			return
		}
		e, err := Parse([]byte(text), DefaultLimits())
		if err != nil {
			return // of no use; it stays among what is lost
		}
		delete(f.extras, path)
		e.Many = true
		f.e.Add(e)
	}
}

// Ignore passes over children that may come and say nothing.
func (f *Form) Ignore(name string) { f.children(name) }

// IgnoreRest passes over all children and attributes that nothing was said about.
func (f *Form) IgnoreRest() {
	for i := range f.done {
		f.done[i] = true
	}
	for i := range f.seen {
		f.seen[i] = true
	}
}

// KeepRest keeps, in their order, all children that nothing was said about: where the format allows anything.
func (f *Form) KeepRest() {
	if f.reading {
		for i, c := range f.e.Children {
			if !f.done[i] {
				f.done[i] = true
				f.Extras = append(f.Extras, document.Variable{Name: f.Path(fmt.Sprintf("any[%d]", i+1)), Value: string(c.append(nil, 0, ""))})
			}
		}
		return
	}
	for i := 1; len(f.extras) > 0 && i <= DefaultLimits().Attrs; i++ {
		path := f.Path(fmt.Sprintf("any[%d]", i))
		if e, err := Parse([]byte(f.extras[path]), DefaultLimits()); err == nil {
			delete(f.extras, path)
			f.e.Add(e)
		}
	}
}

// hasExtras says whether something is to be put back below a child.
func (f *Form) hasExtras(name string) bool {
	if len(f.extras) == 0 {
		return false
	}
	below := f.Path(name) + "/"
	for path := range f.extras {
		if strings.HasPrefix(path, below) {
			return true
		}
	}
	return false
}

// putBack adds the attributes of the element that were kept when it was read.
func (f *Form) putBack() {
	if len(f.extras) == 0 {
		return
	}
	prefix := f.Path("@")
	var names []string
	for path := range f.extras {
		if name, ok := strings.CutPrefix(path, prefix); ok && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		f.e.Set(name, f.extras[prefix+name])
		delete(f.extras, prefix+name)
	}
}

// clip keeps what a stranger sent short.
func clip(s string) string {
	const most = 64
	s = strings.TrimSpace(s)
	if len(s) <= most {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
