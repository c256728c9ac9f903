package smdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// attach stores a file of a draft. A second one of the same name takes the first one's place: an upload that was cut off is
// begun again, and what was there of it is forgotten.
func (d *door) attach(w http.ResponseWriter, r *request) error {
	if p, err := d.draft(r.Context(), r.contour, r.PathValue("package")); err != nil {
		return err
	} else if p.Sent {
		return errSent
	}
	name, content, err := filePart(r.Request)
	if err != nil {
		return err
	}
	info, err := d.store(r.Context(), r.contour, content)
	if err != nil {
		return err
	}
	if _, err := content.Read(make([]byte, 1)); err != io.EOF {
		return malformed("multipart", "file")
	}
	var id string
	_, err = d.edit(r.Context(), r.contour, r.PathValue("package"), func(p *draft) error {
		for i := range p.Files {
			if f := &p.Files[i]; f.Name == name {
				if f.SHA256 != info.Digest {
					f.Signs = nil // they are of another file
				}
				f.SHA256, f.Size, id = info.Digest, info.Size, fileID(f.Number)
				return nil
			}
		}
		if len(p.Files) >= document.MaxFiles {
			return document.Faults{document.NewFault(document.FileMany, "attachments", fmt.Sprint("> ", document.MaxFiles), fmt.Sprint(document.MaxFiles))}
		}
		p.Next++
		id = fileID(p.Next)
		p.Files = append(p.Files, draftFile{Number: p.Next, Name: name, SHA256: info.Digest, Size: info.Size})
		return nil
	})
	if err != nil {
		return err
	}
	return answerJSON(w, http.StatusCreated, map[string]any{"id": id, "name": name, "size": info.Size, "sign": []any{}})
}

// filePart finds the part «file» of a multipart body, with the name that the message has for it.
func filePart(r *http.Request) (name string, content io.Reader, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, malformed("Content-Type", "multipart/form-data")
	}
	for range 10 {
		part, err := parts.NextPart()
		if err != nil {
			return "", nil, malformed("multipart", "file")
		}
		if part.FormName() != "file" {
			continue
		}
		name = part.FileName()
		if name == "" || utf8.RuneCountInString(name) > document.MaxName || !utf8.ValidString(name) {
			return "", nil, document.Faults{document.NewFault(document.FileName, "filename")}
		}
		return name, part, nil
	}
	return "", nil, malformed("multipart", "file")
}

func malformed(field, what string) error {
	return &refusal{http.StatusBadRequest, document.Faults{document.NewFault(document.PacketMalformed, field, what)}}
}

// store puts a file into the blob store under the contour's quota and notes whose it is (D13).
func (d *door) store(ctx context.Context, contour document.ContourCode, content io.Reader) (blob.Info, error) {
	limit, quota := d.hub.Limits.File, false
	c := d.hub.Book().Contour(contour)
	if c != nil && c.Quota > 0 && int64(c.Quota) < limit {
		limit, quota = int64(c.Quota), true
	}
	digests := d.Verifier.NewDigester()
	info, err := d.Blobs.Put(ctx, content, limit, digests)
	var large *blob.TooLargeError
	switch {
	case errors.As(err, &large) && quota:
		return info, document.Faults{*contours.CheckBytes(c, limit+1)}
	case errors.As(err, &large):
		return info, document.Faults{document.NewFault(document.FileTooLarge, "file", fmt.Sprint("> ", limit), fmt.Sprint(limit))}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return info, malformed("multipart", "file") // the client left in the middle
	case err != nil:
		return info, fmt.Errorf("store file: %w", err)
	case info.Size == 0:
		return info, document.Faults{document.NewFault(document.FileEmpty, "file")}
	}
	err = d.hub.NoteUpload(ctx, contour, info, digests.Content())
	if errors.Is(err, record.ErrStale) {
		err = fmt.Errorf("%w: %w", broker.ErrBusy, err) // given up while it was noted: upload it again
	}
	return info, err
}
