package gost3410

import (
	"errors"
	"fmt"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// ErrSignature says that a signature is not of this key over this digest.
var ErrSignature = errors.New("signature by GOST R 34.10 does not match")

// Verify checks a signature s‖r over a digest (RFC 7091, 6.2; RFC 5832, 6.2). The digest has the length of a
// coordinate: 32 octets, or 64 with keys of 512 bits. It returns nil for a right signature, else ErrSignature.
func Verify(key *PublicKey, digest, signature []byte) error {
	c := key.point.Curve()
	size := c.Size()
	if len(digest) != size {
		return fmt.Errorf("%w: digest of %d octets", ErrSignature, len(digest))
	}
	if len(signature) != 2*size {
		return fmt.Errorf("%w: %d octets", ErrSignature, len(signature))
	}
	s, err := parseNumber(c, signature[:size])
	if err != nil {
		return err
	}
	r, err := parseNumber(c, signature[size:])
	if err != nil {
		return err
	}
	v := number(c, digest).Inverse()
	point, finite := c.Combine(s.Mul(v), r.Mul(v).Neg(), key.point)
	if !finite || !c.ReduceScalar(point.X()).Equal(r) {
		return ErrSignature
	}
	return nil
}

// parseNumber reads r or s, which lie between 1 and q-1 (RFC 7091, 6.2, step 1).
func parseNumber(c *curve.Curve, bigEndian []byte) (curve.Scalar, error) {
	octets := slices.Clone(bigEndian)
	slices.Reverse(octets)
	n, err := c.ParseScalar(octets)
	if err != nil {
		return n, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if n.IsZero() {
		return n, fmt.Errorf("%w: r or s is zero", ErrSignature)
	}
	return n, nil
}

// number is e: the digest modulo q, and 1 where that is zero (RFC 7091, 6.2, step 3).
func number(c *curve.Curve, digest []byte) curve.Scalar {
	if e := c.ReduceScalar(digest); !e.IsZero() {
		return e
	}
	return c.ReduceScalar([]byte{1})
}
