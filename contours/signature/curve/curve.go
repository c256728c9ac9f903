package curve

import (
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
)

// Params are the parameters of a curve y² = x³ + ax + b over the integers modulo the prime p, as big-endian hex,
// written as the standards print them.
type Params struct {
	Name     string
	P, A, B  string
	Q        string // the prime order of the base point
	X, Y     string // the base point
	Cofactor int    // points on the curve divided by Q
}

// Curve is one curve with its base point. It is ready after the first use, which takes less than a millisecond, and serves
// any number of goroutines.
type Curve struct {
	params  Params
	prepare func() *prepared
}

// New returns the curve of these parameters. They are trusted: the first use panics where they are no curve of 4,
// 6 or 8 limbs, which a test of each curve's list shows.
func New(params Params) *Curve {
	return &Curve{params, sync.OnceValue(func() *prepared { return prepare(params) })}
}

// Params are the parameters that the curve was made of.
func (c *Curve) Params() Params { return c.params }

// Size is the length of a coordinate and of a scalar in octets.
func (c *Curve) Size() int { return 8 * c.prepare().limbs }

// prepared is what follows from the parameters.
type prepared struct {
	group
	b        element
	cofactor int
	order    *modulus
	g        affine
	base     []affine // G, 3G, 5G, …
	shifted  []affine // the same of G·2^(half of the bits)
}

func prepare(params Params) *prepared {
	p, q := parseHex(params.P), parseHex(params.Q)
	m, order := newModulus(p), newModulus(q)
	if m.limbs != order.limbs || m.limbs != 4 && m.limbs != 6 && m.limbs != 8 {
		panic(fmt.Sprintf("curve %s: moduli of %d and %d limbs", params.Name, m.limbs, order.limbs))
	}
	a := parseHex(params.A)
	minus3, _ := p.minus(&element{3})
	c := &prepared{
		group:    group{modulus: m, a: m.enter(a), minus3: a == minus3},
		b:        m.enter(parseHex(params.B)),
		cofactor: params.Cofactor,
		order:    order,
		g:        affine{m.enter(parseHex(params.X)), m.enter(parseHex(params.Y))},
	}
	if !c.contains(&c.g) {
		panic(fmt.Sprintf("curve %s: the base point is not on it", params.Name))
	}
	g := c.group
	point := jacobian{c.g.x, c.g.y, g.one}
	c.base = g.oddMultiples(point)
	for range 64 * m.limbs / 2 {
		g.double(&point)
	}
	c.shifted = g.oddMultiples(point)
	return c
}

func parseHex(digits string) element {
	if len(digits)%2 != 0 {
		digits = "0" + digits
	}
	octets, err := hex.DecodeString(digits)
	if err != nil || len(octets) > 64 {
		panic(fmt.Sprintf("curve: parameter %q", digits))
	}
	slices.Reverse(octets)
	return decode(octets)
}

// oddMultiples makes the table that digits of baseWidth select from.
func (g *group) oddMultiples(p jacobian) []affine {
	twice := p
	g.double(&twice)
	step := g.flatten([]jacobian{twice})[0]
	points := make([]jacobian, 1<<(baseWidth-2))
	points[0] = p
	for i := 1; i < len(points); i++ {
		points[i] = points[i-1]
		g.addAffine(&points[i], &step, false)
	}
	return g.flatten(points)
}

// contains checks the equation of the curve.
func (c *prepared) contains(p *affine) bool {
	var left, right element
	c.sqr(&left, &p.y)
	c.sqr(&right, &p.x)
	c.add(&right, &right, &c.a)
	c.mul(&right, &right, &p.x)
	c.add(&right, &right, &c.b)
	c.sub(&left, &left, &right)
	return c.isZero(&left)
}
