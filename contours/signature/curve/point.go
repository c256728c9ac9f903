package curve

import (
	"errors"
	"fmt"
)

// ErrPoint says that octets are not a point that a public key may be.
var ErrPoint = errors.New("not a point of the group")

// Point is a point of the group that the base point generates, other than infinity.
type Point struct {
	curve *Curve
	affine
}

// ParsePoint reads X‖Y, each of Size octets, little-endian. It refuses any other length, coordinates not below p,
// points not on the curve and, where the cofactor is not 1, points outside the group of order q: there a public key
// would have more than one counterpart that verifies the same signatures. Infinity has no such encoding.
func (c *Curve) ParsePoint(octets []byte) (Point, error) {
	size, own := c.Size(), c.prepare()
	if len(octets) != 2*size {
		return Point{}, fmt.Errorf("%w: %d octets instead of %d", ErrPoint, len(octets), 2*size)
	}
	x, y := decode(octets[:size]), decode(octets[size:])
	if !x.less(&own.p) || !y.less(&own.p) {
		return Point{}, fmt.Errorf("%w: a coordinate is not below p", ErrPoint)
	}
	p := Point{c, affine{own.enter(x), own.enter(y)}}
	if !own.contains(&p.affine) {
		return Point{}, fmt.Errorf("%w: not on the curve %s", ErrPoint, c.params.Name)
	}
	if own.cofactor != 1 && !own.inGroup(&p.affine) {
		return Point{}, fmt.Errorf("%w: on the curve %s, but outside the group of its base point", ErrPoint, c.params.Name)
	}
	return p, nil
}

// inGroup checks q·P = O.
func (c *prepared) inGroup(p *affine) bool {
	_, finite := c.combine(element{}, c.order.p, p).affine()
	return !finite
}

// Curve is the curve that p was parsed for.
func (p Point) Curve() *Curve { return p.curve }

// Octets is X‖Y, each of Size octets, little-endian.
func (p Point) Octets() []byte {
	own, size := p.curve.prepare(), p.curve.Size()
	x, y := own.leave(p.x), own.leave(p.y)
	return append(x.encode(size), y.encode(size)...)
}

// X is the first coordinate, Size octets, little-endian.
func (p Point) X() []byte { return p.Octets()[:p.curve.Size()] }

// Combine returns u·G + v·q, and false where that is infinity. Scalars and q are of this curve. Its time depends on the
// scalars.
func (c *Curve) Combine(u, v Scalar, q Point) (Point, bool) {
	sum, finite := c.prepare().combine(u.value, v.value, &q.affine).affine()
	return Point{c, sum}, finite
}

// BaseMultiple returns u·G, and false where that is infinity. Its time depends on the scalar: only an emulator
// may call it with a secret.
func (c *Curve) BaseMultiple(u Scalar) (Point, bool) {
	return c.Combine(u, Scalar{}, Point{})
}
