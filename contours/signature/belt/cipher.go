package belt

import "math/bits"

// substitution is the table H: H(10) = 0, H(11) = 8E, and each further octet, round to the place 9, is the one before
// it after 116 steps of a shift register; in other words H(11+x) = 8E·z^(116x) in the field of z^8+z^7+z^6+z+1.
var substitution = registered()

func registered() (h [256]byte) {
	h[11] = 0x8e
	for x := 12; x < 256+10; x++ {
		t := h[(x-1)%256]
		for range 116 {
			t = t>>1 | byte(bits.OnesCount8(t&0x63)&1)<<7
		}
		h[x%256] = t
	}
	return h
}

// table joins H with the rotations: table[j][v] is H(v) rotated to the left by 5+8j. Each of the boxes G5, G13 and G21
// of the standard rotates the substituted word by its number, so that its octet k uses the table that comes k later.
var table = rotated()

func rotated() (t [4][256]uint32) {
	for j := range t {
		for v, s := range substitution {
			t[j][v] = bits.RotateLeft32(uint32(s), 5+8*j)
		}
	}
	return t
}

// g5, g13 and g21 are the boxes. The order of their terms is that in which the processor has them ready.
func g5(t *[4][256]uint32, x uint32) uint32 {
	return (t[0][byte(x)] ^ t[3][x>>24]) ^ (t[1][byte(x>>8)] ^ t[2][byte(x>>16)])
}

func g13(t *[4][256]uint32, x uint32) uint32 {
	return (t[1][byte(x)] ^ t[0][x>>24]) ^ (t[2][byte(x>>8)] ^ t[3][byte(x>>16)])
}

func g21(t *[4][256]uint32, x uint32) uint32 {
	return (t[2][byte(x)] ^ t[1][x>>24]) ^ (t[3][byte(x>>8)] ^ t[0][byte(x>>16)])
}

// schedule is a key written twice: the words of round i, taken round and round, begin at place 8-i.
type schedule [16]uint32

// set works in place and word by word: a copy in wider steps would make the processor wait for the narrow ones.
func (k *schedule) set(x, y quad) {
	k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7] = x.a, x.b, x.c, x.d, y.a, y.b, y.c, y.d
	k[8], k[9], k[10], k[11], k[12], k[13], k[14], k[15] = x.a, x.b, x.c, x.d, y.a, y.b, y.c, y.d
}

// encrypt is belt-block: eight rounds with seven words of the key each. Each step waits for the one before, so that
// what can be added beforehand is: (c+k)-e rather than (c-e)+k.
func encrypt(t *[4][256]uint32, key *schedule, x quad) quad {
	a, b, c, d := x.a, x.b, x.c, x.d
	for i := range uint32(8) {
		k := (*[7]uint32)(key[8-i:])
		b ^= g5(t, a+k[0])
		c ^= g21(t, d+k[1])
		u := g13(t, b+k[2])
		e := g21(t, b+k[3]+c) ^ (i + 1)
		v := g13(t, c+k[4]-e)
		b = (b + e) ^ g21(t, a+k[5]-u)
		c = (c - e) ^ g5(t, d+k[6]+v)
		a, b, c, d = b, d+v, a-u, c
	}
	return quad{b, d, a, c}
}

// encryptBoth is encrypt of two blocks with a key each, in step, so that the processor need not wait for one of them.
func encryptBoth(t *[4][256]uint32, key1, key2 *schedule, x, y quad) (quad, quad) {
	a, b, c, d := x.a, x.b, x.c, x.d
	p, q, r, s := y.a, y.b, y.c, y.d
	for i := range uint32(8) {
		k, l := (*[7]uint32)(key1[8-i:]), (*[7]uint32)(key2[8-i:])
		b ^= g5(t, a+k[0])
		q ^= g5(t, p+l[0])
		c ^= g21(t, d+k[1])
		r ^= g21(t, s+l[1])
		a -= g13(t, b+k[2])
		p -= g13(t, q+l[2])
		e := g21(t, b+k[3]+c) ^ (i + 1)
		f := g21(t, q+l[3]+r) ^ (i + 1)
		b, c = b+e, c-e
		q, r = q+f, r-f
		d += g13(t, c+k[4])
		s += g13(t, r+l[4])
		b ^= g21(t, a+k[5])
		q ^= g21(t, p+l[5])
		c ^= g5(t, d+k[6])
		r ^= g5(t, s+l[6])
		a, b, c, d = b, d, a, c
		p, q, r, s = q, s, p, r
	}
	return quad{b, d, a, c}, quad{q, s, p, r}
}
