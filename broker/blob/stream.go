package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// Expect returns a reader of r for [Store.Put] that makes it refuse any content whose digest is not want. It
// must be handed to Put as it is, unwrapped; the content is still hashed only once.
func Expect(r io.Reader, want Digest) io.Reader { return &expecting{r, want} }

type expecting struct {
	io.Reader
	want Digest
}

// intake is content on its way into a store: it hashes, limits and copies to the other writers what is read from
// it, and returns io.EOF only when the whole content was good. Every store reads its uploads through one.
type intake struct {
	ctx   context.Context // of one Put
	r     io.Reader
	limit int64
	also  []io.Writer
	hash  hash.Hash
	size  int64
}

func newIntake(ctx context.Context, r io.Reader, limit int64, also []io.Writer) *intake {
	return &intake{ctx: ctx, r: r, limit: limit, also: also, hash: sha256.New()}
}

func (in *intake) Read(p []byte) (int, error) {
	if err := context.Cause(in.ctx); err != nil {
		return 0, err
	}
	if room := in.limit - in.size + 1; int64(len(p)) > room { // one byte more than allowed tells
		p = p[:max(room, 1)]
	}
	n, err := in.r.Read(p)
	in.size += int64(n)
	if in.size > in.limit {
		return 0, &TooLargeError{Limit: in.limit}
	}
	in.hash.Write(p[:n])
	for _, w := range in.also {
		if _, err := w.Write(p[:n]); err != nil {
			return 0, fmt.Errorf("copy to the caller's writer: %w", err)
		}
	}
	if err == io.EOF {
		if e, ok := in.r.(*expecting); ok && e.want != in.digest() {
			return 0, &MismatchError{Want: e.want, Got: in.digest()}
		}
	}
	return n, err
}

// digest is that of what has been read so far.
func (in *intake) digest() Digest { return Digest(in.hash.Sum(nil)) }

// verifying is content on its way out of a store. It gives no io.EOF, and not even the last bytes, unless the whole
// is what the digest names.
type verifying struct {
	io.ReadCloser
	ctx  context.Context // of one Open
	info Info
	hash hash.Hash
	read int64
	err  error // once set, for ever
}

func newVerifying(ctx context.Context, r io.ReadCloser, info Info) *verifying {
	return &verifying{ReadCloser: r, ctx: ctx, info: info, hash: sha256.New()}
}

func (v *verifying) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	if err := context.Cause(v.ctx); err != nil {
		return 0, err
	}
	n, err := v.ReadCloser.Read(p)
	v.hash.Write(p[:n])
	v.read += int64(n)
	if err == io.EOF || err == nil && v.read >= v.info.Size {
		if damage := v.verdict(); damage != nil {
			n, err = 0, damage
		}
	}
	if err != nil && err != io.EOF {
		n = 0
	}
	v.err = err
	return n, err
}

func (v *verifying) verdict() error {
	switch {
	case v.read != v.info.Size:
		return &DamagedError{v.info.Digest, fmt.Sprintf("%d bytes read of %d", v.read, v.info.Size)}
	case Digest(v.hash.Sum(nil)) != v.info.Digest:
		return &DamagedError{v.info.Digest, "its bytes have changed"}
	}
	return nil
}
