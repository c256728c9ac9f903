package curve_test

import (
	"math/big"
	"slices"

	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
)

// nationalCurves are all curves of both schemes, each once.
func nationalCurves() (curves []*curve.Curve) {
	for _, set := range gost3410.ParameterSets() {
		if !slices.Contains(curves, set.Curve()) {
			curves = append(curves, set.Curve())
		}
	}
	for _, level := range bign.Levels() {
		curves = append(curves, level.Curve())
	}
	return curves
}

// reference is a curve as schoolbooks have it: affine points of big integers, nil for infinity.
type reference struct {
	*curve.Curve
	p, a, b, q *big.Int
	g          *bigPoint
	h          int64       // cofactor
	doublings  []*bigPoint // G, 2G, 4G, …
}

type bigPoint struct{ x, y *big.Int }

func referenceOf(c *curve.Curve) *reference {
	number := func(s string) *big.Int {
		n, ok := new(big.Int).SetString(s, 16)
		if !ok {
			panic(s)
		}
		return n
	}
	p := c.Params()
	return &reference{
		Curve: c, p: number(p.P), a: number(p.A), b: number(p.B), q: number(p.Q),
		g: &bigPoint{number(p.X), number(p.Y)}, h: int64(p.Cofactor),
	}
}

func (r *reference) mod(n *big.Int) *big.Int { return n.Mod(n, r.p) }

// rightSide is x³ + ax + b.
func (r *reference) rightSide(x *big.Int) *big.Int {
	n := new(big.Int).Mul(x, x)
	return r.mod(n.Add(n, r.a).Mul(n, x).Add(n, r.b))
}

func (r *reference) contains(s *bigPoint) bool {
	return r.mod(new(big.Int).Mul(s.y, s.y)).Cmp(r.rightSide(s.x)) == 0
}

func (r *reference) negate(s *bigPoint) *bigPoint {
	return &bigPoint{s.x, r.mod(new(big.Int).Neg(s.y))}
}

func (r *reference) add(s, t *bigPoint) *bigPoint {
	if s == nil {
		return t
	}
	if t == nil {
		return s
	}
	var above, below *big.Int // of the slope
	if s.x.Cmp(t.x) == 0 {
		if s.y.Cmp(t.y) != 0 || s.y.Sign() == 0 {
			return nil
		}
		above = new(big.Int).Mul(s.x, s.x)
		above.Mul(above, big.NewInt(3)).Add(above, r.a)
		below = new(big.Int).Lsh(s.y, 1)
	} else {
		above, below = new(big.Int).Sub(t.y, s.y), new(big.Int).Sub(t.x, s.x)
	}
	slope := r.mod(above.Mul(above, new(big.Int).ModInverse(r.mod(below), r.p)))
	x := new(big.Int).Mul(slope, slope)
	r.mod(x.Sub(x, s.x).Sub(x, t.x))
	y := new(big.Int).Sub(s.x, x)
	return &bigPoint{x, r.mod(y.Mul(y, slope).Sub(y, s.y))}
}

func (r *reference) multiply(k *big.Int, s *bigPoint) (product *bigPoint) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		product = r.add(product, product)
		if k.Bit(i) == 1 {
			product = r.add(product, s)
		}
	}
	return product
}

// multiplyBase returns k·G. Not for several goroutines.
func (r *reference) multiplyBase(k *big.Int) (product *bigPoint) {
	for i := range k.BitLen() {
		if i == len(r.doublings) {
			next := r.g
			if i > 0 {
				next = r.add(r.doublings[i-1], r.doublings[i-1])
			}
			r.doublings = append(r.doublings, next)
		}
		if k.Bit(i) == 1 {
			product = r.add(product, r.doublings[i])
		}
	}
	return product
}

// octets writes n as the package reads it.
func (r *reference) octets(n *big.Int) []byte {
	octets := n.FillBytes(make([]byte, r.Size()))
	slices.Reverse(octets)
	return octets
}

func (r *reference) pointOctets(s *bigPoint) []byte {
	return append(r.octets(s.x), r.octets(s.y)...)
}

func fromOctets(octets []byte) *big.Int {
	octets = slices.Clone(octets)
	slices.Reverse(octets)
	return new(big.Int).SetBytes(octets)
}
