package signature

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost94"
	"github.com/smdo-hub/smdo-hub/contours/signature/streebog"
)

// Digest algorithms of the family gost.
const (
	Streebog256 HashName = "streebog256"
	Streebog512 HashName = "streebog512"
	GOST94      HashName = "gost94"
)

var (
	oidStreebog256 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 2}
	oidStreebog512 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 3}
	oidGOST94      = asn1.ObjectIdentifier{1, 2, 643, 2, 2, 9}

	oidGOST2012With256 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 3, 2}
	oidGOST2012With512 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 3, 3}
	oidGOST2001With94  = asn1.ObjectIdentifier{1, 2, 643, 2, 2, 3}

	oidGOST94CryptoPro = asn1.ObjectIdentifier{1, 2, 643, 2, 2, 30, 1}
)

// GOST returns the family "gost", the standards of Russia: GOST R 34.10-2012 of 256 and of 512 bits with «Стрибог» of
// the same length (RFC 9215, RFC 6986), and GOST R 34.10-2001 with GOST R 34.11-94 (RFC 4490, RFC 4491) for archives.
//
// The key decides everything: its edition and length name the one digest that goes with it. A CMS signer names the
// signature algorithm by that of the key, as openssl and CryptoPro do, or since 2012 by its own; a certificate by
// its own alone. There are no parameters. Of GOST R 34.11-94 only CryptoPro's parameters are known; keys that name
// those for tests are refused.
//
// No centre has issued certificates of keys of 2001 since 2019: that the moment lies within the certificate's term is
// what confines that edition to archives.
func GOST() Family { return &gost{newKeyCache(gost3410.ParsePublicKey)} }

type gost struct {
	keys *keyCache[*gost3410.PublicKey]
}

func (*gost) Name() string { return "gost" }

func (*gost) Owns(oid asn1.ObjectIdentifier) bool {
	for _, a := range []gost3410.Algorithm{gost3410.R2012b256, gost3410.R2012b512, gost3410.R2001} {
		if oid.Equal(a.OID()) {
			return true
		}
	}
	return false
}

func (*gost) Hashes() []Hash {
	return []Hash{hashStreebog256(), hashStreebog512(), {GOST94, oidGOST94, gost94.New}}
}

func hashStreebog256() Hash { return Hash{Streebog256, oidStreebog256, streebog.New256} }
func hashStreebog512() Hash { return Hash{Streebog512, oidStreebog512, streebog.New512} }

func (g *gost) Verify(spki []byte, algorithm pkix.AlgorithmIdentifier, digest asn1.ObjectIdentifier, signed Signed, sig []byte) error {
	key, err := g.keys.get(spki)
	if err != nil {
		return fmt.Errorf("%w: public key: %v", ErrAlgorithm, err)
	}
	hash, own, err := goesWith(key)
	if err != nil {
		return err
	}
	byKey := algorithm.Algorithm.Equal(key.Algorithm.OID())
	byOwn := algorithm.Algorithm.Equal(own)
	switch {
	case digest == nil: // a certificate
		byKey = false
	case key.Algorithm == gost3410.R2001: // RFC 4490, 3.2: the key's, from which its own differs by a single bit
		byOwn = false
	}
	if !byKey && !byOwn || !absentOrNull(algorithm.Parameters) {
		return fmt.Errorf("%w: signature algorithm does not suit the key", ErrAlgorithm)
	}
	sum, err := signed.sumBy(hash, digest)
	if err != nil {
		return err
	}
	if gost3410.Verify(key, sum, sig) != nil {
		return ErrSignature
	}
	return nil
}

// goesWith returns the one digest that goes with a key, and the identifier of the two together.
func goesWith(key *gost3410.PublicKey) (hash Hash, own asn1.ObjectIdentifier, err error) {
	switch key.Algorithm {
	case gost3410.R2012b256:
		return hashStreebog256(), oidGOST2012With256, nil
	case gost3410.R2012b512:
		return hashStreebog512(), oidGOST2012With512, nil
	}
	if !key.Digest.Equal(oidGOST94CryptoPro) {
		return hash, nil, fmt.Errorf("%w: GOST R 34.11-94 with the parameters %v", ErrAlgorithm, key.Digest)
	}
	return Hash{GOST94, oidGOST94, gost94.New}, oidGOST2001With94, nil
}

// sumBy returns the digest of what is signed by hash, which has to be what a CMS signer states, if one does.
func (s Signed) sumBy(hash Hash, digest asn1.ObjectIdentifier) ([]byte, error) {
	if digest != nil && !digest.Equal(hash.OID) {
		return nil, fmt.Errorf("%w: digest differs from the signature algorithm's", ErrAlgorithm)
	}
	if s.Message != nil {
		return hash.sumOf(s.Message), nil
	}
	if size := hash.New().Size(); len(s.Digest) != size {
		return nil, fmt.Errorf("%w: digest of %d octets", ErrAlgorithm, len(s.Digest))
	}
	return s.Digest, nil
}
