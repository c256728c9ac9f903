package bign

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// ErrSignature says that a signature is not of this key over this digest.
var ErrSignature = errors.New("signature by STB 34.101.45 does not match")

// Verify checks a signature S0‖S1 over a digest by the hash function whose identifier hashOID is, in DER with tag and
// length (STB 34.101.45, 7.1.4). The digest has the length of a coordinate. Verify returns nil for a right signature, else
// ErrSignature.
func Verify(key *PublicKey, hashOID, digest, signature []byte) error {
	c := key.point.Curve()
	size := c.Size()
	if err := checkDigest(size, hashOID, digest); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if len(signature) != size/2+size {
		return fmt.Errorf("%w: %d octets", ErrSignature, len(signature))
	}
	s0, s1 := signature[:size/2], signature[size/2:]
	number, err := c.ParseScalar(s1)
	if err != nil {
		return fmt.Errorf("%w: S1: %w", ErrSignature, err)
	}
	point, finite := c.Combine(number.Add(c.ReduceScalar(digest)), multiplier(c, s0), key.point)
	if !finite || !bytes.Equal(commitment(hashOID, point, digest), s0) {
		return ErrSignature
	}
	return nil
}

func checkDigest(size int, hashOID, digest []byte) error {
	var content cryptobyte.String
	input := cryptobyte.String(hashOID)
	if !input.ReadASN1(&content, tag.OBJECT_IDENTIFIER) || !input.Empty() {
		return fmt.Errorf("hash identifier %x is not in DER", hashOID)
	}
	if len(digest) != size {
		return fmt.Errorf("digest of %d octets instead of %d", len(digest), size)
	}
	return nil
}

// multiplier is S0 + 2^l.
func multiplier(c *curve.Curve, s0 []byte) curve.Scalar {
	octets := append(bytes.Clone(s0), 1)
	return c.ReduceScalar(octets)
}

// commitment is the first l bits of belt-hash(OID‖R‖H).
func commitment(hashOID []byte, r curve.Point, digest []byte) []byte {
	h := belt.New()
	h.Write(hashOID)
	h.Write(r.X())
	h.Write(digest)
	return h.Sum(nil)[:len(digest)/2]
}
