package bash

import (
	"encoding/binary"
	"hash"
)

// Sizes in octets.
const (
	Size256      = 32
	Size384      = 48
	Size512      = 64
	BlockSize256 = 128
	BlockSize384 = 96
	BlockSize512 = 64
)

// words is the number of words of 64 bits in the state.
const words = 24

// digest is a hash under way.
type digest struct {
	state  [words]uint64
	rest   [BlockSize256]byte
	filled int // octets in rest, always less than a block
	size   int
}

// New256 returns a hash of 256 bits.
func New256() hash.Hash { return start(Size256) }

// New384 returns a hash of 384 bits.
func New384() hash.Hash { return start(Size384) }

// New512 returns a hash of 512 bits.
func New512() hash.Hash { return start(Size512) }

// Sum256 returns the digest of data, of 256 bits.
func Sum256(data []byte) (sum [Size256]byte) {
	start(Size256).sum(data, sum[:])
	return sum
}

// Sum384 returns the digest of data, of 384 bits.
func Sum384(data []byte) (sum [Size384]byte) {
	start(Size384).sum(data, sum[:])
	return sum
}

// Sum512 returns the digest of data, of 512 bits.
func Sum512(data []byte) (sum [Size512]byte) {
	start(Size512).sum(data, sum[:])
	return sum
}

func start(size int) *digest {
	d := &digest{size: size}
	d.Reset()
	return d
}

func (d *digest) sum(data, out []byte) {
	d.Write(data)
	d.finish(out)
}

func (d *digest) Size() int { return d.size }

// BlockSize is that part of the state which a block replaces: all but two digests.
func (d *digest) BlockSize() int { return 8*words - 2*d.size }

// Reset: the state is zeros, but for the level in its last word (bash-hash, step 2): l/4 = size.
func (d *digest) Reset() {
	*d = digest{size: d.size}
	d.state[words-1] = uint64(d.size)
}

func (d *digest) Write(p []byte) (int, error) {
	written, size := len(p), d.BlockSize()
	if d.filled > 0 {
		n := copy(d.rest[d.filled:size], p)
		d.filled += n
		p = p[n:]
		if d.filled < size {
			return written, nil
		}
		d.absorb(d.rest[:size])
		d.filled = 0
	}
	for len(p) >= size {
		d.absorb(p[:size])
		p = p[size:]
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

func (d *digest) absorb(p []byte) {
	for i := range len(p) / 8 {
		d.state[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
	permute(&d.state)
}

// finish pads with the bits 01 and zeros, the first bit being the highest of its octet, and writes the digest. d is used up.
func (d *digest) finish(out []byte) {
	last := d.rest[:d.BlockSize()]
	clear(last[d.filled:])
	last[d.filled] = 0x40
	d.absorb(last)
	for i := range len(out) / 8 {
		binary.LittleEndian.PutUint64(out[8*i:], d.state[i])
	}
}
