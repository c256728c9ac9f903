package markup

import (
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

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

// first is the first child of a name, with how many there are.
func (f *Form) first(name string) (first *Element, n int) {
	for i, c := range f.e.Children {
		if !f.done[i] && strings.EqualFold(c.Name, name) {
			f.done[i] = true
			if n++; n == 1 {
				first = c
			}
		}
	}
	if n > 0 {
		return first, n
	}
	if found := f.children(name); found != nil {
		return found[0], 1
	}
	return nil, 0
}

// Has says whether a child was read, or an attribute in place of it.
func (f *Form) Has(name string) bool {
	_, attr := f.e.Attr(name)
	return f.e.Child(name) != nil || attr && f.e.Line == 0
}

func (f *Form) child(e *Element, name string, index int) *Form {
	g := new(Form)
	if n := len(f.spare); n > 0 {
		g, f.spare = f.spare[n-1], f.spare[:n-1]
	}
	*g = Form{Pass: f.Pass, Missed: f.Missed, e: e, parent: f, name: name, index: index}
	return g
}

// once reads the element of a form that nobody needs any more after that.
func (f *Form) once(body func(*Form)) {
	f.read(body)
	f.spare = append(f.spare, f)
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
		e, n := f.first(name)
		f.count(name, n, least(need), 1)
		if n > 0 {
			f.child(e, name, 0).once(func(f *Form) { body(f, v) })
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
			f.child(e, name, 0).once(func(f *Form) { body(f, v) })
			return
		}
	}
}

// Maybe is a child that stands for a value behind a pointer, nil when there is none.
func Maybe[T any](f *Form, name string, v **T, body func(*Form, *T)) {
	if f.reading {
		e, n := f.first(name)
		f.count(name, n, 0, 1)
		if n > 0 {
			*v = new(T)
			f.child(e, name, 0).once(func(f *Form) { body(f, *v) })
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
			f.child(e, name, i+1).once(func(f *Form) { body(f, &(*v)[i]) })
		}
		return
	}
	if len(*v) < least || len(*v) > most {
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
