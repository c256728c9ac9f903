package signature

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"hash"
)

// HashName names a digest algorithm where people and records read it: "sha256", "streebog512", "belt-hash".
type HashName string

// Digest algorithms of the family std.
const (
	SHA256 HashName = "sha256"
	SHA384 HashName = "sha384"
	SHA512 HashName = "sha512"
)

// A Hash is a digest algorithm of a family.
type Hash struct {
	Name HashName
	OID  asn1.ObjectIdentifier
	New  func() hash.Hash
}

// Signed is what a signature covers: the message, or only its digest where the message streamed past.
// Exactly one of the two is set.
type Signed struct {
	Message []byte
	Digest  []byte // by the algorithm that Verify is told
}

// A Family is one family of signature algorithms. Everything above it is family-neutral. It may compute in this
// process or ask a certified provider outside; it is used by many goroutines at once.
type Family interface {
	// Name is shown in verdicts: "std".
	Name() string

	// Owns says whether keys of this SubjectPublicKeyInfo algorithm are this family's. Families do not overlap.
	Owns(spkiAlgorithm asn1.ObjectIdentifier) bool

	// Hashes lists the digest algorithms that documents signed in this family use.
	Hashes() []Hash

	// Verify checks sig over signed with the key in spki, a DER SubjectPublicKeyInfo. The algorithm identifier is
	// what the message or certificate states and must suit the key; digest is the digest algorithm that a CMS
	// signer states, which must suit both, or nil for a certificate, where the signature algorithm says it all.
	// It returns nil only for a right signature, ErrAlgorithm when the combination is not allowed or not known,
	// and ErrSignature when the signature is wrong.
	Verify(spki []byte, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error
}

var (
	// ErrSignature says that a signature is not of this key over this message.
	ErrSignature = errors.New("signature does not match")

	// ErrAlgorithm says that an algorithm, its parameters or its key are not allowed here.
	ErrAlgorithm = errors.New("algorithm not allowed")
)
