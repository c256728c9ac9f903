package signature

import (
	"bytes"
	"crypto/x509/pkix"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signerInfo is one signer (RFC 5652, 5.3). The signer is named by issuer and serial, or by keyID.
type signerInfo struct {
	issuer    []byte // Name
	serial    []byte // INTEGER
	keyID     []byte
	digest    pkix.AlgorithmIdentifier
	signed    []byte // signed attributes as they are signed, a SET; nil without any
	algorithm pkix.AlgorithmIdentifier
	signature []byte
	unsigned  cryptobyte.String // unsigned attributes without the tag of their set; nil without any
}

func parseSigners(set cryptobyte.String) (all []signerInfo, _ *flaw) {
	for !set.Empty() {
		var body cryptobyte.String
		if !set.ReadASN1(&body, cbasn1.SEQUENCE) {
			return nil, malformed("signerInfos", "not a SignerInfo")
		}
		signer, ok := parseSigner(body)
		if !ok {
			return nil, malformed("signerInfos", "not a SignerInfo")
		}
		if all = append(all, signer); len(all) > maxSigners {
			return nil, malformed("signerInfos", "more than 20 signers")
		}
	}
	if len(all) == 0 {
		return nil, malformed("signerInfos", "no signer")
	}
	return all, nil
}

func parseSigner(body cryptobyte.String) (s signerInfo, ok bool) {
	var version int
	var attributes cryptobyte.String
	var hasAttributes, hasUnsigned bool
	if !body.ReadASN1Integer(&version) || !readSignerID(&body, &s) || version != signerVersion(&s) {
		return s, false
	}
	if s.digest, ok = readAlgorithm(&body); !ok || !absentOrNull(s.digest.Parameters) {
		return s, false
	}
	if !body.ReadOptionalASN1(&attributes, &hasAttributes, contextTag(0)) {
		return s, false
	}
	if s.algorithm, ok = readAlgorithm(&body); !ok {
		return s, false
	}
	if !body.ReadASN1((*cryptobyte.String)(&s.signature), cbasn1.OCTET_STRING) ||
		!body.ReadOptionalASN1(&s.unsigned, &hasUnsigned, contextTag(1)) || !body.Empty() {
		return s, false
	}
	if hasUnsigned && !attributesOK(s.unsigned, false) {
		return s, false
	}
	if hasAttributes {
		s.signed = asSet(attributes)
		return s, attributesOK(attributes, true)
	}
	return s, true
}

func signerVersion(s *signerInfo) int {
	if s.keyID != nil {
		return 3
	}
	return 1
}

func readSignerID(body *cryptobyte.String, s *signerInfo) bool {
	if body.PeekASN1Tag(cbasn1.SEQUENCE) {
		var id cryptobyte.String
		return body.ReadASN1(&id, cbasn1.SEQUENCE) &&
			id.ReadASN1Element((*cryptobyte.String)(&s.issuer), cbasn1.SEQUENCE) &&
			id.ReadASN1Element((*cryptobyte.String)(&s.serial), cbasn1.INTEGER) && id.Empty()
	}
	return body.ReadASN1((*cryptobyte.String)(&s.keyID), cbasn1.Tag(0).ContextSpecific()) && len(s.keyID) > 0
}

// find returns the one certificate that the signer's identifier names.
func (s *signerInfo) find(certificates [][]byte) ([]byte, *flaw) {
	var found []byte
	for _, der := range certificates {
		if !s.names(der) {
			continue
		}
		if found != nil && !bytes.Equal(found, der) {
			return nil, malformed("sid", "names more than one certificate")
		}
		found = der
	}
	if found == nil {
		return nil, malformed("certificates", "the signer's certificate is not in the message")
	}
	return found, nil
}
