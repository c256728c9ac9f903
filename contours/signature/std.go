package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

var (
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}

	oidRSA           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidSHA256WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
	oidSHA384WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}
	oidSHA512WithRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}

	oidECKey           = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidECDSAWithSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidECDSAWithSHA384 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
	oidECDSAWithSHA512 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}

	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// RSA moduli outside these bounds, in bits, are refused: the lower is too weak, the upper too slow.
const minRSA, maxRSA = 2048, 8192

// Std returns the family "std": RSA PKCS#1 v1.5 and PSS, ECDSA over P-256, P-384 and P-521, and Ed25519, with
// SHA-256, SHA-384 and SHA-512 (RFC 5754, RFC 4056, RFC 8419).
//
// A PSS signature may have a salt of any length but zero, which crypto/rsa cannot be told to insist on.
//
// TODO(std): RFC 4055, 1.2: keys marked id-RSASSA-PSS, which confine themselves to PSS, are refused.
func Std() Family { return std{} }

type std struct{}

func (std) Name() string { return "std" }

func (std) Owns(oid asn1.ObjectIdentifier) bool {
	return oid.Equal(oidECKey) || oid.Equal(oidRSA) || oid.Equal(oidEd25519)
}

func (std) Hashes() []Hash {
	return []Hash{hashSHA256(), hashSHA384(), hashSHA512()}
}

func hashSHA256() Hash { return Hash{SHA256, oidSHA256, sha256.New} }
func hashSHA384() Hash { return Hash{SHA384, oidSHA384, sha512.New384} }
func hashSHA512() Hash { return Hash{SHA512, oidSHA512, sha512.New} }

func (std) Verify(spki []byte, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return fmt.Errorf("%w: public key: %v", ErrAlgorithm, err)
	}
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return verifyECDSA(key, algorithm, digest, signed, sig)
	case *rsa.PublicKey:
		return verifyRSA(key, algorithm, digest, signed, sig)
	case ed25519.PublicKey:
		return verifyEd25519(key, algorithm, digest, signed, sig)
	}
	return fmt.Errorf("%w: key of type %T", ErrAlgorithm, key)
}

func verifyECDSA(key *ecdsa.PublicKey, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	if key.Curve == elliptic.P224() {
		return fmt.Errorf("%w: curve P-224", ErrAlgorithm)
	}
	hash := signatureHash(algorithm.Algorithm, oidECDSAWithSHA256, oidECDSAWithSHA384, oidECDSAWithSHA512)
	if len(algorithm.Parameters.FullBytes) != 0 {
		return fmt.Errorf("%w: ECDSA takes no parameters", ErrAlgorithm) // RFC 5754, 3.3
	}
	sum, err := signed.sum(hash, digest)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(key, sum, sig) {
		return ErrSignature
	}
	return nil
}

func verifyRSA(key *rsa.PublicKey, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
		return fmt.Errorf("%w: RSA key of %d bits", ErrAlgorithm, bits)
	}
	if algorithm.Algorithm.Equal(oidRSAPSS) {
		return verifyPSS(key, algorithm, digest, signed, sig)
	}
	hash := signatureHash(algorithm.Algorithm, oidSHA256WithRSA, oidSHA384WithRSA, oidSHA512WithRSA)
	if algorithm.Algorithm.Equal(oidRSA) {
		hash = hashOf(digest) // RFC 5754, 3.2: the key's own identifier; the digest decides
	}
	if !absentOrNull(algorithm.Parameters) {
		return fmt.Errorf("%w: RSA parameters", ErrAlgorithm)
	}
	sum, err := signed.sum(hash, digest)
	if err != nil {
		return err
	}
	if rsa.VerifyPKCS1v15(key, hash, sum, sig) != nil {
		return ErrSignature
	}
	return nil
}

// verifyEd25519 needs the message itself. In CMS it is the signed attributes, and the content is digested with
// SHA-512 (RFC 8419, 3.1).
func verifyEd25519(key ed25519.PublicKey, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	switch {
	case !algorithm.Algorithm.Equal(oidEd25519) || len(algorithm.Parameters.FullBytes) != 0:
		return fmt.Errorf("%w: an Ed25519 key signs with Ed25519 without parameters", ErrAlgorithm)
	case digest != nil && !digest.Equal(oidSHA512):
		return fmt.Errorf("%w: Ed25519 goes with SHA-512", ErrAlgorithm)
	case signed.Message == nil:
		return fmt.Errorf("%w: Ed25519 over a digest", ErrAlgorithm)
	case !ed25519.Verify(key, signed.Message, sig):
		return ErrSignature
	}
	return nil
}

// signatureHash tells which digest a signature algorithm names, given its variants for SHA-256, -384 and -512.
func signatureHash(oid, with256, with384, with512 asn1.ObjectIdentifier) crypto.Hash {
	switch {
	case oid.Equal(with256):
		return crypto.SHA256
	case oid.Equal(with384):
		return crypto.SHA384
	case oid.Equal(with512):
		return crypto.SHA512
	}
	return 0
}

func hashOf(oid asn1.ObjectIdentifier) crypto.Hash {
	return signatureHash(oid, oidSHA256, oidSHA384, oidSHA512)
}

// sum returns the digest of what is signed. The digest algorithm that a CMS signer states, when there is one, has
// to be the one that the signature algorithm names.
func (s Signed) sum(hash crypto.Hash, digest asn1.ObjectIdentifier) ([]byte, error) {
	if hash == 0 {
		return nil, fmt.Errorf("%w: signature algorithm does not suit the key", ErrAlgorithm)
	}
	if digest != nil && hashOf(digest) != hash {
		return nil, fmt.Errorf("%w: digest differs from the signature algorithm's", ErrAlgorithm)
	}
	if s.Message == nil {
		if len(s.Digest) != hash.Size() {
			return nil, fmt.Errorf("%w: digest of %d octets", ErrAlgorithm, len(s.Digest))
		}
		return s.Digest, nil
	}
	switch hash {
	case crypto.SHA256:
		sum := sha256.Sum256(s.Message)
		return sum[:], nil
	case crypto.SHA384:
		sum := sha512.Sum384(s.Message)
		return sum[:], nil
	default:
		sum := sha512.Sum512(s.Message)
		return sum[:], nil
	}
}
