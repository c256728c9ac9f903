package xmldsig

import (
	"bytes"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

const (
	spaceXAdES        = "http://uri.etsi.org/01903/v1.3.2#"
	typeOfProperties  = "http://uri.etsi.org/01903#SignedProperties" // ETSI EN 319 132-1, 4.4.2
	maxNamedSigners   = 10
	fieldProperties   = "SignedProperties"
	fieldSigner       = "SigningCertificate"
	detailOtherSigner = "the properties name another certificate than the one that was used"
)

// isOfProperties reports whether a Reference says that it is to signed properties.
func isOfProperties(reference *Element) bool {
	kind, _ := reference.Attribute(Name{"", "Type"})
	return kind == typeOfProperties
}

// propertiesIn returns the SignedProperties of an Object that holds QualifyingProperties and nothing else; nil when it is
// not that. Unsigned properties beside them do not matter: nothing that is said there is used.
func propertiesIn(object *Element) *Element {
	holders := object.Elements()
	if len(holders) != 1 || holders[0].Name != (Name{spaceXAdES, "QualifyingProperties"}) {
		return nil
	}
	return only(holders[0], "SignedProperties")
}

// only returns the one child element of XAdES's namespace with a name; nil when there is none or more.
func only(e *Element, name string) (found *Element) {
	for _, child := range e.Elements() {
		if child.Name != (Name{spaceXAdES, name}) {
			continue
		}
		if found != nil {
			return nil
		}
		found = child
	}
	return found
}

// checkProperties: properties are there and covered, or neither; and they name the signer's certificate (ETSI EN 319
// 132-1, 5.2.2), which KeyInfo alone leaves unsigned.
func (c *check) checkProperties(info signedInfo, envelope envelope) *flaw {
	if info.properties == nil && envelope.properties == nil {
		return nil
	}
	if info.properties == nil || envelope.properties == nil {
		return malformed(fieldProperties, "properties without a reference, or a reference without properties")
	}
	if slices.ContainsFunc(info.properties.transforms, func(t transform) bool { return t.canonical == nil }) {
		return malformed(fieldProperties, "transforms other than canonicalization")
	}
	root, _, flaw := c.checkReference(*info.properties, nil, envelope.properties)
	if flaw != nil {
		return flaw
	}
	return c.checkNamed(root, envelope.certificates[0])
}

func (c *check) checkNamed(properties *Element, certificate []byte) *flaw {
	about := only(properties, "SignedSignatureProperties")
	if about == nil {
		return malformed(fieldProperties, "without SignedSignatureProperties")
	}
	named := only(about, "SigningCertificateV2")
	if named == nil {
		named = only(about, "SigningCertificate")
	}
	if named == nil {
		return malformed(fieldSigner, "missing")
	}
	certificates := named.Elements()
	if len(certificates) == 0 || len(certificates) > maxNamedSigners {
		return malformed(fieldSigner, "names none, or too many")
	}
	digest := only(certificates[0], "CertDigest") // the first is the signer's
	if digest == nil {
		return malformed(fieldSigner, "without CertDigest")
	}
	parts, ok := children(digest, "DigestMethod", "DigestValue")
	if !ok {
		return malformed(fieldSigner, "not DigestMethod and DigestValue")
	}
	uri := bareAlgorithm(parts[0])
	method, known := digestByURI(uri)
	algorithm, allowed := hashOf(c.families, method.oid)
	value, ok := octets(parts[1])
	if !known || !allowed || !ok {
		return refused(fieldSigner, uri)
	}
	hash := algorithm.New()
	hash.Write(certificate)
	if !bytes.Equal(hash.Sum(nil), value) {
		return invalid(signature.SignatureInvalid, fieldSigner, detailOtherSigner)
	}
	return nil
}
