package xmldsig

import "github.com/smdo-hub/smdo-hub/contours/signature"

// A Profile says what a format expects of a signature in its documents.
type Profile struct {
	Holder Path   // the element that has the Signature as its child
	Covers Path   // the element that the signature has to cover
	IDs    []Name // attributes by which references find elements, as "Id"

	// Properties allows signed properties of XAdES in the signature. Sign writes none.
	Properties bool

	// Transforms are allowed beside the enveloped-signature transform and canonicalizations. Sign applies them all, in
	// this order, after the exclusive canonicalization.
	Transforms []Transform
}

// A Transform is one of a format's own. It gets and returns a document.
type Transform struct {
	URI   string
	Apply func(xml []byte) ([]byte, error)
}

// A Path leads from the root, which it names first, to an element, which has to be the only one: at no step may two
// children have the name. The zero Name means the one and only child element, whatever its name.
type Path []Name

// find returns the element, or how many there are at the step where it is not one.
func (p Path) find(d *Document) (e *Element, number int) {
	candidates := []*Element{d.Root}
	for _, name := range p {
		var found []*Element
		for _, c := range candidates {
			if name == (Name{}) || c.Name == name {
				found = append(found, c)
			}
		}
		if len(found) != 1 {
			return nil, len(found)
		}
		e = found[0]
		candidates = e.Elements()
	}
	if e == nil {
		return nil, 0
	}
	return e, 1
}

// flaw is why a signature is not valid.
type flaw struct {
	status signature.Status
	reason signature.Reason
	field  string
	detail string
}

func invalid(reason signature.Reason, field, detail string) *flaw {
	return &flaw{signature.Invalid, reason, field, detail}
}

func malformed(field, detail string) *flaw { return invalid(signature.Malformed, field, detail) }

// locate finds the signature and the element that it has to cover.
func (p Profile) locate(d *Document) (sign, covered *Element, _ *flaw) {
	missing := invalid(signature.SignatureMissing, "Signature", "no Signature where the profile expects it")
	holder, number := p.Holder.find(d)
	switch {
	case number > 1:
		return nil, nil, malformed("Signature", "its place is not unique")
	case number == 0:
		return nil, nil, missing
	}
	for _, child := range holder.Elements() {
		if child.Name != (Name{spaceDS, "Signature"}) {
			continue
		}
		if sign != nil {
			return nil, nil, malformed("Signature", "a second Signature in the same place")
		}
		sign = child
	}
	if sign == nil {
		return nil, nil, missing
	}
	if covered, number = p.Covers.find(d); number != 1 {
		return nil, nil, malformed("Reference", "the element to be covered is missing or not unique")
	}
	return sign, covered, nil
}

// target returns the only element with an id.
func (p Profile) target(d *Document, id string) *Element {
	var found *Element
	number := 0
	d.Root.walk(func(e *Element) {
		for _, name := range p.IDs {
			if value, ok := e.Attribute(name); ok && value == id {
				found = e
				number++
			}
		}
	})
	if number != 1 {
		return nil
	}
	return found
}
