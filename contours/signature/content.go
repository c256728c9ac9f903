package signature

import (
	"bytes"
	"fmt"
	"hash"
	"io"
)

// Content is what a verifier needs of a file: its size in octets and its digests by algorithm.
type Content struct {
	Size    int64
	Digests map[HashName][]byte
}

// A Digester is written the file once, while it streams to where it is kept, and takes all digests in that pass.
type Digester struct {
	size   int64
	names  []HashName
	hashes []hash.Hash
}

// NewDigester takes the digests of the given families; without any, those of Std.
func NewDigester(families ...Family) *Digester {
	if len(families) == 0 {
		families = []Family{Std()}
	}
	d := new(Digester)
	for _, h := range hashesOf(families) {
		d.names = append(d.names, h.Name)
		d.hashes = append(d.hashes, h.New())
	}
	return d
}

// Write adds p to the content; it never fails.
func (d *Digester) Write(p []byte) (int, error) {
	for _, h := range d.hashes {
		h.Write(p)
	}
	d.size += int64(len(p))
	return len(p), nil
}

// Content returns size and digests of what was written so far.
func (d *Digester) Content() Content {
	c := Content{Size: d.size, Digests: make(map[HashName][]byte, len(d.hashes))}
	for i, h := range d.hashes {
		c.Digests[d.names[i]] = h.Sum(nil)
	}
	return c
}

// ContentOf digests a file held in memory.
func ContentOf(file []byte, families ...Family) Content {
	d := NewDigester(families...)
	d.Write(file)
	return d.Content()
}

// ReadContent digests r to its end.
func ReadContent(r io.Reader, families ...Family) (Content, error) {
	d := NewDigester(families...)
	if _, err := io.Copy(d, r); err != nil {
		return Content{}, fmt.Errorf("digest content: %w", err)
	}
	return d.Content(), nil
}

// hashesOf lists the digest algorithms of families, each name once.
func hashesOf(families []Family) []Hash {
	var all []Hash
	seen := make(map[HashName]bool)
	for _, f := range families {
		for _, h := range f.Hashes() {
			if !seen[h.Name] {
				seen[h.Name] = true
				all = append(all, h)
			}
		}
	}
	return all
}

// sumOf is the digest of a short piece of data.
func (h Hash) sumOf(data []byte) []byte {
	sum := h.New()
	sum.Write(data)
	return sum.Sum(nil)
}

// isOf reports whether sum is the digest of data.
func (h Hash) isOf(sum, data []byte) bool { return bytes.Equal(sum, h.sumOf(data)) }
