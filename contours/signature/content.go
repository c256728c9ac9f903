package signature

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"sync"
)

// Content is what a verifier needs of a file: its size in octets and its digests by algorithm.
type Content struct {
	Size    int64
	Digests map[HashName][]byte // that were taken beforehand

	file *heldFile // nil: it streamed past, and only Digests are left
}

// heldFile is a file in memory, whose other digests are taken when a signature asks for them, each once: a file
// signed by ECDSA does not pay for «Стрибог».
type heldFile struct {
	bytes   []byte
	mu      sync.Mutex
	digests map[HashName][]byte
}

// Digest returns the digest by h; nil when it was not taken and the file is not at hand.
func (c Content) Digest(h Hash) []byte {
	if sum, ok := c.Digests[h.Name]; ok || c.file == nil {
		return sum
	}
	c.file.mu.Lock()
	defer c.file.mu.Unlock()
	sum, ok := c.file.digests[h.Name]
	if !ok {
		sum = h.sumOf(c.file.bytes)
		c.file.digests[h.Name] = sum
	}
	return sum
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

// manyOctets is from where on it pays to take the digests of one Write side by side.
const manyOctets = 8 << 10

// Write adds p to the content; it never fails.
func (d *Digester) Write(p []byte) (int, error) {
	var wait sync.WaitGroup
	for _, h := range d.hashes {
		if len(p) < manyOctets {
			h.Write(p)
			continue
		}
		wait.Go(func() { h.Write(p) })
	}
	wait.Wait()
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

// ContentOf is a file held in memory: its SHA-256 is taken at once, other digests when they are needed. The file must
// not change while the Content is used.
func ContentOf(file []byte) Content {
	sum := sha256.Sum256(file)
	return Content{
		Size:    int64(len(file)),
		Digests: map[HashName][]byte{SHA256: sum[:]},
		file:    &heldFile{bytes: file, digests: make(map[HashName][]byte)},
	}
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
