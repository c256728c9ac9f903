package asic

import (
	"encoding/asn1"
	"strconv"
	"strings"
)

// digestURIs names digest algorithms in manifests: those of XML signatures, and of RFC 9215's authors for Streebog.
// Any other goes by its object identifier (RFC 3061).
func digestURIs() map[string]string {
	const national = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:"
	return map[string]string{
		"2.16.840.1.101.3.4.2.1": "http://www.w3.org/2001/04/xmlenc#sha256",
		"2.16.840.1.101.3.4.2.2": "http://www.w3.org/2001/04/xmldsig-more#sha384",
		"2.16.840.1.101.3.4.2.3": "http://www.w3.org/2001/04/xmlenc#sha512",
		"1.2.643.7.1.1.2.2":      national + "gostr34112012-256",
		"1.2.643.7.1.1.2.3":      national + "gostr34112012-512",
	}
}

const urnOID = "urn:oid:"

func uriOf(algorithm asn1.ObjectIdentifier) string {
	if uri, ok := digestURIs()[algorithm.String()]; ok {
		return uri
	}
	return urnOID + algorithm.String()
}

// algorithmOf returns nil for a URI that names no algorithm.
func algorithmOf(uri string) asn1.ObjectIdentifier {
	dotted, ok := strings.CutPrefix(uri, urnOID)
	if !ok {
		for oid, known := range digestURIs() {
			if known == uri {
				dotted = oid
			}
		}
	}
	if !ok && dotted == uri {
		return nil
	}
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(dotted, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil
		}
		oid = append(oid, n)
	}
	return oid
}
