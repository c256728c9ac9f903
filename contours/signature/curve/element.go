package curve

import (
	"encoding/binary"
	"math/bits"
)

// element is an integer or a field element, least limb first. It is wide enough for every curve here; in narrower
// fields the upper limbs are zero.
type element [8]uint64

// decode reads little-endian octets, at most 64.
func decode(octets []byte) (e element) {
	var wide [64]byte
	copy(wide[:], octets)
	for i := range e {
		e[i] = binary.LittleEndian.Uint64(wide[8*i:])
	}
	return e
}

// encode writes e as size little-endian octets.
func (e *element) encode(size int) []byte {
	var wide [64]byte
	for i := range e {
		binary.LittleEndian.PutUint64(wide[8*i:], e[i])
	}
	return append([]byte(nil), wide[:size]...)
}

func (e *element) less(other *element) bool {
	_, borrow := e.minus(other)
	return borrow != 0
}

// minus returns e - other mod 2^512 and the borrow.
func (e *element) minus(other *element) (d element, borrow uint64) {
	for i := range e {
		d[i], borrow = bits.Sub64(e[i], other[i], borrow)
	}
	return d, borrow
}

// bitLen is the position of the highest bit set, plus one.
func (e *element) bitLen() int {
	for i := len(e) - 1; i >= 0; i-- {
		if e[i] != 0 {
			return 64*i + bits.Len64(e[i])
		}
	}
	return 0
}

// bit is zero above the highest one.
func (e *element) bit(i int) uint64 {
	if i >= 64*len(e) {
		return 0
	}
	return e[i/64] >> (i % 64) & 1
}

// split cuts e at a multiple of 64 bits.
func (e *element) split(limbs int) (low, high element) {
	copy(low[:], e[:limbs])
	copy(high[:], e[limbs:])
	return low, high
}
