package ledger

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// errTorn says that the bytes at the end are no whole frame: a write that was cut off.
var errTorn = errors.New("ledger: torn frame")

type frame struct {
	leaf       []byte
	checkpoint *Checkpoint
}

// scanner reads frames and checks every checkpoint against the hash of what was read.
type scanner struct {
	r        *bufio.Reader
	verifier note.Verifier
	offset   int64
	leaves   int64
	hash     Hash
	body     []byte
}

func newScanner(f io.ReaderAt, offset int64, verifier note.Verifier, head Checkpoint) *scanner {
	section := io.NewSectionReader(f, offset, 1<<62)
	return &scanner{r: bufio.NewReaderSize(section, 1<<20), verifier: verifier, offset: offset, leaves: head.Leaves, hash: head.Hash}
}

// next returns the next frame; its leaf is good until the next call.
func (s *scanner) next() (frame, error) {
	kind, body, n, err := readFrame(s.r, s.body)
	if err != nil {
		return frame{}, err
	}
	s.body = body
	s.offset += n
	switch kind {
	case leafFrame:
		s.hash = chain(s.hash, body)
		s.leaves++
		return frame{leaf: body}, nil
	case checkpointFrame:
		c, err := parseCheckpoint(body, s.verifier)
		if err != nil {
			return frame{}, err
		}
		if c.Leaves != s.leaves || c.Hash != s.hash {
			return frame{}, fmt.Errorf("%w: the checkpoint of %d leaves does not fit the %d leaves before it", ErrDamaged, c.Leaves, s.leaves)
		}
		return frame{checkpoint: &c}, nil
	}
	return frame{}, errTorn
}

func readFrame(r *bufio.Reader, buffer []byte) (kind byte, body []byte, n int64, err error) {
	var head [frameHead]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, 0, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > MaxLeaf {
		return 0, nil, 0, errTorn
	}
	if cap(buffer) < int(size)+frameTail {
		buffer = make([]byte, 0, int(size)+frameTail)
	}
	body = buffer[:int(size)+frameTail]
	if _, err = io.ReadFull(r, body); err != nil {
		return 0, nil, 0, err
	}
	sum := binary.BigEndian.Uint32(body[size:])
	body = body[:size]
	if crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, body) != sum {
		return 0, nil, 0, errTorn
	}
	return head[0], body, int64(frameHead) + int64(size) + frameTail, nil
}

// Verify reads the whole ledger in dir, checks every frame, every checkpoint and its signature, and hands
// each leaf to visit (which may be nil) with its number. It returns the last checkpoint. It may run while
// the sealer writes: leaves behind the last checkpoint are not visited.
func Verify(dir string, verifier note.Verifier, visit func(no int64, leaf []byte) error) (Checkpoint, error) {
	file, err := os.Open(filepath.Join(dir, fileName))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("verify ledger: %w", err)
	}
	defer file.Close()
	last := Checkpoint{Hash: sha256.Sum256(nil)}
	scan := newScanner(file, 0, verifier, last)
	var waiting [][]byte // leaves since the last checkpoint
	for {
		f, err := scan.next()
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTorn) {
			return last, whole(file, scan, err)
		}
		if err != nil {
			return last, err
		}
		if f.leaf != nil {
			waiting = append(waiting, append([]byte(nil), f.leaf...))
			continue
		}
		for i, leaf := range waiting {
			if visit == nil {
				break
			}
			if err := visit(last.Leaves+int64(i), leaf); err != nil {
				return last, err
			}
		}
		waiting, last = waiting[:0], *f.checkpoint
	}
}

// whole tells an unfinished tail from damage: behind a damaged frame more frames follow, with a
// checkpoint among them whose number is greater. A tail that ends the file is unfinished.
func whole(file io.ReaderAt, s *scanner, cause error) error {
	if cause == io.EOF {
		return nil
	}
	r := bufio.NewReaderSize(io.NewSectionReader(file, s.offset, 1<<62), 1<<20)
	for {
		b, err := r.Peek(frameHead)
		if err != nil {
			return nil
		}
		if b[0] == checkpointFrame {
			size := int(binary.BigEndian.Uint32(b[1:]))
			if size <= MaxLeaf {
				if full, err := r.Peek(frameHead + size); err == nil {
					if c, err := parseCheckpoint(full[frameHead:], s.verifier); err == nil && c.Leaves > s.leaves {
						return fmt.Errorf("%w: a frame at offset %d, before the checkpoint of %d leaves", ErrDamaged, s.offset, c.Leaves)
					}
				}
			}
		}
		if _, err := r.Discard(1); err != nil {
			return nil
		}
	}
}
