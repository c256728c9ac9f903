package gost3410

import (
	"encoding/asn1"
	"fmt"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// Algorithm is an edition of the standard with its length of keys, in bits of a coordinate.
type Algorithm string

// The algorithms of public keys.
const (
	R2001     Algorithm = "GOST R 34.10-2001"     // 1.2.643.2.2.19, RFC 4491
	R2012b256 Algorithm = "GOST R 34.10-2012 256" // 1.2.643.7.1.1.1.1, RFC 9215
	R2012b512 Algorithm = "GOST R 34.10-2012 512" // 1.2.643.7.1.1.1.2, RFC 9215
)

// OID is the identifier that a SubjectPublicKeyInfo names the algorithm by; nil for an unknown one.
func (a Algorithm) OID() asn1.ObjectIdentifier {
	switch a {
	case R2001:
		return asn1.ObjectIdentifier{1, 2, 643, 2, 2, 19}
	case R2012b256:
		return asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 1}
	case R2012b512:
		return asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 2}
	}
	return nil
}

// algorithmOf is the inverse of Algorithm.OID.
func algorithmOf(oid asn1.ObjectIdentifier) (Algorithm, bool) {
	for _, a := range []Algorithm{R2001, R2012b256, R2012b512} {
		if oid.Equal(a.OID()) {
			return a, true
		}
	}
	return "", false
}

// ParameterSet is a curve under one of its names.
type ParameterSet struct {
	Name       string // "CryptoPro A", "TC26 512-C"
	OID        asn1.ObjectIdentifier
	Algorithms []Algorithm // that keys of this set may have
	curve      *curve.Curve
}

// Curve is the curve itself.
func (s ParameterSet) Curve() *curve.Curve { return s.curve }

// ParameterSets lists all sets that are known.
func ParameterSets() []ParameterSet {
	cryptoPro := func(last ...int) asn1.ObjectIdentifier {
		return append(asn1.ObjectIdentifier{1, 2, 643, 2, 2}, last...)
	}
	tc26 := func(last ...int) asn1.ObjectIdentifier {
		return append(asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1}, last...)
	}
	both, only256, only512 := []Algorithm{R2001, R2012b256}, []Algorithm{R2012b256}, []Algorithm{R2012b512}
	return []ParameterSet{
		{"CryptoPro test", cryptoPro(35, 0), both, test2001},
		{"CryptoPro A", cryptoPro(35, 1), both, cryptoProA},
		{"CryptoPro B", cryptoPro(35, 2), both, cryptoProB},
		{"CryptoPro C", cryptoPro(35, 3), both, cryptoProC},
		{"CryptoPro XchA", cryptoPro(36, 0), both, cryptoProA},
		{"CryptoPro XchB", cryptoPro(36, 1), both, cryptoProC},
		{"TC26 256-A", tc26(1, 1), only256, tc26A256},
		{"TC26 256-B", tc26(1, 2), only256, cryptoProA},
		{"TC26 256-C", tc26(1, 3), only256, cryptoProB},
		{"TC26 256-D", tc26(1, 4), only256, cryptoProC},
		{"TC26 512 test", tc26(2, 0), only512, test512},
		{"TC26 512-A", tc26(2, 1), only512, tc26A512},
		{"TC26 512-B", tc26(2, 2), only512, tc26B512},
		{"TC26 512-C", tc26(2, 3), only512, tc26C512},
	}
}

// FindParameterSet returns the set of this identifier, or ErrKey where it is unknown or keys of the algorithm may not
// have it.
func FindParameterSet(algorithm Algorithm, oid asn1.ObjectIdentifier) (ParameterSet, error) {
	for _, set := range ParameterSets() {
		if oid.Equal(set.OID) && slices.Contains(set.Algorithms, algorithm) {
			return set, nil
		}
	}
	return ParameterSet{}, fmt.Errorf("%w: %s with the parameters %v", ErrKey, algorithm, oid)
}
