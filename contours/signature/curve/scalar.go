package curve

import (
	"errors"
	"fmt"
	"io"
)

// ErrScalar says that octets are not an integer below the order q.
var ErrScalar = errors.New("not an integer below q")

// Scalar is an integer modulo the order q of the base point.
type Scalar struct {
	curve *Curve
	value element // plain, below q
}

// ParseScalar reads an integer of Size octets, little-endian, below q. Zero is allowed; see IsZero.
func (c *Curve) ParseScalar(octets []byte) (Scalar, error) {
	if len(octets) != c.Size() {
		return Scalar{}, fmt.Errorf("%w: %d octets instead of %d", ErrScalar, len(octets), c.Size())
	}
	value := decode(octets)
	if !value.less(&c.prepare().order.p) {
		return Scalar{}, ErrScalar
	}
	return Scalar{c, value}, nil
}

// ReduceScalar takes an integer of at most Size octets, little-endian, modulo q. It panics when there are more.
func (c *Curve) ReduceScalar(octets []byte) Scalar {
	if len(octets) > c.Size() {
		panic(fmt.Sprintf("curve %s: reduce %d octets", c.params.Name, len(octets)))
	}
	value, q := decode(octets), &c.prepare().order.p
	for !value.less(q) { // a few times: q has nearly Size octets
		value, _ = value.minus(q)
	}
	return Scalar{c, value}
}

// RandomScalar draws from random a scalar other than zero.
func (c *Curve) RandomScalar(random io.Reader) (Scalar, error) {
	octets := make([]byte, c.Size())
	q := &c.prepare().order.p
	for {
		if _, err := io.ReadFull(random, octets); err != nil {
			return Scalar{}, fmt.Errorf("draw a scalar: %w", err)
		}
		value := decode(octets)
		for i := q.bitLen(); i < 8*len(octets); i++ {
			value[i/64] &^= 1 << (i % 64)
		}
		if value != (element{}) && value.less(q) {
			return Scalar{c, value}, nil
		}
	}
}

// Octets is the integer in Size octets, little-endian.
func (s Scalar) Octets() []byte { return s.value.encode(s.curve.Size()) }

// IsZero says whether s is zero.
func (s Scalar) IsZero() bool { return s.value == element{} }

// Equal says whether s and t are the same integer.
func (s Scalar) Equal(t Scalar) bool { return s.value == t.value }

// Add returns s + t.
func (s Scalar) Add(t Scalar) Scalar {
	s.curve.prepare().order.add(&s.value, &s.value, &t.value)
	return s
}

// Sub returns s - t.
func (s Scalar) Sub(t Scalar) Scalar {
	s.curve.prepare().order.sub(&s.value, &s.value, &t.value)
	return s
}

// Mul returns s·t.
func (s Scalar) Mul(t Scalar) Scalar {
	order := s.curve.prepare().order
	value := order.enter(s.value)
	order.mul(&value, &value, &t.value) // one factor carries 2^(64n), so the product is plain
	return Scalar{s.curve, value}
}

// Inverse returns 1/s; the inverse of zero is zero.
func (s Scalar) Inverse() Scalar {
	order := s.curve.prepare().order
	value := order.enter(s.value)
	order.invert(&value, &value)
	return Scalar{s.curve, order.leave(value)}
}

// Neg returns -s.
func (s Scalar) Neg() Scalar { return Scalar{curve: s.curve}.Sub(s) }
