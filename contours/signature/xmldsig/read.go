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
}

func readEnvelope(e *Element) (v envelope, _ *flaw) {
	parts, ok := children(e, "SignedInfo", "SignatureValue", "KeyInfo")
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
	uri        string // of the one reference
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
func (p Profile) readSignedInfo(e *Element) (s signedInfo, _ *flaw) {
	parts, ok := children(e, "CanonicalizationMethod", "SignatureMethod", "Reference")
	if !ok {
		return s, malformed("SignedInfo", "not CanonicalizationMethod, SignatureMethod and one Reference")
	}
	uri := bareAlgorithm(parts[1])
	if s.method, ok = signatureByURI(uri); !ok {
		return s, refused("SignatureMethod", uri)
	}
	reference := parts[2]
	if s.uri, ok = reference.Attribute(Name{"", "URI"}); !ok {
		return s, malformed("Reference", "without URI")
	}
	if parts, ok = children(reference, "Transforms", "DigestMethod", "DigestValue"); ok {
		var flaw *flaw
		if s.transforms, flaw = p.readTransforms(parts[0]); flaw != nil {
			return s, flaw
		}
		parts = parts[1:]
	} else if parts, ok = children(reference, "DigestMethod", "DigestValue"); !ok {
		return s, malformed("Reference", "not Transforms, DigestMethod and DigestValue")
	}
	uri = bareAlgorithm(parts[0])
	if s.digest, ok = digestByURI(uri); !ok {
		return s, refused("DigestMethod", uri)
	}
	if s.value, ok = octets(parts[1]); !ok {
		return s, malformed("DigestValue", "not base64")
	}
	return s, nil
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
