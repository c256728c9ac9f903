package curve

//go:generate go run generate.go -o unrolled.go

// field is arithmetic modulo a prime on elements of its own representation (unrolled.go). Results may overwrite
// arguments.
type field interface {
	mul(z, x, y *element)
	sqr(z, x *element)
	add(z, x, y *element)
	sub(z, x, y *element)
	half(z, x *element)
}

// modulus is a prime with its field and what leads in and out of the field's representation.
type modulus struct {
	field
	p       element
	limbs   int
	zero    element // never written to
	one     element
	entry   element // a plain integer times this is its representation
	inverse element // p-2, the exponent of the inverse
}

// newModulus chooses the arithmetic for p of 4, 6 or 8 limbs: of the form 2^(64n) - c where p is, else Montgomery's.
func newModulus(p element) *modulus {
	m := &modulus{p: p, limbs: (p.bitLen() + 63) / 64, entry: element{1}}
	var zero element
	negated, _ := zero.minus(&p)
	low, _ := negated.split(m.limbs)
	if low.bitLen() <= 20 {
		m.field = newNear(m.limbs, low[0])
	} else {
		m.field = newMontgomery(m.limbs, p)
		for range 2 * 64 * m.limbs {
			m.add(&m.entry, &m.entry, &m.entry)
		}
	}
	m.one = m.enter(element{1})
	m.inverse, _ = p.minus(&element{2})
	return m
}

func newNear(limbs int, c uint64) field {
	switch limbs {
	case 4:
		return &near4{c}
	case 6:
		return &near6{c}
	}
	return &near8{c}
}

func newMontgomery(limbs int, p element) field {
	inv := p[0] // right in 3 bits, and in twice as many after each step
	for range 5 {
		inv *= 2 - p[0]*inv
	}
	switch limbs {
	case 4:
		return &montgomery4{p, -inv}
	case 6:
		return &montgomery6{p, -inv}
	}
	return &montgomery8{p, -inv}
}

// enter takes an integer below p into the field.
func (m *modulus) enter(x element) element {
	m.mul(&x, &x, &m.entry)
	return x
}

// leave returns the integer below p.
func (m *modulus) leave(x element) element {
	m.mul(&x, &x, &element{1})
	if d, borrow := x.minus(&m.p); borrow == 0 {
		return d
	}
	return x
}

// isZero accepts both residues that mean zero.
func (m *modulus) isZero(x *element) bool {
	return *x == element{} || *x == m.p
}

// invert sets z to 1/x by Fermat's theorem, four bits of the exponent at a time; the inverse of zero is zero.
func (m *modulus) invert(z, x *element) {
	var power [16]element
	power[0] = m.one
	for i := 1; i < len(power); i++ {
		m.mul(&power[i], &power[i-1], x)
	}
	r := m.one
	for i := 64*m.limbs - 4; i >= 0; i -= 4 {
		for range 4 {
			m.sqr(&r, &r)
		}
		if window := m.inverse[i/64] >> (i % 64) & 15; window != 0 {
			m.mul(&r, &r, &power[window])
		}
	}
	*z = r
}
