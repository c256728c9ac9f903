// Package markup reads and writes the XML of exchange formats as a tree of elements, within limits: the codecs of
// ГОСТ Р 53898, SDIP and МЭДО describe their forms over it.
//
// It reads what the field sends: with and without a byte order mark, in UTF-8 or windows-1251 by the declaration. It
// refuses what nobody needs and what hurts: document type declarations (and so entities of one's own), other encodings,
// text that is not in the encoding it declares, and anything beyond the limits. It does no I/O.
package markup

import "strings"

// Element is one element with all that is in it.
type Element struct {
	Space    string // namespace URI; empty when there is none
	Name     string // local name as written; for writing it may begin with a prefix: "xdms:uid"
	Attrs    []Attr
	Text     string // all character data directly in the element, as written
	Children []*Element
	Line     int // where it begins, from 1; 0 when it does not come from XML

	// What the JSON twin of a format needs to know of what is written.
	HasText bool // text is part of its form, though it may be empty
	Many    bool // its name may come again beside it
	Number  bool // the text is a number
}

// Attr is one attribute. Namespace declarations are no attributes when read; they are written like any other.
type Attr struct {
	Space string
	Name  string
	Value string

	Number bool // to be written: the value is a number in the JSON twin
}

// New makes an element to be written.
func New(name string) *Element { return &Element{Name: name} }

// Set adds an attribute.
func (e *Element) Set(name, value string) *Element {
	e.Attrs = append(e.Attrs, Attr{Name: name, Value: value})
	return e
}

// Add adds a child and returns it.
func (e *Element) Add(child *Element) *Element {
	e.Children = append(e.Children, child)
	return child
}

// Attr returns the value of an attribute by its local name, in any case of its letters.
func (e *Element) Attr(name string) (value string, ok bool) {
	for i := range e.Attrs {
		if strings.EqualFold(e.Attrs[i].Name, name) {
			return e.Attrs[i].Value, true
		}
	}
	return "", false
}

// Child returns the first child of a local name, in any case of its letters, or nil.
func (e *Element) Child(name string) *Element {
	for _, c := range e.Children {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}
