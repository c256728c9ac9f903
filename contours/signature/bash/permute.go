package bash

import "math/bits"

// rounds is the number of rounds of bash-f, even.
const rounds = 24

// constants is C1 to C24: each next one is a step of a shift register of 64 bits.
var constants = registered()

func registered() (c [rounds]uint64) {
	c[0] = 0x3bf5080ac8ba94b1
	for i := 1; i < rounds; i++ {
		c[i] = c[i-1]>>1 ^ c[i-1]&1*0xdc2be1997fe0d8ae
	}
	return c
}

// permute is the sponge function bash-f.
func permute(s *[words]uint64) {
	var t [words]uint64
	for i := 0; i < rounds; i += 2 {
		round(&t, s, constants[i])
		round(s, &t, constants[i+1])
	}
}

// round mixes each of the eight columns of x, puts its words where the permutation of the round wants them, and adds
// the constant. The numbers of a column are those of the one before times 7 modulo 64.
func round(y, x *[words]uint64, c uint64) {
	y[18], y[7], y[9] = column(x[0], x[8], x[16], 8, 53, 14, 1)
	y[23], y[2], y[8] = column(x[1], x[9], x[17], 56, 51, 34, 7)
	y[20], y[1], y[11] = column(x[2], x[10], x[18], 8, 37, 46, 49)
	y[17], y[4], y[10] = column(x[3], x[11], x[19], 56, 3, 2, 23)
	y[22], y[3], y[13] = column(x[4], x[12], x[20], 8, 21, 14, 33)
	y[19], y[6], y[12] = column(x[5], x[13], x[21], 56, 19, 34, 39)
	y[16], y[5], y[15] = column(x[6], x[14], x[22], 8, 5, 46, 17)
	y[21], y[0], y[14] = column(x[7], x[15], x[23], 56, 35, 2, 55)
	y[23] ^= c
}

// column is bash-s.
func column(w0, w1, w2 uint64, m1, n1, m2, n2 int) (uint64, uint64, uint64) {
	u0 := w0 ^ w1 ^ w2
	t := w1 ^ bits.RotateLeft64(u0, n1)
	u1 := t ^ bits.RotateLeft64(w0, m1)
	u2 := w2 ^ bits.RotateLeft64(w2, m2) ^ bits.RotateLeft64(t, n2)
	return u0 ^ (u1 | ^u2), u1 ^ (u0 | u2), u2 ^ (u0 & u1)
}
