// Package ledger is the book in which every receipt stands in order, so that an auditor can check later
// that none was changed, lost or slipped in between.
//
// It is one append-only file of canonical receipts. Each is chained to all before it by a running hash,
//
//	h(0) = SHA-256("")    h(n+1) = SHA-256(h(n) ‖ SHA-256(receipt n))
//
// and after every batch the hub signs a checkpoint: how many receipts there are, and the running hash of
// the last. The file is a function of the record (D4): receipts have their numbers before they come here,
// so a file that was lost or torn is written again byte for byte, and two writers cannot differ.
//
// # Form of the file
//
// Frames, one after another: a type (1 octet), a length (4 octets, big-endian), the bytes, and a CRC-32C
// of all of these (4 octets). A frame of type 'L' is a leaf; one of type 'C' is a checkpoint, a signed note
// (golang.org/x/mod/sumdb/note) whose text is
//
//	<origin>
//	<number of leaves>
//	<running hash, base64>
//
// What stands behind the last whole checkpoint was not finished: opening the ledger cuts it off, and the
// record gives it again.
package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// MaxLeaf is the size of a receipt at most, in bytes (it must fit a C2SP tlog entry).
const MaxLeaf = 65_535

const (
	leafFrame       = 'L'
	checkpointFrame = 'C'
	frameHead       = 5
	frameTail       = 4
	fileName        = "ledger.log"
	hintFile        = "ledger.hint"
)

// ErrDamaged says that a frame before the last checkpoint is not what was written: bits flipped, or
// somebody changed the file.
var ErrDamaged = errors.New("ledger: damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Hash is a running hash.
type Hash [sha256.Size]byte

// Checkpoint is the signed head of the ledger.
type Checkpoint struct {
	Leaves int64
	Hash   Hash
	Note   []byte // the signed note
}

// Ledger is the open book. It belongs to one goroutine, the sealer's; readers open the file themselves.
type Ledger struct {
	dir    string
	file   *os.File
	signer note.Signer
	origin string

	size   int64 // bytes up to the last checkpoint
	head   Checkpoint
	buffer []byte
	broken error // a failed write: what stands on disk is unknown until the ledger is opened again
}

// Open opens or makes the ledger in dir. The signer's name is the origin of the checkpoints.
func Open(dir string, signer note.Signer, verifier note.Verifier) (*Ledger, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, fileName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{dir: dir, file: file, signer: signer, origin: signer.Name(), head: Checkpoint{Hash: sha256.Sum256(nil)}}
	if err := l.recover(verifier); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// recover finds the last whole checkpoint and cuts off what stands behind it. It starts at the place that
// the hint names, where a checkpoint with a good signature stands, or else at the beginning.
func (l *Ledger) recover(verifier note.Verifier) error {
	start, head := l.hint(verifier)
	l.size, l.head = start, head
	scan := newScanner(l.file, start, verifier, head)
	for {
		frame, err := scan.next()
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTorn) {
			if err := whole(l.file, scan, err); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return err
		}
		if frame.checkpoint != nil {
			l.size, l.head = scan.offset, *frame.checkpoint
		}
	}
	if err := l.file.Truncate(l.size); err != nil {
		return fmt.Errorf("cut ledger at %d: %w", l.size, err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync ledger: %w", err)
	}
	return syncDir(l.dir)
}

// Head is the last checkpoint.
func (l *Ledger) Head() Checkpoint { return l.head }

// Append writes the leaves, whose numbers follow the last one written, signs a checkpoint over them, and
// syncs both together. After an error the ledger takes nothing more until it is opened again.
func (l *Ledger) Append(leaves [][]byte) error {
	if l.broken != nil {
		return l.broken
	}
	if len(leaves) == 0 {
		return nil
	}
	head := Checkpoint{Leaves: l.head.Leaves, Hash: l.head.Hash}
	buffer := l.buffer[:0]
	for _, leaf := range leaves {
		if len(leaf) > MaxLeaf {
			return fmt.Errorf("ledger: leaf %d has %d bytes, at most %d fit", head.Leaves, len(leaf), MaxLeaf)
		}
		buffer = appendFrame(buffer, leafFrame, leaf)
		head.Hash = chain(head.Hash, leaf)
		head.Leaves++
	}
	signed, err := note.Sign(&note.Note{Text: checkpointText(l.origin, head)}, l.signer)
	if err != nil {
		return fmt.Errorf("sign checkpoint %d: %w", head.Leaves, err)
	}
	head.Note = signed
	buffer = appendFrame(buffer, checkpointFrame, signed)
	l.buffer = buffer
	if err := l.write(buffer); err != nil {
		l.broken = fmt.Errorf("ledger at %d leaves: %w", l.head.Leaves, err)
		return l.broken
	}
	l.remember(l.size + int64(len(buffer)) - int64(frameHead+len(signed)+frameTail))
	l.size += int64(len(buffer))
	l.head = head
	return nil
}

func (l *Ledger) write(b []byte) error {
	if _, err := l.file.WriteAt(b, l.size); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer d.Close()
	return d.Sync()
}

// Close ends the use of the ledger.
func (l *Ledger) Close() error { return l.file.Close() }

// remember notes every few megabytes where a checkpoint stands, so that opening need not read the whole
// file. The hint is only that: a wrong or missing one costs time.
func (l *Ledger) remember(offset int64) {
	const every = 16 << 20
	if l.size/every == offset/every && l.size > 0 {
		return
	}
	name := filepath.Join(l.dir, hintFile)
	if os.WriteFile(name+".new", strconv.AppendInt(nil, offset, 10), 0o600) == nil {
		_ = os.Rename(name+".new", name)
	}
}

func (l *Ledger) hint(verifier note.Verifier) (int64, Checkpoint) {
	empty := Checkpoint{Hash: sha256.Sum256(nil)}
	text, err := os.ReadFile(filepath.Join(l.dir, hintFile))
	if err != nil {
		return 0, empty
	}
	offset, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || offset <= 0 {
		return 0, empty
	}
	r := bufio.NewReader(io.NewSectionReader(l.file, offset, 1<<40))
	kind, body, n, err := readFrame(r, nil)
	if err != nil || kind != checkpointFrame {
		return 0, empty
	}
	c, err := parseCheckpoint(body, verifier)
	if err != nil {
		return 0, empty
	}
	return offset + n, c
}

func chain(h Hash, leaf []byte) Hash {
	d := sha256.Sum256(leaf)
	var both [2 * sha256.Size]byte
	copy(both[:], h[:])
	copy(both[sha256.Size:], d[:])
	return sha256.Sum256(both[:])
}

func checkpointText(origin string, c Checkpoint) string {
	return origin + "\n" + strconv.FormatInt(c.Leaves, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Hash[:]) + "\n"
}

func parseCheckpoint(signed []byte, verifier note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint: %w", ErrDamaged, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 3 || lines[0] != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint text %q", ErrDamaged, n.Text)
	}
	leaves, err := strconv.ParseInt(lines[1], 10, 64)
	hash, err2 := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || err2 != nil || len(hash) != sha256.Size {
		return Checkpoint{}, fmt.Errorf("%w: checkpoint text %q", ErrDamaged, n.Text)
	}
	return Checkpoint{Leaves: leaves, Hash: Hash(hash), Note: bytes.Clone(signed)}, nil
}

func appendFrame(b []byte, kind byte, body []byte) []byte {
	start := len(b)
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// Leaves is how many receipts stand in the ledger.
func (l *Ledger) Leaves() int64 { return l.head.Leaves }
