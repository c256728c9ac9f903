package gost94

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

// block is a number of 256 bits, the least significant word first.
type block [4]uint64

// digest is a hash under way: H, L and Σ of RFC 5831, 7.
type digest struct {
	h      block
	length uint64 // L: hashed so far, in bits
	sum    block  // Σ: of all blocks, modulo 2^256
	rest   [BlockSize]byte
	filled int // octets in rest, always less than BlockSize
}

// New returns a hash.
func New() hash.Hash { return new(digest) }

// Sum returns the digest of data.
func Sum(data []byte) (sum [Size]byte) {
	var d digest
	d.Write(data)
	d.finish(&sum)
	return sum
}

func (d *digest) Size() int      { return Size }
func (d *digest) BlockSize() int { return BlockSize }

// Reset: the start value of the CryptoPro parameters is all zeros (RFC 4357, 11.2).
func (d *digest) Reset() { *d = digest{} }

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
	var m block
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
	step(&d.h, &m)
	d.length += n
	var carry uint64
	for i := range m {
		d.sum[i], carry = bits.Add64(d.sum[i], m[i], carry)
	}
}

// finish pads a last incomplete block with zeros, takes in length and sum, and writes the digest. d is used up.
func (d *digest) finish(out *[Size]byte) {
	if d.filled > 0 {
		clear(d.rest[d.filled:])
		d.absorb(d.rest[:], 8*uint64(d.filled))
	}
	step(&d.h, &block{d.length})
	step(&d.h, &d.sum)
	for i, w := range d.h {
		binary.LittleEndian.PutUint64(out[8*i:], w)
	}
}
