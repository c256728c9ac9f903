package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
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

// newAuthority makes a root, or an authority under one.
func newAuthority(name string, now time.Time, issuer *credential) (credential, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
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
	if !template.IsCA { // authorities get theirs from x509
		spki, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return credential{}, err
		}
		sum := sha256.Sum256(spki)
		template.SubjectKeyId = sum[:20]
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		return credential{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	return credential{key, certificate}, err
}

func newKey(a Algorithm) (crypto.Signer, error) {
	switch a {
	case ECDSAP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("no algorithm called %q", a)
}

func algorithmOf(c *x509.Certificate) Algorithm {
	switch c.PublicKeyAlgorithm {
	case x509.RSA:
		return RSA2048
	case x509.Ed25519:
		return Ed25519
	}
	return ECDSAP256
}
