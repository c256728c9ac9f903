package signature

import (
	"bytes"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// attributes are those signed attributes that a verifier acts on. Others are signed, and left alone.
type attributes struct {
	messageDigest []byte
	signingTime   time.Time
	certificate   cryptobyte.String // SigningCertificateV2; nil when absent
}

// asSet gives signed attributes the tag under which they are signed (RFC 5652, 5.4).
func asSet(attributes []byte) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(attributes)+4))
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
	return b.BytesOrPanic()
}

// attributesOK checks the shape of a non-empty set of attributes; signed ones have to stand in DER order, since
// what is signed is the DER encoding.
func attributesOK(set cryptobyte.String, ordered bool) bool {
	var last cryptobyte.String
	for !set.Empty() {
		var element, body, values cryptobyte.String
		if !set.ReadASN1Element(&element, cbasn1.SEQUENCE) {
			return false
		}
		if ordered && bytes.Compare(last, element) >= 0 {
			return false
		}
		last = element
		if !element.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.OBJECT_IDENTIFIER) ||
			!body.ReadASN1(&values, cbasn1.SET) || values.Empty() || !body.Empty() {
			return false
		}
	}
	return last != nil
}

// parseAttributes reads signed attributes over content of a type: each that we act on at most once and with one
// value (RFC 5652, 11).
func parseAttributes(set cryptobyte.String, content asn1.ObjectIdentifier) (a attributes, _ *flaw) {
	var body, contentType, digest, signingTime cryptobyte.String
	if !set.ReadASN1(&body, cbasn1.SET) {
		return a, malformed("signedAttrs", "malformed")
	}
	for !body.Empty() {
		var attribute, values cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !body.ReadASN1(&attribute, cbasn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&kind) ||
			!attribute.ReadASN1(&values, cbasn1.SET) {
			return a, malformed("signedAttrs", "malformed")
		}
		var place *cryptobyte.String
		switch {
		case kind.Equal(oidContentType):
			place = &contentType
		case kind.Equal(oidMessageDigest):
			place = &digest
		case kind.Equal(oidSigningTime):
			place = &signingTime
		case kind.Equal(oidSigningCertificateV2):
			place = &a.certificate
		default:
			continue
		}
		if *place != nil || !values.ReadAnyASN1Element(place, nil) || !values.Empty() {
			return a, malformed("signedAttrs", "an attribute stands twice, or with two values")
		}
	}
	var kind asn1.ObjectIdentifier
	if !contentType.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(content) {
		return a, malformed("contentType", "signed content type is not that of the content")
	}
	if !digest.ReadASN1((*cryptobyte.String)(&a.messageDigest), cbasn1.OCTET_STRING) {
		return a, malformed(fieldDigest, "missing or malformed")
	}
	if signingTime != nil && !readTime(&signingTime, &a.signingTime) {
		return a, malformed("signingTime", "malformed")
	}
	return a, nil
}

// readTime reads a Time: RFC 5652, 11.3: UTCTime until 2049, GeneralizedTime after.
func readTime(input *cryptobyte.String, t *time.Time) bool {
	if input.PeekASN1Tag(cbasn1.GeneralizedTime) {
		return input.ReadASN1GeneralizedTime(t)
	}
	return input.ReadASN1UTCTime(t)
}

// checkSigningCertificate holds the first certificate named in a SigningCertificateV2 (RFC 5035, 4), the
// signer's, against the certificate that is about to be used. Without it somebody could put another certificate
// for the same key under the signature.
func checkSigningCertificate(value cryptobyte.String, certificate []byte, hashes []Hash) *flaw {
	const field = "signingCertificateV2"
	var body, ids, id, sum cryptobyte.String
	if !value.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1(&ids, cbasn1.SEQUENCE) ||
		!body.Empty() && (!body.SkipASN1(cbasn1.SEQUENCE) || !body.Empty()) || // policies
		!ids.ReadASN1(&id, cbasn1.SEQUENCE) {
		return malformed(field, "malformed")
	}
	digest := oidSHA256 // the default; some write it all the same
	if id.PeekASN1Tag(cbasn1.SEQUENCE) {
		algorithm, ok := readAlgorithm(&id)
		if !ok || !absentOrNull(algorithm.Parameters) {
			return malformed(field, "malformed")
		}
		digest = algorithm.Algorithm
	}
	if !id.ReadASN1(&sum, cbasn1.OCTET_STRING) {
		return malformed(field, "malformed")
	}
	hash, ok := hashByOID(hashes, digest)
	if digest.Equal(oidSHA256) { // whatever the family, signers name certificates by the default
		hash, ok = hashSHA256(), true
	}
	if !ok {
		return invalid(AlgorithmRefused, field, "digest "+digest.String()+" not allowed")
	}
	if !hash.isOf(sum, certificate) {
		return invalid(SignatureInvalid, field, "the certificate is not the one that was signed with")
	}
	if id.Empty() {
		return nil
	}
	var serial, names, general, name, number cryptobyte.String // IssuerSerial
	if !id.ReadASN1(&serial, cbasn1.SEQUENCE) || !id.Empty() || !serial.ReadASN1(&names, cbasn1.SEQUENCE) ||
		!names.ReadASN1(&general, contextTag(4)) || !names.Empty() || !general.ReadASN1Element(&name, cbasn1.SEQUENCE) ||
		!general.Empty() || !serial.ReadASN1Element(&number, cbasn1.INTEGER) || !serial.Empty() {
		return malformed(field, "issuerSerial malformed")
	}
	issued, ok := scanCertificate(certificate)
	if !ok || !bytes.Equal(issued.issuer, name) || !bytes.Equal(issued.serial, number) {
		return invalid(SignatureInvalid, field, "issuerSerial names another certificate")
	}
	return nil
}

func hashByOID(hashes []Hash, oid asn1.ObjectIdentifier) (Hash, bool) {
	for _, h := range hashes {
		if h.OID.Equal(oid) {
			return h, true
		}
	}
	return Hash{}, false
}
