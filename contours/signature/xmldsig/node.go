package xmldsig

import "strings"

// A Document is a document's tree: comments, processing instructions, and exactly one element. Do not change a tree:
// it is shared by all who hold a part of it.
type Document struct {
	Children []Node
	Root     *Element

	source string // with line ends normalised; what the offsets of elements point into
}

// A Node is an *Element, a *Text, a *Comment or an *Instruction.
type Node interface{ node() }

// A Name is a name and the namespace it is in; the empty namespace is none.
type Name struct{ Space, Local string }

// An Element keeps prefixes, and declarations and attributes in their order in the document.
type Element struct {
	Name
	Prefix       string
	Declarations []Declaration
	Attributes   []Attribute
	Children     []Node
	Parent       *Element // nil for the root

	end      int  // offset of the end tag, or of "/>" in an empty-element tag
	endEmpty bool // the latter
}

// A Declaration is xmlns="…" or xmlns:prefix="…".
type Declaration struct{ Prefix, Space string }

// An Attribute has its value normalised (XML 1.0, 3.3.3): a literal tab or line end is a space, one written as a
// character reference is itself. The document's own quotes are forgotten.
type Attribute struct {
	Name
	Prefix string
	Value  string
}

// Text is character data with references resolved. A CDATA section is a Text of its own.
type Text struct {
	Data  string
	CDATA bool
}

// Comment is what stands between <!-- and -->.
type Comment struct{ Data string }

// Instruction is a processing instruction.
type Instruction struct{ Target, Data string }

func (*Element) node()     {}
func (*Text) node()        {}
func (*Comment) node()     {}
func (*Instruction) node() {}

// Elements returns the child elements.
func (e *Element) Elements() (all []*Element) {
	for _, n := range e.Children {
		if child, ok := n.(*Element); ok {
			all = append(all, child)
		}
	}
	return all
}

// Attribute returns the value of an attribute and whether it is there.
func (e *Element) Attribute(name Name) (string, bool) {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Text returns all character data directly in e, around comments and child elements too.
func (e *Element) Text() string {
	var b strings.Builder
	for _, n := range e.Children {
		if t, ok := n.(*Text); ok {
			b.WriteString(t.Data)
		}
	}
	return b.String()
}

// walk calls f for e and all elements below, in document order.
func (e *Element) walk(f func(*Element)) {
	f(e)
	for _, n := range e.Children {
		if child, ok := n.(*Element); ok {
			child.walk(f)
		}
	}
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}
