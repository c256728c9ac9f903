package xmldsig

import (
	"cmp"
	"slices"
	"strings"
)

// declarations writes the namespaces that the output does not have yet, by prefix, and returns their prefixes.
func (w *canonicalizer) declarations(e *Element, apex bool) (written []string) {
	for _, prefix := range w.candidates(e, apex) {
		space, _ := w.scope.lookup(prefix)
		if known, ok := w.rendered.lookup(prefix); prefix == "xml" || ok && known == space {
			continue
		}
		if prefix == "" {
			w.write(` xmlns="`, attributeEscapes.Replace(space), `"`)
		} else {
			w.write(" xmlns:", prefix, `="`, attributeEscapes.Replace(space), `"`)
		}
		w.rendered.push(prefix, space)
		written = append(written, prefix)
	}
	return written
}

// candidates lists the prefixes whose namespaces belong to e: those that e visibly uses, and those that are rendered
// wherever they are in scope. Of these, only e's own can be new below the apex.
func (w *canonicalizer) candidates(e *Element, apex bool) (prefixes []string) {
	if !w.Inclusive {
		prefixes = append(prefixes, e.Prefix)
		for _, a := range e.Attributes {
			if a.Prefix != "" {
				prefixes = append(prefixes, a.Prefix)
			}
		}
	}
	if apex {
		for prefix := range w.scope {
			if w.Inclusive || slices.Contains(w.Prefixes, prefix) {
				prefixes = append(prefixes, prefix)
			}
		}
	}
	for _, d := range e.Declarations {
		if w.Inclusive || slices.Contains(w.Prefixes, d.Prefix) {
			prefixes = append(prefixes, d.Prefix)
		}
	}
	slices.Sort(prefixes)
	return slices.Compact(prefixes)
}

// attributes writes attributes by namespace, those without first, and name.
func (w *canonicalizer) attributes(e *Element, apex bool) {
	sorted := slices.Clone(e.Attributes)
	if w.Inclusive && apex {
		sorted = append(sorted, inherited(e)...)
	}
	slices.SortFunc(sorted, func(a, b Attribute) int {
		return cmp.Or(strings.Compare(a.Space, b.Space), strings.Compare(a.Local, b.Local))
	})
	for _, a := range sorted {
		w.write(" ", qualified(a.Prefix, a.Local), `="`, attributeEscapes.Replace(a.Value), `"`)
	}
}

// inherited returns the xml: attributes that e has from its ancestors, the nearest first (c14n 1.0, 2.4).
func inherited(e *Element) (found []Attribute) {
	has := func(all []Attribute, name Name) bool {
		return slices.ContainsFunc(all, func(a Attribute) bool { return a.Name == name })
	}
	for parent := e.Parent; parent != nil; parent = parent.Parent {
		for _, a := range parent.Attributes {
			if a.Space == spaceXML && !has(e.Attributes, a.Name) && !has(found, a.Name) {
				found = append(found, a)
			}
		}
	}
	return found
}

// c14n 1.0, 2.3.
var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)
