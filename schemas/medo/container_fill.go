package medo

import (
	"archive/zip"
	"encoding/base64"
	"path"
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// absent is the code of a file that the passport names and the zip lacks.
func absent(r Role) Code {
	switch r {
	case RoleSignature, RoleContainerSignature:
		return SignatureAbsent
	case RoleAttachmentSignature:
		return AttachmentSignature
	case RoleRegistrationStamp:
		return RegistrationStamp
	case RoleSignatureStamp:
		return SignatureStamp
	}
	return FileAbsent
}

// fill gives the packet the sizes of its files, its signatures, and the small files that it keeps.
func (c *Container) fill() (problems Problems) {
	named := map[string]bool{passportName: true}
	left := c.limits.Kept
	for _, part := range c.Parts {
		f := c.files[part.Name]
		if f == nil {
			problems = append(problems, Problem{Code: absent(part.Role), Field: clip(part.Name)})
			continue
		}
		if named[part.Name] {
			continue // a picture that is used again; other names that come twice are told by the passport
		}
		named[part.Name] = true
		if err := c.take(part, f, &left); err != nil {
			problems = append(problems, Problem{Code: absent(part.Role), Field: clip(part.Name), Note: clip(err.Error())})
		}
	}
	d := c.Packet.Document
	if len(d.Files) > 0 && len(d.Files[0].Signatures) == 0 {
		problems = append(problems, Problem{Code: SignatureAbsent, Field: clip(d.Files[0].Name)})
	}
	for i := 1; i < len(d.Files); i++ {
		if len(d.Files[i].Signatures) == 0 {
			problems = append(problems, Problem{Code: AttachmentSignature, Field: clip(d.Files[i].Name)})
		}
	}
	c.strangers(named)
	return problems
}

// take brings one file of the passport into the packet: its size, or what is in it when it is small.
func (c *Container) take(part Part, f *zip.File, left *int64) error {
	switch part.Role {
	case RoleDocument, RoleAttachment:
		c.Packet.Document.Files[part.File].Size = int64(f.UncompressedSize64) // list has refused what does not fit
	case RoleSignature, RoleAttachmentSignature:
		data, err := c.read(part.Name, c.limits.Signature)
		if err != nil {
			return err
		}
		c.Packet.Document.Files[part.File].Signatures[part.Signature].CMS = data
	default:
		if f.UncompressedSize64 > uint64(max(*left, 0)) {
			c.Left = append(c.Left, part.Name)
			return nil
		}
		data, err := c.read(part.Name, *left)
		if err != nil {
			return err
		}
		*left -= int64(len(data))
		keep(c.Packet, ofContainer, []document.Variable{{Name: part.Name, Value: base64.StdEncoding.EncodeToString(data)}})
	}
	return nil
}

// strangers are files that the passport does not name.
func (c *Container) strangers(named map[string]bool) {
	for name := range c.files {
		if !named[name] {
			c.Left = append(c.Left, path.Base(name))
		}
	}
	c.Left = tidy(c.Left)
}

// Take gives a message what its container says: together they are the packet.
func (m *Message) Take(c *Container, o Options) *document.Packet {
	p := *c.Packet
	around := m.Packet
	if around == nil {
		around = &document.Packet{ID: document.PacketID{Sender: o.contour(m.Source), MsgID: document.MsgID(m.UID)}}
	}
	p.ID, p.Edition, p.Kind, p.Acknow, p.Sent, p.From = around.ID, document.Edition, document.Main, document.AcknowAlways, m.Created, around.From
	var variables []document.Variable
	for _, from := range []*document.Packet{around, c.Packet} {
		if from.Expansion != nil {
			variables = append(variables, from.Expansion.Variables...)
		}
	}
	p.Expansion = nil
	keep(&p, "", variables)
	p.To = slices.Clone(p.To)
	m.address(newCodec(o, m.Version, &p, nil), &p)
	m.Packet = &p
	return &p
}
