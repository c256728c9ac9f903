package streebog

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// Sizes in octets.
const (
	Size256   = 32
	Size512   = 64
	BlockSize = 64
)

// block is a number of 512 bits, the least significant word first.
type block [8]uint64

// digest is a hash under way: h, N and Σ of RFC 6986, 8.
type digest struct {
	h      block
	length uint64 // N: hashed so far, in bits
	sum    block  // Σ: of all blocks, modulo 2^512
	rest   [BlockSize]byte
	filled int // octets in rest, always less than BlockSize
	size   int
}

// New256 returns a hash of 256 bits.
func New256() hash.Hash { return start(Size256) }

// New512 returns a hash of 512 bits.
func New512() hash.Hash { return start(Size512) }

// Sum256 returns the digest of data, of 256 bits.
func Sum256(data []byte) (sum [Size256]byte) {
	d := start(Size256)
	d.Write(data)
	d.finish(sum[:])
	return sum
}

// Sum512 returns the digest of data, of 512 bits.
func Sum512(data []byte) (sum [Size512]byte) {
	d := start(Size512)
	d.Write(data)
	d.finish(sum[:])
	return sum
}

func start(size int) *digest {
	d := &digest{size: size}
	d.Reset()
	return d
}

func (d *digest) Size() int      { return d.size }
func (d *digest) BlockSize() int { return BlockSize }

// Reset: 5.1, the start value is all zeros for 512 bits and all octets 1 for 256.
func (d *digest) Reset() {
	*d = digest{size: d.size}
	if d.size == Size256 {
		for i := range d.h {
			d.h[i] = 0x0101010101010101
		}
	}
}

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
	var out [Size512]byte
	last := *d
	last.finish(out[:d.size])
	return append(b, out[:d.size]...)
}

// absorb takes in one block of which n bits are message (8.2 and 8.3).
func (d *digest) absorb(p []byte, n uint64) {
	var m block
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
	compress(&d.h, d.length, &m)
	d.length += n
	var carry uint64
	for i := range m {
		d.sum[i], carry = bits.Add64(d.sum[i], m[i], carry)
	}
}

// finish pads with a one bit and zeros, takes in length and sum, and writes the digest (8.3). d is used up.
func (d *digest) finish(out []byte) {
	clear(d.rest[d.filled:])
	d.rest[d.filled] = 1
	d.absorb(d.rest[:], 8*uint64(d.filled))
	compress(&d.h, 0, &block{d.length})
	compress(&d.h, 0, &d.sum)
	upper := d.h[8-len(out)/8:]
	for i, w := range upper {
		binary.LittleEndian.PutUint64(out[8*i:], w)
	}
}
