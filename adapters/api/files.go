package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// UploadFile stores a file that a packet will name.
func (d *door) UploadFile(ctx context.Context, r openapi.UploadFileRequestObject) (openapi.UploadFileResponseObject, error) {
	body := r.Body
	if body == nil {
		return nil, errMedia
	}
	var announced *blob.Digest
	if r.Params.Sha256 != nil {
		want, err := blob.ParseDigest(*r.Params.Sha256)
		if err != nil {
			return nil, bad("sha256", "64 hexadecimal digits")
		}
		announced, body = &want, blob.Expect(body, want)
	}
	if err := d.room(ctx, announced); err != nil {
		return nil, err
	}
	info, err := d.store(ctx, "body", body)
	if err != nil {
		return nil, err
	}
	return openapi.UploadFile201JSONResponse{Sha256: info.Digest.String(), Size: info.Size}, nil
}

// room refuses an upload before it is read, when its announced length goes beyond the contour's quota: nobody fills the
// store with what will be refused. Of an announced digest it is known whether it is a repeat, which costs nothing.
// Hub.NoteUpload has the last word.
func (d *door) room(ctx context.Context, announced *blob.Digest) error {
	call := callOf(ctx)
	c := d.hub.Book().Contour(call.Contour)
	if c == nil || c.Quota == 0 || call.length <= 0 {
		return nil
	}
	stored, err := d.Record.Stored(ctx, call.Contour)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	fault := contours.CheckBytes(c, stored+call.length)
	if fault != nil && announced != nil {
		switch _, err := d.hub.UploadOf(ctx, call.Contour, *announced); {
		case err == nil:
			return nil
		case ignoreNotFound(err) != nil:
			return err
		}
	}
	if fault != nil {
		return document.Faults{*fault}
	}
	return nil
}

// store is adapters.Files.Store for the caller, which may have announced the digest.
func (d *door) store(ctx context.Context, field string, r io.Reader) (blob.Info, error) {
	info, err := adapters.Files{Hub: d.hub, Blobs: d.Blobs, Verifier: d.Verifier}.Store(ctx, callOf(ctx).Contour, field, r)
	if other := (*blob.MismatchError)(nil); errors.As(err, &other) {
		return info, document.Faults{document.NewFault(document.FileDigest, field)}
	}
	return info, err
}

// completeFiles fills in sizes and digests that the sender left out. A file that was never uploaded stays
// without a size; admission says what is wrong with it, together with everything else.
func (d *door) completeFiles(ctx context.Context, p *document.Packet) error {
	for _, a := range p.Files {
		switch {
		case a.Inline != nil:
			if a.Size == 0 {
				a.Size = int64(len(a.Inline))
			}
			if a.SHA256 == [32]byte{} {
				a.SHA256 = sha256.Sum256(a.Inline)
			}
		case a.Size == 0 && a.SHA256 != [32]byte{}:
			u, err := d.hub.UploadOf(ctx, p.ID.Sender, a.SHA256)
			if err == nil {
				a.Size = u.Size
			}
			if ignoreNotFound(err) != nil {
				return err
			}
		}
	}
	return nil
}

// GetPacketFile streams one file of a packet that the contour sent or was sent.
func (d *door) GetPacketFile(ctx context.Context, r openapi.GetPacketFileRequestObject) (openapi.GetPacketFileResponseObject, error) {
	_, body, err := d.visibleBody(ctx, r.Packet)
	if err != nil {
		return nil, err
	}
	return d.openFile(ctx, body, r.Sha256)
}

// openFile opens the file of p with that digest; only digests that p names are looked up.
func (d *door) openFile(ctx context.Context, p *document.Packet, digest string) (*fileAnswer, error) {
	want, err := blob.ParseDigest(digest)
	if err != nil {
		return nil, notFound("file")
	}
	for _, a := range p.Files {
		if a.SHA256 != want {
			continue
		}
		if a.Inline != nil {
			return &fileAnswer{name: a.Name, size: a.Size, content: io.NopCloser(bytes.NewReader(a.Inline))}, nil
		}
		content, info, err := d.Blobs.Open(ctx, want)
		if absent := (*blob.NotFoundError)(nil); errors.As(err, &absent) {
			return nil, d.absent(ctx, p.ID.Sender, want)
		}
		if err != nil {
			return nil, fmt.Errorf("open file: %w", err)
		}
		return &fileAnswer{name: a.Name, size: info.Size, content: content}, nil
	}
	return nil, notFound("file")
}

// errLost is a file that the hub took custody of and cannot give back.
var errLost = errors.New("a file in custody is missing from the store")

// absent tells a file that never came, or was never used, from one that the hub has lost.
func (d *door) absent(ctx context.Context, sender document.ContourCode, digest blob.Digest) error {
	u, err := d.hub.UploadOf(ctx, sender, digest)
	switch {
	case ignoreNotFound(err) != nil:
		return err
	case err == nil && u.Adopted:
		return fmt.Errorf("%w: %s of %s", errLost, digest, sender)
	}
	return notFound("file")
}

// fileAnswer sends a file for saving: a browser must neither show nor guess it.
type fileAnswer struct {
	name    string
	size    int64
	content io.ReadCloser
}

func (f *fileAnswer) send(w http.ResponseWriter) error {
	defer func() { _ = f.content.Close() }()
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": f.name})
	if disposition == "" {
		disposition = "attachment"
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", disposition)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Content-Length", fmt.Sprint(f.size))
	_, err := io.Copy(w, &patientFile{f.content, http.NewResponseController(w)})
	if err != nil {
		return fmt.Errorf("send file: %w", err) // damaged content is withheld: the answer stays short
	}
	return nil
}

// Close gives up an answer that is not sent.
func (f *fileAnswer) Close() error { return f.content.Close() }

// VisitGetPacketFileResponse writes the answer.
func (f *fileAnswer) VisitGetPacketFileResponse(w http.ResponseWriter) error { return f.send(w) }

// VisitGetCardFileResponse writes the answer.
func (f *fileAnswer) VisitGetCardFileResponse(w http.ResponseWriter) error { return f.send(w) }

// contentOf is what a verifier or a signer needs of a file that sender sent or will send.
func (d *door) contentOf(ctx context.Context, sender document.ContourCode, a *document.Attachment) (signature.Content, error) {
	if a.Inline != nil {
		return signature.ContentOf(a.Inline), nil
	}
	u, err := d.hub.UploadOf(ctx, sender, a.SHA256)
	if err != nil {
		return signature.Content{}, err
	}
	content := signature.Content{Size: u.Size, Digests: map[signature.HashName][]byte{}}
	for name, digest := range u.Digests {
		content.Digests[signature.HashName(name)] = digest
	}
	return content, nil
}
