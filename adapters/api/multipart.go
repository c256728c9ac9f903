package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// maxParts bounds a multipart request: every file with a few signatures.
const maxParts = 4 * document.MaxFiles

// parts is what a multipart request held: files by name, in the order in which they came.
type parts struct {
	packet     *document.Packet
	files      []document.Attachment
	signatures map[string][]document.Signature
	inline     int64 // bytes of files kept in memory so far
}

// readParts reads a packet from a multipart request. Files stream by: small ones ride in the packet, as long
// as there is room, others go to the blob store (D15).
func (d *door) readParts(ctx context.Context, r *multipart.Reader) (*document.Packet, error) {
	got := parts{signatures: map[string][]document.Signature{}}
	if err := d.eachPart(ctx, r, &got); err != nil {
		return nil, err
	}
	if got.packet == nil {
		return nil, bad("packet", "required")
	}
	return got.packet, got.join()
}

func (d *door) eachPart(ctx context.Context, r *multipart.Reader, got *parts) error {
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenPart(err)
		}
		if n == maxParts {
			return document.Faults{document.NewFault(document.PacketParts, "", fmt.Sprint("> ", maxParts), fmt.Sprint(maxParts))}
		}
		if err := d.readPart(ctx, part, got); err != nil {
			return err
		}
	}
}

// brokenPart tells a body that ended early or is no multipart from one that is too large.
func brokenPart(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return bad("", "multipart/form-data")
}

func (d *door) readPart(ctx context.Context, part *multipart.Part, got *parts) error {
	switch part.FormName() {
	case "packet":
		text, err := io.ReadAll(io.LimitReader(part, maxJSON+1))
		if err != nil {
			return brokenPart(err)
		}
		if len(text) > maxJSON {
			return document.Faults{document.NewFault(document.PacketTooLarge, "packet", fmt.Sprint("> ", maxJSON), fmt.Sprint(maxJSON))}
		}
		var p openapi.Packet
		if err := p.UnmarshalJSON(text); err != nil {
			return err
		}
		got.packet = (*document.Packet)(&p)
		return nil
	case "file":
		a, err := d.readFile(ctx, part, d.hub.Limits.InlineTotal-got.inline)
		if err != nil {
			return err
		}
		got.inline += int64(len(a.Inline))
		got.files = append(got.files, a)
		return nil
	case "signature":
		s, err := d.readSignature(part)
		if err != nil {
			return err
		}
		got.signatures[part.FileName()] = append(got.signatures[part.FileName()], s)
		return nil
	}
	return bad("", "part: packet, file, signature")
}

// readFile takes one file part: into memory when it may ride inside and room is left, else into the blob store.
func (d *door) readFile(ctx context.Context, part *multipart.Part, room int64) (document.Attachment, error) {
	a := document.Attachment{Name: part.FileName(), MediaType: part.Header.Get("Content-Type")}
	if a.Name == "" {
		return a, document.Faults{document.NewFault(document.FileName, "file")}
	}
	most := max(min(d.hub.Limits.InlineFile, room), 0)
	head, err := io.ReadAll(io.LimitReader(part, most+1))
	if err != nil {
		return a, brokenPart(err)
	}
	if int64(len(head)) <= most {
		a.Inline, a.Size = head, int64(len(head))
		return a, nil
	}
	info, err := d.store(ctx, "file", io.MultiReader(bytes.NewReader(head), part))
	if err != nil {
		return a, err
	}
	a.Size, a.SHA256 = info.Size, info.Digest
	return a, nil
}

func (d *door) readSignature(part *multipart.Part) (document.Signature, error) {
	limit := 2 * d.hub.Limits.SignatureCMS // as base64
	text, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return document.Signature{}, brokenPart(err)
	}
	if int64(len(text)) > limit {
		return document.Signature{}, document.Faults{document.NewFault(document.SignatureMalformed, "signature")}
	}
	return document.Signature{CMS: signatureDER(text)}, nil
}

// signatureDER takes the forms in which tools write a detached CMS: DER, PEM, base64. What is none of these
// stays as it is, and the verifier says so.
func signatureDER(text []byte) []byte {
	if block, _ := pem.Decode(text); block != nil {
		return block.Bytes
	}
	if der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), "")); err == nil {
		return der
	}
	return text
}

// join puts files and signatures where the packet names them. A file that the packet does not name becomes a
// file of the document.
func (got *parts) join() error {
	p := got.packet
	for i := range got.files {
		f := &got.files[i]
		at := named(p, f.Name)
		if at == nil {
			if p.Document == nil {
				p.Document = &document.Document{}
			}
			p.Document.Files = append(p.Document.Files, *f)
			continue
		}
		if at.SHA256 == [32]byte{} {
			at.SHA256 = f.SHA256
		}
		at.Inline, at.Size = f.Inline, f.Size
		if at.MediaType == "" {
			at.MediaType = f.MediaType
		}
		if f.Inline == nil && at.SHA256 != f.SHA256 {
			return document.Faults{document.NewFault(document.FileDigest, "file")}
		}
	}
	for name, s := range got.signatures {
		at := named(p, name)
		if at == nil {
			at = named(p, strings.TrimSuffix(name, suffixOf(name)))
		}
		if at == nil {
			return bad("signature", "no file of that name")
		}
		at.Signatures = append(at.Signatures, s...)
	}
	return nil
}

func named(p *document.Packet, name string) *document.Attachment {
	for _, a := range p.Files {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// suffixOf is the ending that tools give to a file's detached signature.
func suffixOf(name string) string {
	for _, s := range []string{".p7s", ".sig", ".sgn", ".sign", ".cms"} {
		if strings.HasSuffix(strings.ToLower(name), s) {
			return name[len(name)-len(s):]
		}
	}
	return ""
}
