package signature

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"time"
)

// SignerOptions says what a signer is to be.
type SignerOptions struct {
	Name         string    // common name in the certificate; by default the participant's id
	Organisation string    // in the certificate
	Algorithm    Algorithm // by default ECDSAP256
	Fault        Fault     // a signer with a fault is not kept
}

// EmulatedSigner signs as a participant. It may be used by many goroutines.
type EmulatedSigner struct {
	credential
	emulator  *Emulator
	algorithm Algorithm
	others    []*x509.Certificate
	fault     Fault
}

// Certificate is the signer's.
func (s *EmulatedSigner) Certificate() *x509.Certificate { return s.certificate }

// Sign returns a detached CAdES-BES signature as DER; with FaultLateStamp, a CAdES-T.
func (s *EmulatedSigner) Sign(content Content) ([]byte, error) {
	c := composer{s.with(s.algorithm), s.certificate, s.others, s.algorithm, s.emulator.now(), nil}
	switch s.fault {
	case FaultWrongDigest:
		sum := sha256.Sum256(c.certificate.Raw)
		content = ContentOf(sum[:])
	case FaultLateStamp:
		c.signingTime = s.certificate.NotAfter.Add(-time.Hour)
		cms, err := c.sign(content)
		if err != nil {
			return nil, err
		}
		return AddStamps(cms, func(value []byte) ([]byte, error) {
			return s.emulator.Stamp(s.algorithm.suite().root, value, s.emulator.now())
		})
	}
	return c.sign(content)
}

// SignValue lends the signer's key out bare, for a service that is to look like a provider: see Key. It has no faults.
func (s *EmulatedSigner) SignValue(_ context.Context, algorithm Algorithm, message []byte) ([]byte, error) {
	if !algorithm.suits(s.certificate.RawSubjectPublicKeyInfo) {
		return nil, fmt.Errorf("%w: %s does not suit the key", ErrAlgorithm, algorithm)
	}
	return algorithm.sign(s.key, message)
}

// SignDigest is SignValue over a digest by the algorithm's Hash. Ed25519 cannot.
func (s *EmulatedSigner) SignDigest(algorithm Algorithm, digest []byte) ([]byte, error) {
	if algorithm == Ed25519 || !algorithm.suits(s.certificate.RawSubjectPublicKeyInfo) || len(digest) != algorithm.Hash().New().Size() {
		return nil, fmt.Errorf("%w: %s over a digest of %d octets", ErrAlgorithm, algorithm, len(digest))
	}
	return algorithm.signDigest(s.key, digest)
}
