package curve

// affine is a point other than infinity.
type affine struct{ x, y element }

// jacobian is the point (x/z², y/z³), or infinity where z is zero.
type jacobian struct{ x, y, z element }

// multiple is a jacobian point to be added several times, with the powers of z that an addition needs.
type multiple struct {
	jacobian
	z2, z3 element
}

// group is the addition of points. It keeps the scratch of one calculation in one place on the heap.
type group struct {
	*modulus
	a       element
	minus3  bool // a = -3, which saves multiplications
	scratch [7]element
}

// double sets p = 2p.
func (g *group) double(p *jacobian) {
	f := g.field
	slope, y2, xy, t := &g.scratch[0], &g.scratch[1], &g.scratch[2], &g.scratch[3]
	g.tangent(slope, p)
	f.add(y2, &p.y, &p.y)
	f.mul(&p.z, y2, &p.z) // 2yz
	f.sqr(y2, y2)         // 4y²
	f.mul(xy, &p.x, y2)   // 4xy²
	f.sqr(y2, y2)         // 16y⁴
	f.sqr(&p.x, slope)
	f.add(t, xy, xy)
	f.sub(&p.x, &p.x, t)
	f.sub(xy, xy, &p.x)
	f.mul(&p.y, slope, xy)
	f.half(y2, y2)
	f.sub(&p.y, &p.y, y2)
}

// tangent sets slope = 3x² + az⁴.
func (g *group) tangent(slope *element, p *jacobian) {
	f, t, u := g.field, &g.scratch[4], &g.scratch[5]
	f.sqr(t, &p.z)
	if g.minus3 {
		f.sub(u, &p.x, t)
		f.add(t, &p.x, t)
		f.mul(t, t, u)
		f.add(u, t, t)
		f.add(slope, t, u)
		return
	}
	f.sqr(t, t)
	f.mul(t, t, &g.a)
	f.sqr(u, &p.x)
	f.add(t, t, u)
	f.add(u, u, u)
	f.add(slope, t, u)
}

// addAffine sets p = p + q, or p - q.
func (g *group) addAffine(p *jacobian, q *affine, negative bool) {
	if g.isZero(&p.z) {
		p.x, p.y, p.z = q.x, q.y, g.one
		if negative {
			g.sub(&p.y, &g.zero, &q.y)
		}
		return
	}
	f, z2, u, s := g.field, &g.scratch[0], &g.scratch[1], &g.scratch[2]
	f.sqr(z2, &p.z)
	f.mul(u, &q.x, z2)
	f.mul(s, &q.y, z2)
	f.mul(s, s, &p.z)
	g.join(p, u, s, negative)
}

// addMultiple sets p = p + q, or p - q.
func (g *group) addMultiple(p *jacobian, q *multiple, negative bool) {
	if g.isZero(&q.z) {
		return
	}
	if g.isZero(&p.z) {
		*p = q.jacobian
		if negative {
			g.sub(&p.y, &g.zero, &q.y)
		}
		return
	}
	f, z2, u, s := g.field, &g.scratch[0], &g.scratch[1], &g.scratch[2]
	f.sqr(z2, &p.z)
	f.mul(u, &q.x, z2)
	f.mul(s, &q.y, z2)
	f.mul(s, s, &p.z)
	f.mul(&p.x, &p.x, &q.z2) // both points over the common denominator
	f.mul(&p.y, &p.y, &q.z3)
	f.mul(&p.z, &p.z, &q.z)
	g.join(p, u, s, negative)
}

// join adds to p the point (u, ±s) over p's own denominator. p is not infinity.
func (g *group) join(p *jacobian, u, s *element, negative bool) {
	f, h2, h3, v := g.field, &g.scratch[3], &g.scratch[4], &g.scratch[5]
	f.sub(u, u, &p.x) // h
	if negative {
		f.sub(s, &g.zero, s)
	}
	f.sub(s, s, &p.y) // r
	if g.isZero(u) {
		if g.isZero(s) {
			g.double(p)
			return
		}
		*p = jacobian{}
		return
	}
	f.mul(&p.z, &p.z, u)
	f.sqr(h2, u)
	f.mul(h3, h2, u)
	f.mul(v, &p.x, h2)
	f.sqr(&p.x, s)
	f.sub(&p.x, &p.x, h3)
	f.sub(&p.x, &p.x, v)
	f.sub(&p.x, &p.x, v)
	f.sub(v, v, &p.x)
	f.mul(v, s, v)
	f.mul(h3, h3, &p.y)
	f.sub(&p.y, v, h3)
}

// complete sets the powers of z.
func (g *group) complete(m *multiple) {
	g.sqr(&m.z2, &m.z)
	g.mul(&m.z3, &m.z2, &m.z)
}

// flatten returns the affine forms of points, none of which is infinity, at the price of one inversion.
func (g *group) flatten(points []jacobian) []affine {
	flat := make([]affine, len(points))
	product := g.one
	for i := range points {
		flat[i].x = product // of all z before
		g.mul(&product, &product, &points[i].z)
	}
	var inverse, z, z2 element
	g.invert(&inverse, &product)
	for i := len(points) - 1; i >= 0; i-- {
		g.mul(&z, &inverse, &flat[i].x)
		g.mul(&inverse, &inverse, &points[i].z)
		g.sqr(&z2, &z)
		g.mul(&flat[i].x, &points[i].x, &z2)
		g.mul(&z2, &z2, &z)
		g.mul(&flat[i].y, &points[i].y, &z2)
	}
	return flat
}
