package medo

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Opener gives the content of a file of a packet.
type Opener func(a *document.Attachment) (io.ReadCloser, error)

// Inline opens the files that a packet holds itself.
func Inline(a *document.Attachment) (io.ReadCloser, error) {
	if a.Inline == nil {
		return nil, fmt.Errorf("file %q is not in the packet", a.Name)
	}
	return io.NopCloser(bytes.NewReader(a.Inline)), nil
}

// ErrUnfit is what WriteContainer returns when a container would not keep to the format; the Losses beside it say why.
var ErrUnfit = errors.New("the packet does not make a container of МЭДО")

// WriteContainer writes the container of a packet in version v, file by file as open gives them. Nothing is written when the
// format is not kept: then Missing or Unfit of the losses say why, and the error is ErrUnfit.
func WriteContainer(w io.Writer, p *document.Packet, v Version, o Options, open Opener) (Losses, error) {
	passport, c, losses := checkedPassport(p, v, o)
	small := c.small(&losses)
	if len(losses.Missing) > 0 || len(losses.Unfit) > 0 {
		return losses, ErrUnfit
	}
	z := &containerWriter{zip: zip.NewWriter(w), packet: p}
	z.write(passportName, zip.Deflate, bytes.NewReader(passport))
	for i, part := range c.parts {
		if !slices.ContainsFunc(c.parts[:i], func(p Part) bool { return p.Name == part.Name }) { // a picture may be used again
			z.part(part, small, open)
		}
	}
	if z.err == nil {
		z.err = z.zip.Close()
	}
	if z.err != nil {
		return losses, fmt.Errorf("write container of %s: %w", p.ID, z.err)
	}
	return losses, nil
}

// small are the files that a packet keeps as variables, and the stamps of the caller. Those that a part lacks are missing,
// those that no part names are lost.
func (c *codec) small(losses *Losses) map[string][]byte {
	files := map[string][]byte{}
	for _, x := range kept(c.packet, ofContainer) {
		if data, err := base64.StdEncoding.DecodeString(x.Value); err == nil {
			files[x.Name] = data
		}
	}
	for _, s := range c.stamps {
		files[s.Name] = s.PNG
	}
	for _, part := range c.parts {
		if part.File < 0 && files[part.Name] == nil {
			losses.Missing = append(losses.Missing, "file/"+part.Name)
		}
	}
	for name := range files {
		if !slices.ContainsFunc(c.parts, func(p Part) bool { return p.Name == name }) {
			losses.Lost = append(losses.Lost, ofContainer+name)
		}
	}
	losses.Lost = tidy(losses.Lost)
	return files
}

// containerWriter writes until the first error.
type containerWriter struct {
	zip    *zip.Writer
	packet *document.Packet
	err    error
}

func (z *containerWriter) part(part Part, small map[string][]byte, open Opener) {
	if z.err != nil {
		return
	}
	switch part.Role {
	case RoleDocument, RoleAttachment:
		r, err := open(&z.packet.Document.Files[part.File])
		if err != nil {
			z.err = err
			return
		}
		z.write(part.Name, zip.Deflate, r)
		z.err = errors.Join(z.err, r.Close())
	case RoleSignature, RoleAttachmentSignature:
		z.write(part.Name, zip.Deflate, bytes.NewReader(z.packet.Document.Files[part.File].Signatures[part.Signature].CMS))
	default:
		z.write(part.Name, zip.Store, bytes.NewReader(small[part.Name]))
	}
}

func (z *containerWriter) write(name string, method uint16, r io.Reader) {
	if z.err != nil {
		return
	}
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: z.packet.Sent})
	if err == nil {
		_, err = io.Copy(w, r)
	}
	z.err = err
}
