package markup

import (
	"slices"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// keep notes what the vocabulary has no word for.
func (f *Form) keep(part, value string) {
	if len(f.Extras) == MaxExtras {
		f.Fault(document.PacketParts, part, "> "+strconv.Itoa(MaxExtras), strconv.Itoa(MaxExtras))
	}
	if len(f.Extras) <= MaxExtras {
		f.Extras = append(f.Extras, document.Variable{Name: f.Path(part), Value: value})
	}
}

// Keep is a child of the format that the vocabulary has no word for: it is carried along as it is.
func (f *Form) Keep(name string) {
	if f.reading {
		for i, e := range f.children(name) {
			f.keep(name+"["+strconv.Itoa(i+1)+"]", string(e.append(nil, 0, "")))
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
func (f *Form) Ignore(name string) {
	if f.reading {
		f.children(name)
	}
}

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
		n := 0
		for i, c := range f.e.Children {
			if !f.done[i] {
				f.done[i] = true
				n++
				f.keep("any["+strconv.Itoa(n)+"]", string(c.append(nil, 0, "")))
			}
		}
		return
	}
	for i := 1; len(f.extras) > 0; i++ {
		path := f.Path("any[" + strconv.Itoa(i) + "]")
		text, ok := f.extras[path]
		if !ok {
			return
		}
		if e, err := Parse([]byte(text), DefaultLimits()); err == nil {
			delete(f.extras, path)
			e.Many = true
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
		if f.free(name) {
			f.e.Set(name, f.extras[prefix+name])
			delete(f.extras, prefix+name)
		}
	}
}

// free says whether an attribute can be added: it is a name, and means nothing else in the element or in its JSON twin.
// Names of extras are what a stranger wrote, in XML, in JSON or in a packet of the hub's API.
func (f *Form) free(name string) bool {
	probe, err := Parse([]byte("<a "+name+`=""/>`), DefaultLimits())
	if err != nil || len(probe.Attrs) != 1 || probe.Attrs[0].Name != name || strings.EqualFold(name, "value") || f.e.Child(name) != nil {
		return false
	}
	return !slices.ContainsFunc(f.e.Attrs, func(a Attr) bool { return a.Name == name })
}
