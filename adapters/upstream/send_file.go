package upstream

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// attach brings a file to the draft, with its signatures. What is there with the same name and size is not brought again.
func (t *transfer) attach(ctx context.Context, d *shown, f outgoingFile) error {
	id, signed := "", 0
	for _, have := range d.Attachments {
		switch {
		case have.Name != f.name || have.ID == "":
		case have.Size == f.content.Size && id == "":
			id, signed = have.ID, len(have.Sign)
		default: // cut off, or there twice
			c := call{method: http.MethodDelete, path: t.path("/attach/" + url.PathEscape(have.ID))}
			if err := t.by.do(ctx, c, nothing); err != nil && !answered(err, http.StatusNotFound) {
				return err
			}
		}
	}
	if id == "" {
		var err error
		if id, err = t.upload(ctx, f); err != nil {
			return err
		}
	}
	if f.signatures == nil || signed == len(f.content.Signatures) {
		return nil
	}
	c := call{method: http.MethodPut, path: t.path("/attach/" + url.PathEscape(id) + "/signs")}
	c.body, c.size = text(f.signatures)
	return t.by.do(ctx, c, nothing)
}

func (t *transfer) upload(ctx context.Context, f outgoingFile) (id string, err error) {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="file"; filename="%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace(f.name)))
	h.Set("Content-Type", "application/octet-stream")
	if _, err := form.CreatePart(h); err != nil {
		return "", err
	}
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	var answer struct {
		ID string `json:"id"`
	}
	c := call{method: http.MethodPost, path: t.path("/attach"), contentType: form.FormDataContentType(), file: true, size: int64(head.Len()) + f.content.Size + int64(len(tail))}
	c.body = func() (io.ReadCloser, error) {
		content, err := t.Files.Open(ctx, f.content)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head.Bytes()), content, strings.NewReader(tail)), content}, nil
	}
	if err := t.by.do(ctx, c, into(&answer)); err != nil {
		return "", err
	}
	if answer.ID == "" {
		return "", fmt.Errorf("%w: a file without id", errAnswer)
	}
	return answer.ID, nil
}
