package bign

import (
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// ErrKey says that octets are not a public key by STB 34.101.45, or on a curve that is not known.
var ErrKey = errors.New("not a public key by STB 34.101.45")

// PublicKey is a checked public key: a point of the curve of its level.
type PublicKey struct {
	Level Level

	point curve.Point
}

// NewPublicKey makes a key of X‖Y, each little-endian, on the curve of this identifier. It returns ErrKey for an unknown
// curve and for octets that curve.Curve.ParsePoint refuses.
func NewPublicKey(curveOID asn1.ObjectIdentifier, octets []byte) (*PublicKey, error) {
	level, err := FindLevel(curveOID)
	if err != nil {
		return nil, err
	}
	point, err := level.curve.ParsePoint(octets)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return &PublicKey{level, point}, nil
}

// ParsePublicKey reads a DER SubjectPublicKeyInfo (STB 34.101.45, appendix D) whose curve is named. Parameters
// written out, or inherited from the issuer, are refused.
func ParsePublicKey(spki []byte) (*PublicKey, error) {
	var info, bits cryptobyte.String
	var curveOID asn1.ObjectIdentifier
	var unused uint8
	input := cryptobyte.String(spki)
	if !input.ReadASN1(&info, tag.SEQUENCE) || !input.Empty() || !readIdentifier(&info, &curveOID) ||
		!info.ReadASN1(&bits, tag.BIT_STRING) || !info.Empty() || !bits.ReadUint8(&unused) || unused != 0 {
		return nil, fmt.Errorf("%w: malformed", ErrKey)
	}
	return NewPublicKey(curveOID, bits)
}

// readIdentifier reads the AlgorithmIdentifier of a key, public or private.
func readIdentifier(input *cryptobyte.String, curveOID *asn1.ObjectIdentifier) bool {
	var content cryptobyte.String
	var oid asn1.ObjectIdentifier
	return input.ReadASN1(&content, tag.SEQUENCE) && content.ReadASN1ObjectIdentifier(&oid) && oid.Equal(KeyOID()) &&
		content.ReadASN1ObjectIdentifier(curveOID) && content.Empty()
}

func (l Level) addIdentifier(b *cryptobyte.Builder) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(KeyOID())
		b.AddASN1ObjectIdentifier(l.OID)
	})
}

// Octets is X‖Y, each little-endian.
func (k *PublicKey) Octets() []byte { return k.point.Octets() }

// SubjectPublicKeyInfo is the key in DER, as ParsePublicKey reads it.
func (k *PublicKey) SubjectPublicKeyInfo() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		k.Level.addIdentifier(b)
		b.AddASN1BitString(k.Octets())
	})
	return b.Bytes()
}
