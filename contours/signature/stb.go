package signature

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/bash"
	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
)

// Digest algorithms of the family stb.
const (
	BeltHash HashName = "belt-hash"
	Bash256  HashName = "bash256"
	Bash384  HashName = "bash384"
	Bash512  HashName = "bash512"
)

var (
	oidBeltHash = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 31, 81}
	oidBash256  = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 77, 11}
	oidBash384  = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 77, 12}
	oidBash512  = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 77, 13}

	oidBignWithBelt    = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 12}
	oidBignWithBash256 = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 13}
	oidBignWithBash384 = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 14}
	oidBignWithBash512 = asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 15}
)

// STB returns the family "stb", the standards of Belarus: bign (STB 34.101.45) on bign-curve256v1 with belt-hash (STB
// 34.101.31), which every file of СМДО is signed with, or bash256 (STB 34.101.77); on bign-curve384v1 with bash384 and
// on bign-curve512v1 with bash512.
//
// The signature algorithm names the digest. Its parameters are absent or NULL, and it suits the key when the
// digest is as long as a coordinate of the curve.
//
// TODO(stb): STB 34.101.45, appendix D: bign-with-hspec, whose parameters name the digest, is refused.
func STB() Family { return &stb{newKeyCache(bign.ParsePublicKey)} }

type stb struct{ keys *keyCache[*bign.PublicKey] }

func (*stb) Name() string { return "stb" }

func (*stb) Owns(oid asn1.ObjectIdentifier) bool { return oid.Equal(bign.KeyOID()) }

func (*stb) Hashes() []Hash {
	return []Hash{hashBelt(), {Bash256, oidBash256, bash.New256}, {Bash384, oidBash384, bash.New384}, {Bash512, oidBash512, bash.New512}}
}

func hashBelt() Hash { return Hash{BeltHash, oidBeltHash, belt.New} }

func (s *stb) Verify(spki []byte, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	key, err := s.keys.get(spki)
	if err != nil {
		return fmt.Errorf("%w: public key: %v", ErrAlgorithm, err)
	}
	hash, bits := bignHash(algorithm.Algorithm)
	if bits != key.Level.Bits || !absentOrNull(algorithm.Parameters) {
		return fmt.Errorf("%w: signature algorithm does not suit the key", ErrAlgorithm)
	}
	sum, err := signed.sumBy(hash, digest)
	if err != nil {
		return err
	}
	name, err := asn1.Marshal(hash.OID)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrAlgorithm, err)
	}
	if bign.Verify(key, name, sum, sig) != nil {
		return ErrSignature
	}
	return nil
}

// bignHash tells which digest a signature algorithm names, and the level of security that it is for, 0 where there is
// no such algorithm.
func bignHash(oid asn1.ObjectIdentifier) (hash Hash, bits int) {
	switch {
	case oid.Equal(oidBignWithBelt):
		return hashBelt(), 128
	case oid.Equal(oidBignWithBash256):
		return Hash{Bash256, oidBash256, bash.New256}, 128
	case oid.Equal(oidBignWithBash384):
		return Hash{Bash384, oidBash384, bash.New384}, 192
	case oid.Equal(oidBignWithBash512):
		return Hash{Bash512, oidBash512, bash.New512}, 256
	}
	return hash, 0
}
