package curve

// Scalars are written in signed digits, each zero or odd and followed by width-1 zeros (the non-adjacent form of
// that width), so that few additions remain.
const (
	baseWidth  = 8 // of multiples of the base point, made once a curve
	pointWidth = 5 // of multiples of a public key, made at each verification
)

// digits are at most one longer than the scalar.
type digits [8*64 + 1]int8

// recode writes k in digits and returns how many there are.
func (d *digits) recode(k element, width int) (length int) {
	carry, bits := uint64(0), k.bitLen()
	for i := 0; i <= bits; {
		if k.bit(i) == carry {
			i++
			continue
		}
		window := carry
		for j := range width {
			window += k.bit(i+j) << j
		}
		carry = window >> (width - 1)
		d[i] = int8(int64(window) - int64(carry<<width))
		length = i + 1
		i += width
	}
	return length
}

// sum is the calculation of u·G + v·Q: three scalars, for u is cut in halves over two tables, and one run of
// doublings as long as the longest of them.
type sum struct {
	group
	low, high, own digits
	twice          multiple
	point          [1 << (pointWidth - 2)]multiple
	total          jacobian
}

// combine returns u·G + v·q. The scalars need not be below the order.
func (c *prepared) combine(u, v element, q *affine) *sum {
	s := &sum{group: c.group}
	lowHalf, highHalf := u.split(c.limbs / 2)
	length := max(s.low.recode(lowHalf, baseWidth), s.high.recode(highHalf, baseWidth))
	if v != (element{}) {
		length = max(length, s.own.recode(v, pointWidth))
		s.multiply(q)
	}
	for i := length - 1; i >= 0; i-- {
		if !s.isZero(&s.total.z) {
			s.double(&s.total)
		}
		s.addDigit(c.base, s.low[i])
		s.addDigit(c.shifted, s.high[i])
		if d := s.own[i]; d > 0 {
			s.addMultiple(&s.total, &s.point[d/2], false)
		} else if d < 0 {
			s.addMultiple(&s.total, &s.point[-d/2], true)
		}
	}
	return s
}

func (s *sum) addDigit(table []affine, d int8) {
	if d > 0 {
		s.addAffine(&s.total, &table[d/2], false)
	} else if d < 0 {
		s.addAffine(&s.total, &table[-d/2], true)
	}
}

// multiply fills point with q, 3q, 5q, …
func (s *sum) multiply(q *affine) {
	s.point[0].jacobian = jacobian{q.x, q.y, s.one}
	s.twice.jacobian = s.point[0].jacobian
	s.double(&s.twice.jacobian)
	s.complete(&s.twice)
	s.complete(&s.point[0])
	for i := 1; i < len(s.point); i++ {
		s.point[i].jacobian = s.point[i-1].jacobian
		s.addMultiple(&s.point[i].jacobian, &s.twice, false)
		s.complete(&s.point[i])
	}
}

// affine returns the total; false for infinity.
func (s *sum) affine() (affine, bool) {
	if s.isZero(&s.total.z) {
		return affine{}, false
	}
	return s.flatten([]jacobian{s.total})[0], true
}
