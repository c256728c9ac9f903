package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"os"
	"path/filepath"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// submit hands a packet with its files to the hub; files are streamed. check only asks what would be refused.
func (c *client) submit(ctx context.Context, p *document.Packet, files []outgoing, check bool) (openapi.Outcome, error) {
	params := &openapi.SubmitPacketParams{Check: optional(check), Lang: c.lang()}
	if len(files) == 0 {
		return answer[openapi.Outcome](c.SubmitPacket(ctx, params, openapi.Packet(*p)))
	}
	envelope, err := json.Marshal(openapi.Packet(*p))
	if err != nil {
		return openapi.Outcome{}, fmt.Errorf("packet: %w", err)
	}
	return stream[openapi.Outcome](func(w *multipart.Writer) error {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="packet"`}, "Content-Type": {"application/json"}})
		if err != nil {
			return err
		}
		if _, err := part.Write(envelope); err != nil {
			return err
		}
		return writeFiles(w, files)
	}, func(contentType string, body io.Reader) (openapi.Outcome, error) {
		return answer[openapi.Outcome](c.SubmitPacketWithBody(ctx, params, contentType, body))
	})
}

// stream sends what write writes while it is written, so that no file is held in memory.
func stream[T any](write func(*multipart.Writer) error, send func(contentType string, body io.Reader) (T, error)) (T, error) {
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	written := make(chan error, 1)
	go func() {
		err := write(form)
		if err == nil {
			err = form.Close()
		}
		written <- err
		_ = w.CloseWithError(err)
	}()
	value, err := send(form.FormDataContentType(), r)
	_ = r.Close() // the hub may have answered before it read everything
	if failed := <-written; err == nil && failed != nil {
		err = failed
	}
	return value, err
}

func writeFiles(w *multipart.Writer, files []outgoing) error {
	for i := range files {
		f := &files[i]
		if err := writePart(w, "file", f.name, f.open); err != nil {
			return err
		}
		for _, cms := range f.signatures {
			open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(cms)), nil }
			if err := writePart(w, "signature", f.name, open); err != nil {
				return err
			}
		}
	}
	return nil
}

func writePart(w *multipart.Writer, field, name string, open func() (io.ReadCloser, error)) error {
	r, err := open()
	if err != nil {
		return err
	}
	defer r.Close()
	kind := mime.TypeByExtension(filepath.Ext(name))
	if kind == "" || field == "signature" {
		kind = "application/octet-stream"
	}
	disposition := mime.FormatMediaType("form-data", map[string]string{"name": field, "filename": name})
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}})
	if err != nil {
		return err
	}
	_, err = io.Copy(part, r)
	return err
}

func (f *outgoing) open() (io.ReadCloser, error) {
	if f.path == "" {
		return io.NopCloser(bytes.NewReader(f.content)), nil
	}
	return os.Open(f.path)
}

// emulate lets «Эмулятор ЭЦП» sign the files in the name of a participant.
func (c *client) emulate(ctx context.Context, how *Files, files []outgoing) error {
	params := &openapi.EmulateSignatureParams{Participant: how.Emulate, Algorithm: optional(how.Algorithm)}
	for i := range files {
		content, err := files[i].open()
		if err != nil {
			return err
		}
		s, err := answer[openapi.EmulatedSignature](c.EmulateSignatureWithBody(ctx, params, "application/octet-stream", content))
		_ = content.Close()
		if err != nil {
			return err
		}
		files[i].signatures = append(files[i].signatures, s.Cms)
	}
	return nil
}
