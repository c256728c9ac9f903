package signature

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// NewSigner signs with a key of the standard algorithms, held in this process or behind crypto.Signer, as the owner
// of certificate; see NewKeySigner for the rest. What crypto/rsa, crypto/ecdsa and crypto/ed25519 do with a private key
// takes a time that does not depend on it.
//
// Keys of the national families it refuses: their code here takes a time that depends on the key, which is for the
// emulator's throw-away keys alone. Real ones sign in a certified provider outside: a token or a service.
func NewSigner(key crypto.Signer, algorithm Algorithm, certificate *x509.Certificate, others ...*x509.Certificate) (*KeySigner, error) {
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
	return NewKeySigner(localKey{key}, algorithm, certificate, others...)
}

// ReadSigner is NewSigner with the key in one PEM file, PKCS #8, and its certificate, followed by those of authorities
// if any, in another.
func ReadSigner(keyFile string, algorithm Algorithm, certificateFile string) (*KeySigner, error) {
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
	certificates, err := ReadCertificates(certificateFile)
	if err != nil {
		return nil, err
	}
	return NewSigner(key, algorithm, certificates[0], certificates[1:]...)
}

// ReadCertificates reads the certificate of a signing key, followed by those of authorities if any, from a file in PEM or
// DER.
func ReadCertificates(file string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("signing certificate: %w", err)
	}
	certificates, err := parseCertificates(data)
	if err == nil && len(certificates) == 0 {
		err = errors.New("no certificate")
	}
	if err != nil {
		return nil, fmt.Errorf("signing certificate %s: %w", file, err)
	}
	return certificates, nil
}

// localKey is a Key in this process.
type localKey struct{ key crypto.Signer }

func (k localKey) SignValue(_ context.Context, algorithm Algorithm, message []byte) ([]byte, error) {
	return algorithm.sign(k.key, message)
}
