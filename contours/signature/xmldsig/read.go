package xmldsig

import (
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Bounds of a signature.
const (
	maxTransforms   = 5
	maxPrefixes     = 64
	maxCertificates = 10
)

// envelope is what a Signature holds around what it signs; none of it is signed.
type envelope struct {
	signedInfo   *Element
	value        []byte
	certificates [][]byte // the signer's first
	properties   *Element // SignedProperties, which a reference has to cover; nil: none
}

func (p Profile) readEnvelope(e *Element) (v envelope, _ *flaw) {
	parts, ok := children(e, "SignedInfo", "SignatureValue", "KeyInfo")
	if !ok && p.Properties {
		if parts, ok = children(e, "SignedInfo", "SignatureValue", "KeyInfo", "Object"); ok {
			if v.properties = propertiesIn(parts[3]); v.properties == nil {
				return v, malformed("Object", "not QualifyingProperties with SignedProperties")
			}
		}
	}
	if !ok {
		return v, malformed("Signature", "not SignedInfo, SignatureValue and KeyInfo, once each")
	}
	v.signedInfo = parts[0]
	if v.value, ok = octets(parts[1]); !ok {
		return v, malformed("SignatureValue", "not base64")
	}
	for _, data := range parts[2].Elements() {
		if data.Name != (Name{spaceDS, "X509Data"}) {
			continue
		}
		for _, c := range data.Elements() {
			if c.Name != (Name{spaceDS, "X509Certificate"}) {
				continue
			}
			der, ok := octets(c)
			if !ok || len(v.certificates) == maxCertificates {
				return v, malformed("X509Certificate", "not base64, or too many")
			}
			v.certificates = append(v.certificates, der)
		}
	}
	if len(v.certificates) == 0 {
		return v, malformed("X509Certificate", "missing")
	}
	return v, nil
}

// signedInfo is what the signature itself is over.
type signedInfo struct {
	method     signatureMethod
	data       dataReference
	properties *dataReference // to SignedProperties; nil: none
}

// dataReference names a part of the document, and its digest.
type dataReference struct {
	uri        string
	transforms []transform
	digest     digestMethod
	value      []byte
}

// transform is one step of a reference; one of its parts is set.
type transform struct {
	enveloped bool
	canonical *Canonicalization
	own       func([]byte) ([]byte, error)
}

// readSignedInfo reads SignedInfo, from a tree of the octets that were signed.
func (p Profile) readSignedInfo(e *Element) (s signedInfo, flaw *flaw) {
	parts, ok := children(e, "CanonicalizationMethod", "SignatureMethod", "Reference")
	if !ok && p.Properties {
		parts, ok = children(e, "CanonicalizationMethod", "SignatureMethod", "Reference", "Reference")
	}
	if !ok {
		return s, malformed("SignedInfo", "not CanonicalizationMethod, SignatureMethod and one Reference")
	}
	uri := bareAlgorithm(parts[1])
	if s.method, ok = signatureByURI(uri); !ok {
		return s, refused("SignatureMethod", uri)
	}
	data := parts[2]
	if len(parts) == 4 {
		about := parts[3]
		if isOfProperties(data) {
			data, about = about, data
		}
		if !isOfProperties(about) {
			return s, malformed("SignedInfo", "a second Reference that is not to SignedProperties")
		}
		var r dataReference
		if r, flaw = p.readReference(about); flaw != nil {
			return s, flaw
		}
		s.properties = &r
	}
	s.data, flaw = p.readReference(data)
	return s, flaw
}

func (p Profile) readReference(e *Element) (r dataReference, _ *flaw) {
	var ok bool
	if r.uri, ok = e.Attribute(Name{"", "URI"}); !ok {
		return r, malformed("Reference", "without URI")
	}
	parts, ok := children(e, "Transforms", "DigestMethod", "DigestValue")
	if ok {
		var flaw *flaw
		if r.transforms, flaw = p.readTransforms(parts[0]); flaw != nil {
			return r, flaw
		}
		parts = parts[1:]
	} else if parts, ok = children(e, "DigestMethod", "DigestValue"); !ok {
		return r, malformed("Reference", "not Transforms, DigestMethod and DigestValue")
	}
	uri := bareAlgorithm(parts[0])
	if r.digest, ok = digestByURI(uri); !ok {
		return r, refused("DigestMethod", uri)
	}
	if r.value, ok = octets(parts[1]); !ok {
		return r, malformed("DigestValue", "not base64")
	}
	return r, nil
}

func (p Profile) readTransforms(e *Element) (all []transform, _ *flaw) {
	steps := e.Elements()
	if len(steps) > maxTransforms {
		return nil, malformed("Transforms", "too many")
	}
	for _, step := range steps {
		uri, _ := step.Attribute(Name{"", "Algorithm"})
		i := slices.IndexFunc(p.Transforms, func(t Transform) bool { return t.URI == uri })
		bare := onlyBlanks(step) && len(step.Elements()) == 0
		switch {
		case step.Name != Name{spaceDS, "Transform"}:
			return nil, malformed("Transforms", "not Transform alone")
		case uri == uriEnveloped && bare:
			all = append(all, transform{enveloped: true})
		case i >= 0 && bare:
			all = append(all, transform{own: p.Transforms[i].Apply})
		default:
			method, flaw := readCanonicalization(step)
			if flaw != nil {
				return nil, flaw
			}
			all = append(all, transform{canonical: &method})
		}
	}
	return all, nil
}

// readCanonicalization reads a CanonicalizationMethod, or a Transform that is one.
func readCanonicalization(e *Element) (c Canonicalization, _ *flaw) {
	uri, _ := e.Attribute(Name{"", "Algorithm"})
	c, ok := canonicalizationOf(uri)
	if !ok {
		return c, refused(e.Local, uri)
	}
	parameters := e.Elements()
	if len(parameters) == 0 && onlyBlanks(e) {
		return c, nil
	}
	if c.Inclusive || len(parameters) != 1 || !onlyBlanks(e) || parameters[0].Name != (Name{uriExclusive, "InclusiveNamespaces"}) {
		return c, malformed(e.Local, "parameters of a canonicalization that has none")
	}
	list, _ := parameters[0].Attribute(Name{"", "PrefixList"})
	c.Prefixes = strings.Fields(list)
	if len(c.Prefixes) > maxPrefixes {
		return c, malformed(e.Local, "PrefixList too long")
	}
	for i, prefix := range c.Prefixes {
		if prefix == "#default" {
			c.Prefixes[i] = ""
		}
	}
	return c, nil
}

func refused(field, uri string) *flaw {
	return invalid(signature.AlgorithmRefused, field, "algorithm "+uri+" not allowed")
}
