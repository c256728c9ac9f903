package bign

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// PrivateKey signs for the signature emulator. Its time depends on the key: never load a real one.
type PrivateKey struct {
	public *PublicKey
	d      curve.Scalar
}

// GenerateKey draws a throw-away key on the curve of this identifier.
func GenerateKey(random io.Reader, curveOID asn1.ObjectIdentifier) (*PrivateKey, error) {
	level, err := FindLevel(curveOID)
	if err != nil {
		return nil, err
	}
	d, err := level.curve.RandomScalar(random)
	if err != nil {
		return nil, err
	}
	return newPrivateKey(level, d)
}

// NewPrivateKey makes a key of the number d, between 1 and q-1, little-endian in the length of a coordinate: what
// Octets gave.
func NewPrivateKey(curveOID asn1.ObjectIdentifier, octets []byte) (*PrivateKey, error) {
	level, err := FindLevel(curveOID)
	if err != nil {
		return nil, err
	}
	d, err := level.curve.ParseScalar(octets)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return newPrivateKey(level, d)
}

func newPrivateKey(level Level, d curve.Scalar) (*PrivateKey, error) {
	point, finite := level.curve.BaseMultiple(d)
	if !finite {
		return nil, errors.New("private key: zero")
	}
	return &PrivateKey{&PublicKey{level, point}, d}, nil
}

// Public is the key that verifies.
func (k *PrivateKey) Public() *PublicKey { return k.public }

// Octets is the number d, little-endian.
func (k *PrivateKey) Octets() []byte { return k.d.Octets() }

// PKCS8 is the key in DER as PKCS #8 has it, with d little-endian in the OCTET STRING: what ParsePrivateKey reads.
func (k *PrivateKey) PKCS8() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		k.public.Level.addIdentifier(b)
		b.AddASN1OctetString(k.Octets())
	})
	return b.Bytes()
}

// ParsePrivateKey reads what PKCS8 gave.
func ParsePrivateKey(pkcs8 []byte) (*PrivateKey, error) {
	var info, octets cryptobyte.String
	var curveOID asn1.ObjectIdentifier
	var version int64
	input := cryptobyte.String(pkcs8)
	if !input.ReadASN1(&info, tag.SEQUENCE) || !input.Empty() || !info.ReadASN1Integer(&version) || version != 0 ||
		!readIdentifier(&info, &curveOID) || !info.ReadASN1(&octets, tag.OCTET_STRING) || !info.Empty() {
		return nil, fmt.Errorf("%w: malformed private key", ErrKey)
	}
	return NewPrivateKey(curveOID, octets)
}

// Sign returns S0‖S1 over a digest by the hash function whose identifier hashOID is, in DER with tag and length
// (STB 34.101.45, 7.1.3). It reads the nonce from random; the deterministic nonces of 6.3.3 are not implemented.
func (k *PrivateKey) Sign(random io.Reader, hashOID, digest []byte) ([]byte, error) {
	c := k.public.point.Curve()
	if err := checkDigest(c.Size(), hashOID, digest); err != nil {
		return nil, fmt.Errorf("sign by STB 34.101.45: %w", err)
	}
	nonce, err := c.RandomScalar(random)
	if err != nil {
		return nil, fmt.Errorf("sign by STB 34.101.45: %w", err)
	}
	r, _ := c.BaseMultiple(nonce) // finite: the nonce is not zero
	s0 := commitment(hashOID, r, digest)
	s1 := nonce.Sub(c.ReduceScalar(digest)).Sub(multiplier(c, s0).Mul(k.d))
	return append(s0, s1.Octets()...), nil
}
