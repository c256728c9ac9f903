package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	emulatorName   = "Эмулятор ЭЦП"
	authorityYears = 20
	signerYears    = 5
	backdated      = 24 * time.Hour // so that clocks may differ
)

// credential is a key with its certificate.
type credential struct {
	key         crypto.Signer
	certificate *x509.Certificate
}

// with is how the key signs messages by an algorithm.
func (c credential) with(a Algorithm) func(message []byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) { return a.sign(c.key, message) }
}

// newAuthority makes a root, or an authority under one.
func newAuthority(algorithm Algorithm, name string, now time.Time, issuer *credential) (credential, error) {
	key, err := newKey(algorithm)
	if err != nil {
		return credential{}, err
	}
	// Exercises replay documents of other years: an emulator's authority is as old as that takes.
	from := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	template := certificateTemplate(pkix.Name{CommonName: name, Organization: []string{emulatorName}}, from, now.AddDate(authorityYears, 0, 0))
	template.Subject.SerialNumber = fmt.Sprintf("%x", template.SerialNumber)[:8] // tells installations apart
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	if issuer == nil {
		issuer = &credential{key, template}
	}
	return certify(template, key, *issuer)
}

func newSigner(o SignerOptions, issuer credential, from, to time.Time) (credential, error) {
	key, err := newKey(o.Algorithm)
	if err != nil {
		return credential{}, err
	}
	subject := pkix.Name{CommonName: o.Name}
	if o.Organisation != "" {
		subject.Organization = []string{o.Organisation}
	}
	template := certificateTemplate(subject, from, to)
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	return certify(template, key, issuer)
}

func certificateTemplate(subject pkix.Name, from, to time.Time) *x509.Certificate {
	serial := make([]byte, 16)
	rand.Read(serial)                 // never fails
	serial[0] = serial[0]&0x3f | 0x40 // positive, and always of 16 octets
	return &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               subject,
		NotBefore:             from,
		NotAfter:              to,
		BasicConstraintsValid: true,
	}
}

func certify(template *x509.Certificate, key crypto.Signer, issuer credential) (credential, error) {
	spki, err := marshalPublic(key)
	if err != nil {
		return credential{}, err
	}
	sum := sha256.Sum256(spki)
	template.SubjectKeyId = sum[:20]
	der, err := issueCertificate(template, issuer.certificate, spki, issuer.key)
	if err != nil {
		return credential{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	return credential{key, certificate}, err
}

// issueCertificate does for keys of all families what x509.CreateCertificate does for its own: that makes the
// certificate with a key of no importance, and then key, algorithm and signature are put in place.
func issueCertificate(template, issuer *x509.Certificate, spki []byte, key crypto.Signer) ([]byte, error) {
	pattern, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	named := &x509.Certificate{Subject: issuer.Subject, RawSubject: issuer.RawSubject, SubjectKeyId: issuer.SubjectKeyId}
	der, err := x509.CreateCertificate(rand.Reader, template, named, pattern.Public(), pattern)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	own, err := marshalPublic(key)
	if err != nil {
		return nil, err
	}
	signer := algorithmOf(own)
	algorithm := signer.suite().certificateAlgorithm()
	fields := elementsOf(certificate.RawTBSCertificate, cbasn1.SEQUENCE)
	fields[2], fields[6] = algorithm, spki // RFC 5280, 4.1: version, serial, signature, issuer, validity, subject, key, extensions
	tbs := wrap(cbasn1.SEQUENCE, fields...)
	signature, err := signer.sign(key, tbs)
	if err != nil {
		return nil, err
	}
	return wrap(cbasn1.SEQUENCE, tbs, algorithm, wrap(cbasn1.BIT_STRING, []byte{0}, signature)), nil
}
