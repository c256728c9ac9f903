package gost3410

import (
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// ErrKey says that octets are not a public key by GOST R 34.10, or of parameters that are not known.
var ErrKey = errors.New("not a public key by GOST R 34.10")

// PublicKey is a checked public key: a point of the group of its parameter set.
type PublicKey struct {
	Algorithm Algorithm
	Set       ParameterSet

	// Digest is the digestParamSet that stood beside the key: a hash function for keys of 2012, a parameter set of
	// GOST R 34.11-94 for keys of 2001; nil where it was left out, as TC26's sets do.
	Digest asn1.ObjectIdentifier

	point curve.Point
}

// NewPublicKey makes a key of X‖Y, each little-endian. It returns ErrKey for an unknown parameter set, one that does
// not suit the algorithm, and for octets that curve.Curve.ParsePoint refuses.
func NewPublicKey(algorithm Algorithm, parameterSet asn1.ObjectIdentifier, octets []byte) (*PublicKey, error) {
	set, err := FindParameterSet(algorithm, parameterSet)
	if err != nil {
		return nil, err
	}
	point, err := set.curve.ParsePoint(octets)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return &PublicKey{Algorithm: algorithm, Set: set, point: point}, nil
}

// ParsePublicKey reads a DER SubjectPublicKeyInfo (RFC 9215, 4; for keys of 2001 RFC 4491, 2.3.2). Parameters inherited
// from the issuer are refused.
func ParsePublicKey(spki []byte) (*PublicKey, error) {
	var info, bits, octets cryptobyte.String
	var unused uint8
	input := cryptobyte.String(spki)
	if !input.ReadASN1(&info, tag.SEQUENCE) || !input.Empty() {
		return nil, fmt.Errorf("%w: malformed", ErrKey)
	}
	id, err := readIdentifier(&info)
	if err != nil {
		return nil, err
	}
	if !info.ReadASN1(&bits, tag.BIT_STRING) || !info.Empty() ||
		!bits.ReadUint8(&unused) || unused != 0 || !bits.ReadASN1(&octets, tag.OCTET_STRING) || !bits.Empty() {
		return nil, fmt.Errorf("%w: malformed", ErrKey)
	}
	key, err := NewPublicKey(id.algorithm, id.set, octets)
	if err != nil {
		return nil, err
	}
	key.Digest = id.digest
	return key, nil
}

// Octets is X‖Y, each little-endian.
func (k *PublicKey) Octets() []byte { return k.point.Octets() }

// SubjectPublicKeyInfo is the key in DER, as ParsePublicKey reads it.
func (k *PublicKey) SubjectPublicKeyInfo() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		k.identifier().add(b)
		b.AddASN1(tag.BIT_STRING, func(b *cryptobyte.Builder) {
			b.AddUint8(0)
			b.AddASN1OctetString(k.Octets())
		})
	})
	return b.Bytes()
}

func (k *PublicKey) identifier() identifier {
	return identifier{k.Algorithm, k.Set.OID, k.Digest}
}
