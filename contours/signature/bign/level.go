package bign

import (
	"encoding/asn1"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// Level is a level of security with its curve.
type Level struct {
	Name string // "bign-curve256v1"
	OID  asn1.ObjectIdentifier
	Bits int // l; the digest has 2l bits

	curve *curve.Curve
}

// Levels lists all levels of the standard.
func Levels() []Level {
	return []Level{
		{"bign-curve256v1", asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 3, 1}, 128, curve256v1},
		{"bign-curve384v1", asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 3, 2}, 192, curve384v1},
		{"bign-curve512v1", asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 3, 3}, 256, curve512v1},
	}
}

// Curve is the curve itself.
func (l Level) Curve() *curve.Curve { return l.curve }

// FindLevel returns the level whose curve has this identifier, or ErrKey.
func FindLevel(curveOID asn1.ObjectIdentifier) (Level, error) {
	for _, level := range Levels() {
		if curveOID.Equal(level.OID) {
			return level, nil
		}
	}
	return Level{}, fmt.Errorf("%w: curve %v", ErrKey, curveOID)
}

// KeyOID is bign-pubkey, by which a SubjectPublicKeyInfo names the algorithm.
func KeyOID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 2, 1}
}
