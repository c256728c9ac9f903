package xmldsig

import (
	"errors"
	"slices"
)

// Canonicalization is a method of XML canonicalization 1.0. The zero value is the exclusive one without comments.
type Canonicalization struct {
	// Inclusive renders all namespaces in scope, and inherits xml: attributes; otherwise only namespaces that
	// elements and attributes visibly use are rendered, where they are used.
	Inclusive bool

	// Comments keeps comments.
	Comments bool

	// Prefixes is the InclusiveNamespaces PrefixList of the exclusive method: prefixes whose namespaces are rendered as
	// the inclusive one does, "" for the default namespace.
	Prefixes []string
}

// maxCanonical bounds a canonical form: exclusive canonicalization repeats declarations, and a document of one long
// namespace name and many children that use it would grow by the factor of its size.
const maxCanonical = 4 * maxSize

var errCanonicalSize = errors.New("canonical form too large")

// Document returns the canonical form of a whole document.
func (c Canonicalization) Document(d *Document) ([]byte, error) { return c.of(subset{document: d}) }

// Element returns the canonical form of an element and all in it.
func (c Canonicalization) Element(e *Element) ([]byte, error) { return c.of(subset{element: e}) }

// subset is what of a document is canonicalized.
type subset struct {
	document *Document // all of it, or
	element  *Element  // this element
	without  *Element  // except this one; nil: nothing
}

func (c Canonicalization) of(s subset) ([]byte, error) {
	w := &canonicalizer{Canonicalization: c, without: s.without, scope: newScope(), rendered: scope{"": {""}}}
	if s.document != nil {
		w.topLevel(s.document)
	} else {
		w.apex(s.element)
	}
	if len(w.out) > maxCanonical {
		return nil, errCanonicalSize
	}
	return w.out, nil
}

// canonicalizer writes one canonical form.
type canonicalizer struct {
	Canonicalization
	without  *Element
	scope    scope // what prefixes stand for in the document
	rendered scope // what they stand for in the output
	out      []byte
}

// topLevel writes a document: what stands outside the root has lines of its own (c14n 1.0, 2.3).
func (w *canonicalizer) topLevel(d *Document) {
	behind := false
	for _, n := range d.Children {
		if e, ok := n.(*Element); ok {
			w.element(e, true)
			behind = true
			continue
		}
		if _, ok := n.(*Comment); ok && !w.Comments {
			continue
		}
		if behind {
			w.write("\n")
		}
		w.node(n)
		if !behind {
			w.write("\n")
		}
	}
}

// apex writes an element that is canonicalized alone, in the scope that it has in its document.
func (w *canonicalizer) apex(e *Element) {
	var ancestors []*Element
	for a := e.Parent; a != nil; a = a.Parent {
		ancestors = append(ancestors, a)
	}
	for _, a := range slices.Backward(ancestors) {
		w.scope.enter(a)
	}
	w.element(e, true)
}

func (w *canonicalizer) node(n Node) {
	switch n := n.(type) {
	case *Element:
		w.element(n, false)
	case *Text:
		w.write(textEscapes.Replace(n.Data))
	case *Comment:
		if w.Comments {
			w.write("<!--", n.Data, "-->")
		}
	case *Instruction:
		w.write("<?", n.Target)
		if n.Data != "" {
			w.write(" ", n.Data)
		}
		w.write("?>")
	}
}

func (w *canonicalizer) element(e *Element, apex bool) {
	if e == w.without || len(w.out) > maxCanonical {
		return
	}
	w.scope.enter(e)
	name := qualified(e.Prefix, e.Local)
	w.write("<", name)
	declared := w.declarations(e, apex)
	w.attributes(e, apex)
	w.write(">")
	for _, n := range e.Children {
		w.node(n)
	}
	w.write("</", name, ">")
	for _, prefix := range declared {
		w.rendered.pop(prefix)
	}
	w.scope.leave(e)
}

func (w *canonicalizer) write(parts ...string) {
	for _, p := range parts {
		w.out = append(w.out, p...)
	}
}
