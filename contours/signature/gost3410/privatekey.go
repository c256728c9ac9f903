package gost3410

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// PrivateKey signs for the signature emulator. Its time depends on the key: never load a real one.
type PrivateKey struct {
	public *PublicKey
	d      curve.Scalar
}

// GenerateKey draws a throw-away key. It returns ErrKey where the parameter set does not suit the algorithm.
func GenerateKey(random io.Reader, algorithm Algorithm, parameterSet asn1.ObjectIdentifier) (*PrivateKey, error) {
	set, err := FindParameterSet(algorithm, parameterSet)
	if err != nil {
		return nil, err
	}
	d, err := set.curve.RandomScalar(random)
	if err != nil {
		return nil, err
	}
	return newPrivateKey(algorithm, set, d)
}

// NewPrivateKey makes a key of the number d, between 1 and q-1, little-endian in the length of a coordinate: what
// Octets gave.
func NewPrivateKey(algorithm Algorithm, parameterSet asn1.ObjectIdentifier, octets []byte) (*PrivateKey, error) {
	set, err := FindParameterSet(algorithm, parameterSet)
	if err != nil {
		return nil, err
	}
	d, err := set.curve.ParseScalar(octets)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return newPrivateKey(algorithm, set, d)
}

func newPrivateKey(algorithm Algorithm, set ParameterSet, d curve.Scalar) (*PrivateKey, error) {
	point, finite := set.curve.BaseMultiple(d)
	if !finite {
		return nil, errors.New("private key: zero")
	}
	public := &PublicKey{Algorithm: algorithm, Set: set, point: point}
	if !isTC26(set) { // RFC 9215, 4.2: required beside CryptoPro's sets, to be left out beside TC26's
		public.Digest = digestsOf(algorithm)[0]
	}
	return &PrivateKey{public, d}, nil
}

func isTC26(set ParameterSet) bool { return set.OID[3] == 7 }

// Public is the key that verifies.
func (k *PrivateKey) Public() *PublicKey { return k.public }

// Octets is the number d, little-endian.
func (k *PrivateKey) Octets() []byte { return k.d.Octets() }

// PKCS8 is the key in DER as PKCS #8 has it, with d little-endian in the OCTET STRING: what ParsePrivateKey and openssl
// read.
func (k *PrivateKey) PKCS8() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		k.public.identifier().add(b)
		b.AddASN1OctetString(k.Octets())
	})
	return b.Bytes()
}

// ParsePrivateKey reads what PKCS8 gave, or openssl's gost engine.
func ParsePrivateKey(pkcs8 []byte) (*PrivateKey, error) {
	var info, octets cryptobyte.String
	var version int64
	input := cryptobyte.String(pkcs8)
	if !input.ReadASN1(&info, tag.SEQUENCE) || !input.Empty() || !info.ReadASN1Integer(&version) || version != 0 {
		return nil, fmt.Errorf("%w: malformed private key", ErrKey)
	}
	id, err := readIdentifier(&info)
	if err != nil {
		return nil, err
	}
	if !info.ReadASN1(&octets, tag.OCTET_STRING) || !info.Empty() {
		return nil, fmt.Errorf("%w: malformed private key", ErrKey)
	}
	return NewPrivateKey(id.algorithm, id.set, octets)
}

// Sign returns s‖r over a digest (RFC 7091, 6.1). It reads the nonce from random.
func (k *PrivateKey) Sign(random io.Reader, digest []byte) ([]byte, error) {
	c := k.public.point.Curve()
	if len(digest) != c.Size() {
		return nil, fmt.Errorf("sign by GOST R 34.10: digest of %d octets instead of %d", len(digest), c.Size())
	}
	e := number(c, digest)
	for {
		nonce, err := c.RandomScalar(random)
		if err != nil {
			return nil, fmt.Errorf("sign by GOST R 34.10: %w", err)
		}
		if signature, ok := k.sign(e, nonce); ok {
			return signature, nil
		}
	}
}

// sign fails, with a chance of one in 2^250, where r or s is zero: another nonce is needed.
func (k *PrivateKey) sign(e, nonce curve.Scalar) ([]byte, bool) {
	c := k.public.point.Curve()
	point, _ := c.BaseMultiple(nonce) // finite: the nonce is not zero
	r := c.ReduceScalar(point.X())
	s := r.Mul(k.d).Add(nonce.Mul(e))
	signature := append(r.Octets(), s.Octets()...)
	slices.Reverse(signature)
	return signature, !r.IsZero() && !s.IsZero()
}
