package xmldsig

import (
	"bytes"
	"errors"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// checkReference checks that the reference is to the element that has to be covered, and that the digest is of it.
// It returns the tree of what was digested, and its octets.
func (c *check) checkReference(r dataReference, sign, covered *Element) (*Element, []byte, *flaw) {
	target, flaw := c.dereference(r.uri)
	if flaw != nil {
		return nil, nil, flaw
	}
	if target.apex() != covered {
		return nil, nil, invalid(signature.SignatureInvalid, "Reference", "covers another element than the profile asks for")
	}
	octets, flaw := transformed(target, r.transforms, sign)
	if flaw != nil {
		return nil, nil, flaw
	}
	algorithm, ok := hashOf(c.families, r.digest.oid)
	if !ok {
		return nil, nil, refused("DigestMethod", r.digest.uris[0])
	}
	hash := algorithm.New()
	hash.Write(octets)
	if !bytes.Equal(hash.Sum(nil), r.value) {
		return nil, nil, invalid(signature.SignatureInvalid, "DigestValue", "the digest is of other data")
	}
	tree, err := Parse(octets)
	if err != nil {
		return nil, nil, malformed("Reference", "what was signed: "+err.Error())
	}
	return tree.Root, octets, nil
}

// dereference resolves a same-document reference; no other is followed.
func (c *check) dereference(uri string) (subset, *flaw) {
	if uri == "" {
		return subset{document: c.document}, nil
	}
	id, local := strings.CutPrefix(uri, "#")
	if !local || !isNCName(id) {
		return subset{}, malformed("Reference", "URI is not of an element in this document")
	}
	target := c.profile.target(c.document, id)
	if target == nil {
		return subset{}, malformed("Reference", "its id is missing or not unique")
	}
	return subset{element: target}, nil
}

// apex is the element that the subset is of.
func (s subset) apex() *Element {
	if s.document != nil {
		return s.document.Root
	}
	return s.element
}

// transformed applies transforms and returns octets. A part of the document becomes octets by a canonicalization,
// inclusive where none is named (RFC 3275, 4.3.3.2). References of this kind leave out comments, whatever the
// canonicalization would keep (4.3.3.3).
func transformed(part subset, steps []transform, sign *Element) (octets []byte, _ *flaw) {
	var err error
	for _, step := range steps {
		switch {
		case step.enveloped && octets != nil:
			return nil, malformed("Transforms", "enveloped signature behind a canonicalization")
		case step.enveloped:
			part.without = sign
			continue
		case step.canonical != nil && octets == nil:
			method := *step.canonical
			method.Comments = false
			octets, err = method.of(part)
		case step.canonical != nil:
			var again *Document
			if again, err = Parse(octets); err == nil {
				octets, err = step.canonical.Document(again)
			}
		default:
			if octets == nil {
				octets, err = Canonicalization{Inclusive: true}.of(part)
			}
			if err == nil {
				octets, err = step.own(octets)
			}
		}
		if err == nil && len(octets) == 0 {
			err = errors.New("a transform left nothing")
		}
		if err != nil {
			return nil, malformed("Transforms", err.Error())
		}
	}
	if octets == nil {
		if octets, err = (Canonicalization{Inclusive: true}).of(part); err != nil {
			return nil, malformed("Transforms", err.Error())
		}
	}
	return octets, nil
}
