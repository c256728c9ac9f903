package belt

import (
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// What follows is the standard once more, step by step: slow, without tables, without anything done together or in
// advance. Debian has no other program that computes belt-hash, so the fast code is held to this on every short
// length, and to a digest that others computed of a long stream (TestLongStream).

func plainG(r int, x uint32) uint32 {
	var y uint32
	for k := 0; k < 32; k += 8 {
		y |= uint32(substitution[x>>k&0xff]) << k
	}
	return bits.RotateLeft32(y, r)
}

// plainBlock: 6.1.3, with keys numbered from 1 to 56.
func plainBlock(x, key []byte) []byte {
	word := func(b []byte, i int) uint32 {
		return uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24
	}
	k := func(n int) uint32 { return word(key, (n-1)%8) }
	a, b, c, d := word(x, 0), word(x, 1), word(x, 2), word(x, 3)
	for i := 1; i <= 8; i++ {
		b = b ^ plainG(5, a+k(7*i-6))
		c = c ^ plainG(21, d+k(7*i-5))
		a = a - plainG(13, b+k(7*i-4))
		e := plainG(21, b+c+k(7*i-3)) ^ uint32(i)
		b = b + e
		c = c - e
		d = d + plainG(13, c+k(7*i-2))
		b = b ^ plainG(21, a+k(7*i-1))
		c = c ^ plainG(5, d+k(7*i))
		a, b = b, a
		c, d = d, c
		b, c = c, b
	}
	y := make([]byte, 0, 16)
	for _, w := range []uint32{b, d, a, c} {
		y = append(y, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	return y
}

func plainXor(x, y []byte) []byte {
	z := make([]byte, len(x))
	for i := range x {
		z[i] = x[i] ^ y[i]
	}
	return z
}

func join(x, y []byte) []byte { return append(append([]byte{}, x...), y...) }

func plainSigma1(u []byte) []byte {
	both := plainXor(u[32:48], u[48:64])
	return plainXor(plainBlock(both, u[:32]), both)
}

func plainSigma2(u []byte) []byte {
	sum := plainSigma1(u)
	ones := make([]byte, 16)
	for i := range ones {
		ones[i] = 0xff
	}
	left := plainBlock(u[:16], join(sum, u[48:64]))
	right := plainBlock(u[16:32], join(plainXor(sum, ones), u[32:48]))
	return join(plainXor(left, u[:16]), plainXor(right, u[16:32]))
}

func plainHash(message []byte) []byte {
	length := make([]byte, 16)
	for i := range 8 {
		length[i] = byte(8 * uint64(len(message)) >> (8 * i))
	}
	s, h := make([]byte, 16), append([]byte{}, substitution[:32]...)
	for len(message) > 0 {
		block := make([]byte, 32)
		message = message[copy(block, message):]
		s = plainXor(s, plainSigma1(join(block, h)))
		h = plainSigma2(join(block, h))
	}
	return plainSigma2(join(join(length, s), h))
}

func TestFastHashIsThePlainOne(t *testing.T) {
	if got := hex.EncodeToString(plainHash(substitution[:13])); got != "abef9725d4c5a83597a367d14494cc2542f20f659ddfecc961a3ec550cba8c75" {
		t.Fatalf("the plain hash itself is wrong: %s", got)
	}
	random := rand.New(rand.NewPCG(34101, 31))
	for n := range 300 {
		message := randomBytes(random, n)
		if got, want := Sum(message), plainHash(message); string(got[:]) != string(want) {
			t.Errorf("%d octets: %x, want %x", n, got, want)
		}
	}
}
