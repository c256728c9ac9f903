package xmldsig

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Transforms and canonicalizations by their URIs.
const (
	uriEnveloped = spaceDS + "enveloped-signature"
	uriExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	uriInclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	withComments = "WithComments"
)

// canonicalizationOf returns the method of a URI, still without a PrefixList.
func canonicalizationOf(uri string) (c Canonicalization, ok bool) {
	switch uri {
	case uriExclusive:
		return Canonicalization{}, true
	case uriExclusive + withComments:
		return Canonicalization{Comments: true}, true
	case uriInclusive:
		return Canonicalization{Inclusive: true}, true
	case uriInclusive + "#" + withComments:
		return Canonicalization{Inclusive: true, Comments: true}, true
	}
	return c, false
}

const (
	w3c  = "http://www.w3.org/2001/04/xmldsig-more#"
	enc  = "http://www.w3.org/2001/04/xmlenc#"
	stb  = "http://www.w3.org/2009/xmldsig11#"           // STB 34.101.50, as bee2 has it
	gost = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:" // of CryptoPro
)

type digestMethod struct {
	uris []string // the first is written
	oid  asn1.ObjectIdentifier
}

// digests: RFC 9231, 2.1; GOST R 34.11-94 has a name of W3C's and one of CryptoPro's.
var digests = []digestMethod{
	{[]string{enc + "sha256"}, oidSHA256},
	{[]string{w3c + "sha384"}, oidSHA384},
	{[]string{enc + "sha512"}, oidSHA512},
	{[]string{gost + "gostr34112012-256"}, oidStreebog256},
	{[]string{gost + "gostr34112012-512"}, oidStreebog512},
	{[]string{w3c + "gostr3411", gost + "gostr3411"}, oidGOST94},
	{[]string{stb + "belt-hash256"}, oidBeltHash},
}

type signatureMethod struct {
	uris   []string
	oid    asn1.ObjectIdentifier
	digest asn1.ObjectIdentifier
	pair   bool // r‖s in the document, a SEQUENCE of both at the family's
}

// signatures: RFC 9231, 2.3. GOST signatures are s‖r in documents and in certificates alike; families know the
// algorithm by the identifier of the key, as it stands in CMS.
var signatures = []signatureMethod{
	{[]string{w3c + "rsa-sha256"}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, oidSHA256, false},
	{[]string{w3c + "rsa-sha384"}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, oidSHA384, false},
	{[]string{w3c + "rsa-sha512"}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, oidSHA512, false},
	{[]string{w3c + "ecdsa-sha256"}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, oidSHA256, true},
	{[]string{w3c + "ecdsa-sha384"}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, oidSHA384, true},
	{[]string{w3c + "ecdsa-sha512"}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, oidSHA512, true},
	{[]string{gost + "gostr34102012-gostr34112012-256"}, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 1}, oidStreebog256, false},
	{[]string{gost + "gostr34102012-gostr34112012-512"}, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 2}, oidStreebog512, false},
	{[]string{w3c + "gostr34102001-gostr3411", gost + "gostr34102001-gostr3411"}, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 19}, oidGOST94, false},
	{[]string{stb + "bign-with-hbelt"}, asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 12}, oidBeltHash, false},
}

var (
	oidSHA256      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidStreebog256 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 2}
	oidStreebog512 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 3}
	oidBeltHash    = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 31, 81}
	oidGOST94      = asn1.ObjectIdentifier{1, 2, 643, 2, 2, 9}
)

func digestByURI(uri string) (d digestMethod, ok bool) {
	i := slices.IndexFunc(digests, func(d digestMethod) bool { return slices.Contains(d.uris, uri) })
	if i < 0 {
		return d, false
	}
	return digests[i], true
}

func signatureByURI(uri string) (s signatureMethod, ok bool) {
	i := slices.IndexFunc(signatures, func(s signatureMethod) bool { return slices.Contains(s.uris, uri) })
	if i < 0 {
		return s, false
	}
	return signatures[i], true
}

func (s signatureMethod) identifier() pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: s.oid}
}

// hashOf returns a digest algorithm that one of the families has.
func hashOf(families []signature.Family, oid asn1.ObjectIdentifier) (signature.Hash, bool) {
	for _, f := range families {
		for _, h := range f.Hashes() {
			if h.OID.Equal(oid) {
				return h, true
			}
		}
	}
	return signature.Hash{}, false
}
