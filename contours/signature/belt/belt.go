package belt

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// Sizes in octets.
const (
	Size      = 32
	BlockSize = 32
)

// quad is a block of the cipher, and half of its key and of a block of the hash: words of 32 bits, the least
// significant first. It is a struct because the compiler keeps a small struct in registers, but no array.
type quad struct{ a, b, c, d uint32 }

// digest is a hash under way.
type digest struct {
	length [2]uint64 // hashed so far, in bits, the lower half first
	s      quad
	h1, h2 quad
	rest   [BlockSize]byte
	filled int // octets in rest, always less than BlockSize
}

// New returns a hash.
func New() hash.Hash { return start() }

// Sum returns the digest of data.
func Sum(data []byte) (sum [Size]byte) {
	d := start()
	d.Write(data)
	d.finish(&sum)
	return sum
}

func start() *digest {
	d := new(digest)
	d.Reset()
	return d
}

func (d *digest) Size() int      { return Size }
func (d *digest) BlockSize() int { return BlockSize }

// Reset: h starts as the first 32 octets of the table H (STB 34.101.31, belt-hash, step 2).
func (d *digest) Reset() { *d = digest{h1: words(substitution[:]), h2: words(substitution[16:])} }

func (d *digest) Write(p []byte) (int, error) {
	written := len(p)
	if d.filled > 0 {
		n := copy(d.rest[d.filled:], p)
		d.filled += n
		p = p[n:]
		if d.filled < BlockSize {
			return written, nil
		}
		d.absorb(d.rest[:], 8*BlockSize)
		d.filled = 0
	}
	for len(p) >= BlockSize {
		d.absorb(p[:BlockSize], 8*BlockSize)
		p = p[BlockSize:]
	}
	d.filled = copy(d.rest[:], p)
	return written, nil
}

func (d *digest) Sum(b []byte) []byte {
	var out [Size]byte
	last := *d
	last.finish(&out)
	return append(b, out[:]...)
}

// absorb takes in one block of which n bits are message.
func (d *digest) absorb(p []byte, n uint64) {
	x1, x2 := words(p), words(p[16:])
	sum, h1, h2 := compress(x1, x2, d.h1, d.h2)
	d.s, d.h1, d.h2 = d.s.xor(sum), h1, h2
	var carry uint64
	d.length[0], carry = bits.Add64(d.length[0], n, 0)
	d.length[1] += carry
}

// finish pads a last incomplete block with zeros, takes in length and s, and writes the digest. d is used up.
func (d *digest) finish(out *[Size]byte) {
	if d.filled > 0 {
		clear(d.rest[d.filled:])
		d.absorb(d.rest[:], 8*uint64(d.filled))
	}
	length := quad{uint32(d.length[0]), uint32(d.length[0] >> 32), uint32(d.length[1]), uint32(d.length[1] >> 32)}
	_, h1, h2 := compress(length, d.s, d.h1, d.h2)
	h1.put(out[:])
	h2.put(out[16:])
}

func words(p []byte) quad {
	low, high := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
	return quad{uint32(low), uint32(low >> 32), uint32(high), uint32(high >> 32)}
}

func (x quad) put(p []byte) {
	binary.LittleEndian.PutUint64(p, uint64(x.a)|uint64(x.b)<<32)
	binary.LittleEndian.PutUint64(p[8:], uint64(x.c)|uint64(x.d)<<32)
}
