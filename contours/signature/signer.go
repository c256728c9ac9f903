package signature

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

// NewSigner signs with a key of the standard algorithms, held in this process or behind crypto.Signer, as the owner
// of certificate. Certificates of authorities in others are sent along. It takes the time of a signature from the
// clock.
//
// Keys of the national families it refuses: their code here takes a time that depends on the key, which is for the
// emulator's throw-away keys alone. Real ones sign in a certified provider outside.
func NewSigner(key crypto.Signer, certificate *x509.Certificate, others ...*x509.Certificate) (Signer, error) {
	if _, national := key.(nationalKey); national {
		return nil, errors.New("a key of a national family signs in a certified provider, not here")
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if !bytes.Equal(spki, certificate.RawSubjectPublicKeyInfo) {
		return nil, errors.New("the certificate is of another key")
	}
	algorithm := algorithmOf(spki)
	if algorithm == "" {
		return nil, errors.New("a key that documents are not signed with: want RSA, ECDSA or Ed25519")
	}
	if public, ok := key.Public().(*rsa.PublicKey); ok && (public.N.BitLen() < minRSA || public.N.BitLen() > maxRSA) {
		return nil, fmt.Errorf("RSA key of %d bits: want %d to %d", public.N.BitLen(), minRSA, maxRSA)
	}
	return &keySigner{credential{key, certificate}, algorithm, others}, nil
}

// ReadSigner is NewSigner with the key in one PEM file, PKCS #8, and its certificate, followed by those of authorities
// if any, in another.
func ReadSigner(keyFile, certificateFile string) (Signer, error) {
	data, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("signing key %s: not a PRIVATE KEY in PEM", keyFile)
	}
	key, err := parsePrivate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", keyFile, err)
	}
	if data, err = os.ReadFile(certificateFile); err != nil {
		return nil, fmt.Errorf("signing certificate: %w", err)
	}
	certificates, err := parseCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("signing certificate %s: %w", certificateFile, err)
	}
	return NewSigner(key, certificates[0], certificates[1:]...)
}

type keySigner struct {
	credential
	algorithm Algorithm
	others    []*x509.Certificate
}

func (s *keySigner) Certificate() *x509.Certificate { return s.certificate }

func (s *keySigner) Sign(content Content) ([]byte, error) {
	c := composer{s.key, s.certificate, s.others, s.algorithm, time.Now()}
	return c.sign(content)
}
