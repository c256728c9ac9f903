// Package blob keeps the files that travel with packets: scans, drawings, archives, detached signatures.
//
// A file too large to ride inside its packet is stored here first; the packet then names it by its digest
// (SHA-256 of the content) and by nothing else. Two organisations that send the same order thus share one copy, a
// file cannot be exchanged for another without its name changing, and names given by people never become paths.
// An adapter may confirm a packet to its system only when the packet and all its files are in custody (rule D1),
// which is why [Store.Put] returns no sooner than the content would survive a power failure.
//
// There are three stores behind one conformance suite (package blobtest): [Dir], a directory that is synced;
// [S3], a versioned bucket; [ObjectStore], a JetStream bucket whose servers sync every write.
//
// Which contour may name which file is not decided here: the record keeps who uploaded what (rule D13), and
// [Collector] describes how files that nobody names are removed without racing a packet that is about to name one.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
)

// Store holds contents under their digests. All methods may be called at once from many goroutines, and from
// several processes over one directory or bucket.
type Store interface {
	// Put reads r to its end, once, in memory that does not depend on the size, and stores the content. Every byte
	// is also written to each of also, in order: the digests of other signature families are computed there.
	//
	// When Put returns nil the content is durable and visible. Otherwise nothing of it is visible, except that after
	// an error of the store itself the whole content may be. More than limit bytes are refused with a
	// [*TooLargeError], other content than announced through [Expect] with a [*MismatchError]; an error of r or
	// of a writer is returned wrapped. Put looks at ctx between reads: a reader that blocks must itself end with ctx.
	//
	// Putting the same content again stores no second copy and is no error, but gives the content a new
	// Info.Version and Info.Stored, so that a [Store.Delete] decided on before does not take it away.
	Put(ctx context.Context, r io.Reader, limit int64, also ...io.Writer) (Info, error)

	// Open returns the content, to be closed by the caller. It is verified while it is read: of damaged content
	// the reader withholds the last bytes and fails with a [*DamagedError] where the end would be, so what was read
	// counts only once io.EOF is seen. Absent content is a [*NotFoundError]. The reader ends with ctx.
	Open(ctx context.Context, d Digest) (io.ReadCloser, Info, error)

	// Stat tells about content without reading it, or fails with a [*NotFoundError].
	Stat(ctx context.Context, d Digest) (Info, error)

	// Delete removes the content as info describes it. Content that was put again since (its version is another
	// one) stays, and neither that nor absence is an error. Readers that are open keep reading or fail; they never
	// see other bytes.
	Delete(ctx context.Context, info Info) error

	// List returns up to limit contents with digests above after, in order of digest; the zero digest starts.
	// An empty list is the end.
	List(ctx context.Context, after Digest, limit int) ([]Info, error)
}

// Info describes stored content.
//
// Of one content, each putting is stored later than the one before, or at the same time where the store's clock
// is coarse (S3: whole seconds); never earlier. [Collector] rests on it.
type Info struct {
	Digest  Digest
	Size    int64     // in bytes
	Stored  time.Time // when it was last put, by the store's clock; see below
	Version string    // names that putting and no other; opaque to all but the store
}

// Digest is the SHA-256 of a content, and its only name. The zero Digest names nothing.
type Digest [sha256.Size]byte

// ParseDigest reads the text form: 64 lower-case hexadecimal digits, nothing else.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return Digest{}, err
	}
	return d, nil
}

// String returns the text form: 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText returns the text form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form. Upper case is refused, so that one digest has one spelling.
func (d *Digest) UnmarshalText(text []byte) error {
	var read Digest
	if len(text) != hex.EncodedLen(len(read)) {
		return fmt.Errorf("digest of %d characters, want %d", len(text), hex.EncodedLen(len(read)))
	}
	if _, err := hex.Decode(read[:], text); err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	if read.String() != string(text) {
		return errors.New("digest: upper-case digits")
	}
	*d = read
	return nil
}

// TooLargeError says that a content has more bytes than was allowed.
type TooLargeError struct {
	Limit int64 // in bytes
}

func (e *TooLargeError) Error() string { return fmt.Sprintf("content larger than %d bytes", e.Limit) }

// MismatchError says that a content is not the one announced through [Expect].
type MismatchError struct {
	Want, Got Digest
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("content is %s, announced %s", e.Got, e.Want)
}

// NotFoundError says that the store has no such content.
type NotFoundError struct {
	Digest Digest
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("no content %s", e.Digest) }

// DamagedError says that what the store holds under a digest is not the content of that digest.
type DamagedError struct {
	Digest Digest
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("content %s is damaged: %s", e.Digest, e.Reason)
}
