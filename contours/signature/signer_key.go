package signature

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// A Key makes bare signatures with a private key that need not be here: it may lie in a token (package pkcs11) or with
// a provider (package remote). The message around them is composed here, whatever the family. It is used by many
// goroutines at once.
type Key interface {
	// SignValue returns the value of a signature over message by algorithm, in the form that CMS and certificates
	// carry: ECDSA as DER, GOST as s and r, STB as S0 and S1, RSA and Ed25519 as they are. The message is short: the
	// DER of signed attributes. That the value is right is checked by those who asked for it.
	SignValue(ctx context.Context, algorithm Algorithm, message []byte) ([]byte, error)
}

// ErrKey says that a key outside gave a signature that is not its certificate's. Nothing was signed.
var ErrKey = errors.New("the key's signature does not match its certificate")

// KeySigner signs with a Key. It may be used by many goroutines.
type KeySigner struct {
	key         Key
	certificate *x509.Certificate
	others      []*x509.Certificate
	algorithm   Algorithm
	identifier  pkix.AlgorithmIdentifier
	family      Family
}

// NewKeySigner signs with key as the owner of certificate, by the algorithm, which is that of the certificate when it is
// not stated. Certificates of authorities in others are sent along. Every signature is verified against the certificate
// before it is used: a wrong one is ErrKey.
func NewKeySigner(key Key, algorithm Algorithm, certificate *x509.Certificate, others ...*x509.Certificate) (*KeySigner, error) {
	spki := certificate.RawSubjectPublicKeyInfo
	if algorithm == "" {
		algorithm = algorithmOf(spki)
	}
	family := familyOf([]Family{Std(), GOST(), STB()}, spki)
	if family == nil || algorithm == "" {
		return nil, fmt.Errorf("%w: a key that documents are not signed with", ErrAlgorithm)
	}
	if !algorithm.suits(spki) {
		return nil, fmt.Errorf("%w: %s does not suit a key of %s", ErrAlgorithm, algorithm, KeyName(spki))
	}
	if public, ok := certificate.PublicKey.(*rsa.PublicKey); ok && (public.N.BitLen() < minRSA || public.N.BitLen() > maxRSA) {
		return nil, fmt.Errorf("%w: RSA key of %d bits: want %d to %d", ErrAlgorithm, public.N.BitLen(), minRSA, maxRSA)
	}
	der := cryptobyte.String(algorithmIdentifier(algorithm.suite().signature, algorithm.suite().parameters))
	identifier, _ := readAlgorithm(&der) // our own octets
	return &KeySigner{key, certificate, others, algorithm, identifier, family}, nil
}

// Certificate is the signer's.
func (s *KeySigner) Certificate() *x509.Certificate { return s.certificate }

// Authorities are the certificates that are sent along.
func (s *KeySigner) Authorities() []*x509.Certificate { return s.others }

// Algorithm is what the signer signs with: ContentOf and Digesters have to have taken its Hash.
func (s *KeySigner) Algorithm() Algorithm { return s.algorithm }

// Sign is SignContext for keys that bound their time themselves, as those of packages pkcs11 and remote do.
func (s *KeySigner) Sign(content Content) ([]byte, error) {
	return s.SignContext(context.Background(), content)
}

// SignContext returns a detached CAdES-BES signature of a file as DER, with the time of the clock. The error is ErrKey, that
// of the key, or says that the digest was not taken.
func (s *KeySigner) SignContext(ctx context.Context, content Content) ([]byte, error) {
	value := func(message []byte) ([]byte, error) { return s.value(ctx, message) }
	c := composer{value, s.certificate, s.others, s.algorithm, time.Now(), nil}
	return c.sign(content)
}

// value asks the key, and believes nothing: a fault of a device, or the key of somebody else, would put a signature into
// the world that nobody can verify, and a faulty one by RSA gives the key away.
func (s *KeySigner) value(ctx context.Context, message []byte) ([]byte, error) {
	value, err := s.key.SignValue(ctx, s.algorithm, message)
	if err != nil {
		return nil, err
	}
	err = s.family.Verify(s.certificate.RawSubjectPublicKeyInfo, s.identifier, s.algorithm.Hash().OID, Signed{Message: message}, value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return value, nil
}
