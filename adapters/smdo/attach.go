package smdo

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

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
	info, err := d.files().Store(r.Context(), r.contour, "file", content)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("multipart", "file") // the client left in the middle
	}
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
