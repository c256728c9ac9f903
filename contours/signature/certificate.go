package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// issued is what identifies a certificate, read without parsing it.
type issued struct {
	issuer []byte // Name
	serial []byte // INTEGER
}

func scanCertificate(der []byte) (i issued, ok bool) {
	input := cryptobyte.String(der)
	var certificate, tbs cryptobyte.String
	ok = input.ReadASN1(&certificate, cbasn1.SEQUENCE) && certificate.ReadASN1(&tbs, cbasn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(contextTag(0)) &&
		tbs.ReadASN1Element((*cryptobyte.String)(&i.serial), cbasn1.INTEGER) &&
		tbs.SkipASN1(cbasn1.SEQUENCE) &&
		tbs.ReadASN1Element((*cryptobyte.String)(&i.issuer), cbasn1.SEQUENCE)
	return i, ok
}

// names reports whether the signer's identifier is that of a certificate.
func (s *signerInfo) names(der []byte) bool {
	if s.keyID == nil {
		i, ok := scanCertificate(der)
		return ok && bytes.Equal(i.serial, s.serial) && bytes.Equal(i.issuer, s.issuer)
	}
	certificate, err := x509.ParseCertificate(der)
	return err == nil && bytes.Equal(certificate.SubjectKeyId, s.keyID)
}

// keyAlgorithm reads the algorithm of a SubjectPublicKeyInfo.
func keyAlgorithm(spki []byte) asn1.ObjectIdentifier {
	input := cryptobyte.String(spki)
	var body cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) {
		return nil
	}
	algorithm, _ := readAlgorithm(&body)
	return algorithm.Algorithm
}

// signatureAlgorithm reads the algorithm that a certificate was signed with, parameters and all. That the signed
// copy inside the certificate says the same, x509.ParseCertificate has seen to.
func signatureAlgorithm(certificate *x509.Certificate) (pkix.AlgorithmIdentifier, bool) {
	input := cryptobyte.String(certificate.Raw)
	var body cryptobyte.String
	if !input.ReadASN1(&body, cbasn1.SEQUENCE) || !body.SkipASN1(cbasn1.SEQUENCE) {
		return pkix.AlgorithmIdentifier{}, false
	}
	return readAlgorithm(&body)
}

func sumOf(certificate *x509.Certificate) []byte {
	sum := sha256.Sum256(certificate.Raw)
	return sum[:]
}

// Identify says who a certificate speaks of.
func Identify(certificate *x509.Certificate) Identity {
	return Identity{
		CommonName:   certificate.Subject.CommonName,
		Organisation: strings.Join(certificate.Subject.Organization, ", "),
		Issuer:       certificate.Issuer.String(),
		Serial:       fmt.Sprintf("%x", certificate.SerialNumber),
		Certificate:  sumOf(certificate),
		NotBefore:    certificate.NotBefore,
		NotAfter:     certificate.NotAfter,
	}
}

// selfIssued: RFC 5280, 3.2: subject and issuer are the same.
func selfIssued(certificate *x509.Certificate) bool {
	return bytes.Equal(certificate.RawSubject, certificate.RawIssuer)
}

// checkLeaf checks what a signer's certificate says of itself: it is meant to sign, and for this purpose. Key usage
// has to be stated.
func checkLeaf(certificate *x509.Certificate, p purpose) *flaw {
	if certificate.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return invalid(Untrusted, fieldUsage, "key usage lacks digitalSignature and nonRepudiation")
	}
	if detail := p.signer(certificate); detail != "" {
		return invalid(Untrusted, fieldUsage, detail)
	}
	return checkCritical(certificate)
}

// checkAuthority checks what an issuer's certificate says of itself.
func checkAuthority(certificate *x509.Certificate, p purpose) *flaw {
	if !certificate.BasicConstraintsValid || !certificate.IsCA {
		return invalid(Untrusted, "chain.basicConstraints", "an issuer is not a certification authority")
	}
	if certificate.KeyUsage != 0 && certificate.KeyUsage&x509.KeyUsageCertSign == 0 {
		return invalid(Untrusted, "chain.keyUsage", "an issuer may not sign certificates")
	}
	if detail := p.authority(certificate); detail != "" {
		return invalid(Untrusted, fieldUsage, detail)
	}
	return checkCritical(certificate)
}

func checkCritical(certificate *x509.Certificate) *flaw {
	for _, oid := range certificate.UnhandledCriticalExtensions {
		if !oid.Equal(oidNameConstraints) { // ours to handle
			return invalid(Untrusted, "certificate.extensions", "unknown critical extension "+oid.String())
		}
	}
	return nil
}
