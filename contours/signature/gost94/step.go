package gost94

import "encoding/binary"

// c3 is the one constant of the key schedule that is not zero (RFC 5831, 6.1).
var c3 = block{0xff00ff00ff00ff00, 0x00ff00ff00ff00ff, 0xff0000ff00ffff00, 0xff00ffff000000ff}

// step is the step function χ (RFC 5831, 6): h takes in m.
func step(h, m *block) {
	var enciphered block
	u, v := *h, *m
	for i := range enciphered {
		if i > 0 {
			u, v = shift(u), shift(shift(v))
		}
		if i == 2 {
			u = u.xor(&c3)
		}
		key := permuted(u.xor(&v))
		enciphered[i] = encrypt(&key, h[i])
	}
	*h = mixed(h, m, &enciphered)
}

func (x block) xor(y *block) block {
	return block{x[0] ^ y[0], x[1] ^ y[1], x[2] ^ y[2], x[3] ^ y[3]}
}

// shift is the transformation A (6.1).
func shift(x block) block { return block{x[1], x[2], x[3], x[0] ^ x[1]} }

// permuted is the transformation P (6.1), which makes a key of a number: octet 8i+k becomes octet i+4k.
func permuted(x block) (key [8]uint32) {
	for k := range key {
		n := 8 * k
		key[k] = uint32(byte(x[0]>>n)) | uint32(byte(x[1]>>n))<<8 | uint32(byte(x[2]>>n))<<16 | uint32(byte(x[3]>>n))<<24
	}
	return key
}

// mixed is the mixing transformation: ψ^61(H ⊕ ψ(M ⊕ ψ^12(S))) (6.3).
func mixed(h, m, s *block) block {
	x := register(*s)
	x = x.clocked(12).xor(m)
	x = x.clocked(1).xor(h)
	return block(x.clocked(61))
}

// register is the shift register of sixteen words of 16 bits that ψ clocks.
type register block

func (r register) xor(y *block) register { return register(block(r).xor(y)) }

// clocked is ψ, n times and at most 61: the lowest word goes out, and the sum of those numbered 1, 2, 3, 4, 13 and 16
// comes in at the top.
func (r register) clocked(n int) register {
	var w [16 + 61]uint16
	for i := range 16 {
		w[i] = uint16(r[i/4] >> (16 * (i % 4)))
	}
	for i := range n {
		w[i+16] = w[i] ^ w[i+1] ^ w[i+2] ^ w[i+3] ^ w[i+12] ^ w[i+15]
	}
	var octets [32]byte
	for i, word := range w[n : n+16] {
		binary.LittleEndian.PutUint16(octets[2*i:], word)
	}
	for i := range r {
		r[i] = binary.LittleEndian.Uint64(octets[8*i:])
	}
	return r
}
