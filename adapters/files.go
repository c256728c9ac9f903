package adapters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Files takes and gives the files of packets.
type Files struct {
	Hub      *broker.Hub
	Blobs    blob.Store
	Verifier *signature.Verifier
}

// Store puts a file into the blob store, within the contour's quota, and notes whose it is (D13). It is hashed once, for
// every enabled family, while it streams. What is wrong with it is document.Faults about the field; io.ErrUnexpectedEOF is
// a sender that left in the middle.
func (f Files) Store(ctx context.Context, contour document.ContourCode, field string, content io.Reader) (blob.Info, error) {
	limit, quota := f.Hub.Limits.File, false
	c := f.Hub.Book().Contour(contour)
	if c != nil && c.Quota > 0 && int64(c.Quota) < limit {
		limit, quota = int64(c.Quota), true
	}
	digests := f.Verifier.NewDigester()
	info, err := f.Blobs.Put(ctx, content, limit, digests)
	var large *blob.TooLargeError
	switch {
	case errors.As(err, &large) && quota:
		return info, document.Faults{*contours.CheckBytes(c, limit+1)}
	case errors.As(err, &large):
		return info, document.Faults{document.NewFault(document.FileTooLarge, field, fmt.Sprint("> ", limit), fmt.Sprint(limit))}
	case err != nil:
		return info, fmt.Errorf("store file: %w", err)
	case info.Size == 0:
		return info, document.Faults{document.NewFault(document.FileEmpty, field)}
	}
	err = f.Hub.NoteUpload(ctx, contour, info, digests.Content())
	if errors.Is(err, record.ErrStale) {
		err = fmt.Errorf("%w: %w", broker.ErrBusy, err) // given up while it was noted: store it again
	}
	return info, err
}

// Spill stores a file that came inside a message when it is too large to stay inside the packet, and completes its size
// and digest.
func (f Files) Spill(ctx context.Context, contour document.ContourCode, field string, a *document.Attachment) error {
	a.Size, a.SHA256 = int64(len(a.Inline)), sha256.Sum256(a.Inline)
	if a.Size <= f.Hub.Limits.InlineFile {
		return nil
	}
	if _, err := f.Store(ctx, contour, field, bytes.NewReader(a.Inline)); err != nil {
		return err
	}
	a.Inline = nil
	return nil
}

// Open opens a file of a packet for reading.
func (f Files) Open(ctx context.Context, a *document.Attachment) (io.ReadCloser, error) {
	if a.Inline != nil {
		return io.NopCloser(bytes.NewReader(a.Inline)), nil
	}
	content, _, err := f.Blobs.Open(ctx, a.SHA256)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return content, nil
}
