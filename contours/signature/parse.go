package signature

import (
	"encoding/asn1"
	"encoding/base64"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of a CMS message.
const (
	maxCMS          = 64 << 10 // octets, as DER
	maxSigners      = 20       // format 3.0 of СМДО: 1 to 20 signatures a file
	maxCertificates = 64
)

var (
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
)

// signedData is a SignedData (RFC 5652, 5.1) whose parts agree with each other. Slices point into the message.
type signedData struct {
	contentType  asn1.ObjectIdentifier
	content      []byte // nil when detached
	certificates [][]byte
	lists        [][]byte // revocation lists: unsigned, and what a sender chooses to show
	signers      []signerInfo
}

// decode turns what travels, DER or base64 of it with line ends, into DER.
func decode(cms []byte) ([]byte, *flaw) {
	switch {
	case len(cms) == 0:
		return nil, malformed("cms", "empty")
	case len(cms) > 2*maxCMS:
		return nil, malformed("cms", "longer than 64 KiB")
	}
	der := cms
	if cms[0] != byte(cbasn1.SEQUENCE) { // in base64 a SEQUENCE begins with M
		decoded, err := base64.StdEncoding.Strict().AppendDecode(nil, cms)
		if err != nil {
			return nil, malformed("cms", "neither DER nor base64")
		}
		der = decoded
	}
	if len(der) > maxCMS {
		return nil, malformed("cms", "longer than 64 KiB")
	}
	return der, nil
}

// parse reads a detached SignedData and holds its parts against each other.
func parse(der []byte) (*signedData, *flaw) { return parseMessage(der, oidData) }

// parseMessage reads a SignedData over content of one type. Plain data is detached, anything else carried inside.
func parseMessage(der []byte, contentType asn1.ObjectIdentifier) (*signedData, *flaw) {
	if err := checkDER(der, 0); err != nil {
		return nil, malformed("cms", err.Error())
	}
	input := cryptobyte.String(der)
	var info, explicit, body cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&info, cbasn1.SEQUENCE) || !input.Empty() || !info.ReadASN1ObjectIdentifier(&kind) ||
		!info.ReadASN1(&explicit, contextTag(0)) || !info.Empty() ||
		!explicit.ReadASN1(&body, cbasn1.SEQUENCE) || !explicit.Empty() {
		return nil, malformed("contentInfo", "not a ContentInfo")
	}
	if !kind.Equal(oidSignedData) {
		return nil, malformed("contentType", "not SignedData")
	}
	return parseSignedData(body, contentType)
}

func parseSignedData(body cryptobyte.String, contentType asn1.ObjectIdentifier) (*signedData, *flaw) {
	var version int
	var digests, content, certificates, crls, signers cryptobyte.String
	if !body.ReadASN1Integer(&version) || !body.ReadASN1(&digests, cbasn1.SET) ||
		!body.ReadASN1(&content, cbasn1.SEQUENCE) ||
		!body.ReadOptionalASN1(&certificates, nil, contextTag(0)) ||
		!body.ReadOptionalASN1(&crls, nil, contextTag(1)) ||
		!body.ReadASN1(&signers, cbasn1.SET) || !body.Empty() {
		return nil, malformed("signedData", "not a SignedData")
	}
	data := &signedData{contentType: contentType}
	flaw := data.readContent(content)
	if flaw != nil {
		return nil, flaw
	}
	if data.certificates, flaw = parseSequences(certificates, maxCertificates, "certificates"); flaw != nil {
		return nil, flaw
	}
	if data.lists, flaw = parseSequences(crls, maxCertificates, "crls"); flaw != nil {
		return nil, flaw
	}
	if data.signers, flaw = parseSigners(signers); flaw != nil {
		return nil, flaw
	}
	// RFC 5652, 5.1: with plain certificates and revocation lists over id-data, 3 when a signer is version 3, else 1.
	want := 1
	if data.content != nil {
		want = 3
	}
	for i := range data.signers {
		if data.signers[i].keyID != nil {
			want = 3
		}
	}
	if version != want {
		return nil, malformed("version", "version does not suit the content")
	}
	return data, checkDigests(digests, data.signers)
}

// readContent reads EncapsulatedContentInfo (RFC 5652, 5.2).
func (d *signedData) readContent(info cryptobyte.String) *flaw {
	var kind asn1.ObjectIdentifier
	if !info.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(d.contentType) {
		return malformed("eContentType", "not "+d.contentType.String())
	}
	if d.contentType.Equal(oidData) {
		if !info.Empty() {
			return malformed("eContent", "not detached")
		}
		return nil
	}
	var explicit cryptobyte.String
	if !info.ReadASN1(&explicit, contextTag(0)) || !info.Empty() ||
		!explicit.ReadASN1((*cryptobyte.String)(&d.content), cbasn1.OCTET_STRING) || !explicit.Empty() {
		return malformed("eContent", "missing or malformed")
	}
	return nil
}

// parseSequences reads certificates or revocation lists, none of their exotic kinds.
func parseSequences(set cryptobyte.String, most int, field string) (all [][]byte, _ *flaw) {
	for !set.Empty() {
		var element cryptobyte.String
		if !set.ReadASN1Element(&element, cbasn1.SEQUENCE) {
			return nil, malformed(field, "of an unknown kind")
		}
		if all = append(all, element); len(all) > most {
			return nil, malformed(field, "too many")
		}
	}
	return all, nil
}

// checkDigests: RFC 5652, 5.1: the set names the digests of the signers. We take it at its word: all of them, no
// others, none twice.
func checkDigests(set cryptobyte.String, signers []signerInfo) *flaw {
	var named []asn1.ObjectIdentifier
	contains := func(oid asn1.ObjectIdentifier) bool {
		for _, n := range named {
			if n.Equal(oid) {
				return true
			}
		}
		return false
	}
	for !set.Empty() {
		algorithm, ok := readAlgorithm(&set)
		if !ok || !absentOrNull(algorithm.Parameters) || contains(algorithm.Algorithm) {
			return malformed("digestAlgorithms", "malformed")
		}
		named = append(named, algorithm.Algorithm)
	}
	used := 0
	for i := range signers {
		if !contains(signers[i].digest.Algorithm) {
			return malformed("digestAlgorithms", "a signer's digest is not named")
		}
		first := true
		for j := range i {
			first = first && !signers[j].digest.Algorithm.Equal(signers[i].digest.Algorithm)
		}
		if first {
			used++
		}
	}
	if used != len(named) {
		return malformed("digestAlgorithms", "names a digest that no signer uses")
	}
	return nil
}
