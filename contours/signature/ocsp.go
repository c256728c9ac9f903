package signature

import (
	"bytes"
	"crypto/sha1" // names issuers in CertID (RFC 6960, 4.1.1); nothing rests on it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"
)

// maxOCSP bounds a response, in octets.
const maxOCSP = 64 << 10

// ErrOCSP says that octets are not an answer about this certificate from somebody who may give it.
var ErrOCSP = errors.New("OCSP response refused")

var (
	oidSHA1        = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidOCSPNoCheck = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
)

func refusedOCSP(why string) error { return fmt.Errorf("%w: %s", ErrOCSP, why) }

// ocspAnswer is what a responder said of one certificate (RFC 6960).
type ocspAnswer struct {
	issuer                 []byte   // SubjectPublicKeyInfo
	unknown                bool     // the responder does not know the certificate
	revoked                *revoked // nil: it is good
	thisUpdate, nextUpdate time.Time
	responder              *x509.Certificate // a delegate whose own revocation is to be looked at; usually nil
}

func (a *ocspAnswer) standing(at time.Time, grace time.Duration) standing {
	if a.unknown {
		return standing{state: Unknown}
	}
	return judge(a.revoked, at, a.thisUpdate, a.nextUpdate, grace)
}

// parseOCSP reads and verifies an answer about a certificate of issuer. Standard algorithms alone: the answers of
// national responders are refused with ErrAlgorithm.
//
// TODO(ocsp): national families verify nothing here; their centres publish lists.
func parseOCSP(der []byte, certificate, issuer *x509.Certificate) (*ocspAnswer, error) {
	if len(der) > maxOCSP {
		return nil, refusedOCSP("longer than 64 KiB")
	}
	if err := checkOCSPAlgorithm(der, issuer); err != nil {
		return nil, err
	}
	response, err := ocsp.ParseResponseForCert(der, certificate, issuer) // verifies, but takes any certificate of the issuer for a responder's
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrOCSP, err)
	}
	a := &ocspAnswer{issuer: issuer.RawSubjectPublicKeyInfo, thisUpdate: response.ThisUpdate, nextUpdate: response.NextUpdate}
	if a.nextUpdate.IsZero() { // RFC 6960, 4.2.2.1: newer information is there at any time
		a.nextUpdate = a.thisUpdate
	}
	switch {
	case a.nextUpdate.Before(a.thisUpdate):
		return nil, refusedOCSP("nextUpdate before thisUpdate")
	case a.thisUpdate.After(time.Now().Add(clockSkew)):
		return nil, refusedOCSP("made in the future")
	case !namesOnce(response.TBSResponseData, certificate, issuer):
		return nil, refusedOCSP("not about this certificate of this issuer")
	}
	if a.responder, err = delegate(response, issuer); err != nil {
		return nil, err
	}
	switch response.Status {
	case ocsp.Good:
	case ocsp.Revoked:
		a.revoked = &revoked{response.RevokedAt, RevocationReason(response.RevocationReason)}
	default:
		a.unknown = true
	}
	return a, nil
}

// checkOCSPAlgorithm names the algorithm when it is not a standard one; the library would only say that it fails.
func checkOCSPAlgorithm(der []byte, issuer *x509.Certificate) error {
	if oid := keyAlgorithm(issuer.RawSubjectPublicKeyInfo); !Std().Owns(oid) {
		return fmt.Errorf("%w: OCSP for an issuer with a key of %s", ErrAlgorithm, oid)
	}
	input := cryptobyte.String(der)
	var response, explicit, typed, octets, basic cryptobyte.String
	if !input.ReadASN1(&response, cbasn1.SEQUENCE) || !response.SkipASN1(cbasn1.ENUM) || !response.ReadASN1(&explicit, contextTag(0)) ||
		!explicit.ReadASN1(&typed, cbasn1.SEQUENCE) || !typed.SkipASN1(cbasn1.OBJECT_IDENTIFIER) || !typed.ReadASN1(&octets, cbasn1.OCTET_STRING) ||
		!octets.ReadASN1(&basic, cbasn1.SEQUENCE) || !basic.SkipASN1(cbasn1.SEQUENCE) {
		return nil // an error response, or nothing at all: the library says which
	}
	algorithm, ok := readAlgorithm(&basic)
	standard := []asn1.ObjectIdentifier{oidSHA256WithRSA, oidSHA384WithRSA, oidSHA512WithRSA, oidECDSAWithSHA256, oidECDSAWithSHA384, oidECDSAWithSHA512}
	if !ok || !slices.ContainsFunc(standard, algorithm.Algorithm.Equal) {
		return fmt.Errorf("%w: OCSP response signed with %s", ErrAlgorithm, algorithm.Algorithm)
	}
	return nil
}

// delegate checks who answered (RFC 6960, 4.2.2.2): the issuer itself, or somebody whom it gave a certificate for just
// that. It returns the delegate's certificate when its revocation matters.
func delegate(response *ocsp.Response, issuer *x509.Certificate) (*x509.Certificate, error) {
	c := response.Certificate
	if c == nil || bytes.Equal(c.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo) {
		return nil, nil
	}
	switch {
	case !bytes.Equal(c.RawIssuer, issuer.RawSubject):
		return nil, refusedOCSP("the responder's certificate is of another issuer")
	case !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return nil, refusedOCSP("the responder's certificate is not for signing answers")
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return nil, refusedOCSP("the responder's key usage lacks digitalSignature")
	case response.ProducedAt.Before(c.NotBefore) || response.ProducedAt.After(c.NotAfter):
		return nil, refusedOCSP("the responder's certificate was not valid")
	case len(c.UnhandledCriticalExtensions) > 0:
		return nil, refusedOCSP("unknown critical extension in the responder's certificate")
	}
	if _, ok := extension(c, oidOCSPNoCheck); ok {
		return nil, nil
	}
	return c, nil
}

// namesOnce: among the single responses one, and only one, has the serial number of the certificate, and it names the
// issuer by name and key. The library looks at serial numbers alone.
func namesOnce(data cryptobyte.String, certificate, issuer *x509.Certificate) bool {
	var body, responder, responses cryptobyte.String
	if !data.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipOptionalASN1(contextTag(0)) || !body.ReadAnyASN1(&responder, nil) ||
		!body.SkipASN1(cbasn1.GeneralizedTime) || !body.ReadASN1(&responses, cbasn1.SEQUENCE) {
		return false
	}
	named := 0
	for !responses.Empty() {
		var single, id, name, key, serial cryptobyte.String
		if !responses.ReadASN1(&single, cbasn1.SEQUENCE) || !single.ReadASN1(&id, cbasn1.SEQUENCE) {
			return false
		}
		algorithm, ok := readAlgorithm(&id)
		if !ok || !id.ReadASN1(&name, cbasn1.OCTET_STRING) || !id.ReadASN1(&key, cbasn1.OCTET_STRING) || !id.ReadASN1(&serial, cbasn1.INTEGER) {
			return false
		}
		if !bytes.Equal(serial, serialOf(certificate)) {
			continue
		}
		sum := certIDHash(algorithm.Algorithm)
		if named++; sum == nil || !bytes.Equal(name, sum(issuer.RawSubject)) || !bytes.Equal(key, sum(keyBits(issuer))) {
			return false
		}
	}
	return named == 1
}

func certIDHash(oid asn1.ObjectIdentifier) func([]byte) []byte {
	of := func(h hash.Hash) func([]byte) []byte {
		return func(data []byte) []byte { h.Reset(); h.Write(data); return h.Sum(nil) }
	}
	switch {
	case oid.Equal(oidSHA1):
		return of(sha1.New())
	case oid.Equal(oidSHA256):
		return of(sha256.New())
	case oid.Equal(oidSHA384):
		return of(sha512.New384())
	case oid.Equal(oidSHA512):
		return of(sha512.New())
	}
	return nil
}

// keyBits is the value of a certificate's subjectPublicKey.
func keyBits(certificate *x509.Certificate) []byte {
	input := cryptobyte.String(certificate.RawSubjectPublicKeyInfo)
	var body cryptobyte.String
	var bits []byte
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.SEQUENCE) || !body.ReadASN1BitStringAsBytes(&bits) {
		return nil
	}
	return bits
}
