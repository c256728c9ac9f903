package medo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/folder"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	codec "github.com/smdo-hub/smdo-hub/schemas/medo"
)

// Octets that are read of the texts of a message.
const (
	maxCommunication = 16 << 20
	maxEnvelope      = 1 << 20
	maxSignature     = 64 << 10
)

// Read says what a message means.
func (t *Translator) Read(ctx context.Context, from document.ContourCode, found *folder.Found) (*folder.Meaning, error) {
	var m *codec.Message
	meaning := &folder.Meaning{}
	var problems codec.Problems
	meaning.Refuse = func(faults document.Faults) *adapters.Message { return t.refuse(from, m, problems, faults) }
	envelope, err := t.readEnvelope(found, &problems)
	if err != nil {
		return meaning, err
	}
	name := communicationOf(found)
	if name == "" {
		problems = append(problems, codec.Problem{Code: codec.MessageSchema, Field: "document.xml"})
		return meaning, problems.Faults()
	}
	text, err := found.Read(name, maxCommunication)
	if err != nil {
		return meaning, err
	}
	o := t.options()
	m, err = codec.Decode(text, o)
	problems = append(problems, problemsOf(err)...)
	if m == nil || len(problems) > 0 && m.Packet == nil {
		return meaning, problems.Faults()
	}
	if m.IsReport() && len(problems) == 0 {
		meaning.Report, err = t.report(ctx, from, m, o)
		return meaning, err
	}
	if err := t.packet(ctx, from, m, envelope, found, o, &problems); err != nil {
		return meaning, err
	}
	if len(problems) > 0 {
		return meaning, problems.Faults()
	}
	meaning.Packet = m.Packet
	return meaning, nil
}

func problemsOf(err error) codec.Problems {
	var p codec.Problems
	errors.As(err, &p)
	return p
}

// readEnvelope reads the envelope of a message. Some correspondents send none.
func (t *Translator) readEnvelope(found *folder.Found, problems *codec.Problems) (*codec.Envelope, error) {
	for name := range found.Files {
		if lower := strings.ToLower(name); lower != "envelope.ini" && lower != "envelope.ltr" {
			continue
		}
		text, err := found.Read(name, maxEnvelope)
		if err != nil {
			return nil, err
		}
		e, err := codec.DecodeEnvelope(text, codec.Options{})
		*problems = append(*problems, problemsOf(err)...)
		return e, nil
	}
	return new(codec.Envelope), nil
}

// communicationOf is the XML of a message: one of the usual names, or the only XML.
func communicationOf(found *folder.Found) string {
	var others []string
	for _, usual := range []string{"message.xml", "document.xml", "communication.xml", "acknowledgment.xml", "notification.xml"} {
		for name := range found.Files {
			if strings.EqualFold(name, usual) {
				return name
			}
		}
	}
	for name := range found.Files {
		if strings.EqualFold(path.Ext(name), ".xml") {
			others = append(others, name)
		}
	}
	if len(others) == 1 {
		return others[0]
	}
	return ""
}

// report is what an acknowledgment or a notification says, about the packet that was handed over under that name.
func (t *Translator) report(ctx context.Context, from document.ContourCode, m *codec.Message, o codec.Options) (*document.Report, error) {
	var alias string
	if m.Acknowledgment != nil {
		if m.Acknowledgment.Unreadable() {
			return nil, document.Faults{document.NewFault(document.PacketUnknown, "acknowledgment/@uid")}
		}
		alias = messageAlias(m.Acknowledgment.Message)
	} else {
		alias = documentAlias(m.Notification.Document)
	}
	about, err := adapters.Remembered(ctx, t.Record, contours.ProtocolMEDO, from, alias)
	if errors.Is(err, record.ErrNotFound) {
		return nil, document.Faults{document.NewFault(document.PacketUnknown, alias)}
	}
	if err != nil {
		return nil, err
	}
	r, _ := m.Report(o, nil)
	r.Packet, r.Reporter = about, from
	return r, nil
}

// packet completes the packet of a message: its container, its files, who it goes to, and what it answers.
func (t *Translator) packet(ctx context.Context, from document.ContourCode, m *codec.Message, e *codec.Envelope, found *folder.Found, o codec.Options, problems *codec.Problems) error {
	if m.Container != "" {
		if err := t.container(ctx, from, m, found, o, problems); err != nil || m.Packet == nil || m.Packet.Document == nil {
			return err
		}
	} else if err := t.readLoose(ctx, from, m, found, problems); err != nil {
		return err
	}
	p := m.Packet
	p.ID.Sender = contourOf(t.Files.Hub.Book(), m.Source.UID, "")
	if p.ID.Sender != from {
		return document.Faults{document.NewFault(document.PacketSender, "header/source/@uid")}
	}
	if p.Subject == "" {
		p.Subject = e.Subject
	}
	t.address(p, e)
	if p.Document.Sheets == 0 {
		p.Document.Sheets = 1 // the format does not demand the number, the hub does
	}
	if p.Author == "" {
		p.Author = adapters.Author(t.Files.Hub.Book(), from, p.Document)
	}
	return t.answers(ctx, from, p)
}

// address says who the receivers are: whom the envelope names, else whom the message does.
func (t *Translator) address(p *document.Packet, e *codec.Envelope) {
	book := t.Files.Hub.Book()
	var to []document.Receiver
	for _, address := range e.To {
		code := contourOf(book, "", address)
		if code == "" {
			code = document.ContourCode(address) // unknown: admission says so
		}
		if slices.ContainsFunc(to, func(r document.Receiver) bool { return r.Contour == code }) {
			continue
		}
		r := document.Receiver{Contour: code, System: document.System{Name: adapters.Organisation(book, code)}}
		for _, named := range p.To {
			if named.Contour == code || named.Organization != nil && strings.EqualFold(named.Organization.Text, r.System.Name) || len(p.To) == len(e.To) && len(p.To) == 1 {
				named.Contour = code
				r = named
			}
		}
		to = append(to, r)
	}
	if len(to) > 0 {
		p.To = to
	}
}

// answers finds out whether a document answers one that was handed to its sender: by the link that says so, or by any link
// to such a document, since those of a passport have no type.
func (t *Translator) answers(ctx context.Context, from document.ContourCode, p *document.Packet) error {
	d := p.Document
	var ids []string
	if d.Parent != nil {
		ids = append(ids, d.Parent.DocumentID)
	}
	for _, r := range d.Referred {
		ids = append(ids, r.ID)
	}
	for i, id := range ids {
		if id == "" {
			continue
		}
		asked, err := adapters.Remembered(ctx, t.Record, contours.ProtocolMEDO, from, documentAlias(id))
		if errors.Is(err, record.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if d.Parent == nil {
			d.Parent = &document.Parent{DocumentID: id, Number: d.Referred[i].Number}
		}
		d.Parent.LastMsgID, d.Parent.FirstMsgID, d.Parent.Contour, d.Parent.ByHub = asked.MsgID, asked.MsgID, asked.Sender, true
		p.Kind = document.Answer
		return nil
	}
	if p.Kind == document.Answer { // what it answers came by another way: it is a document like others
		p.Kind = document.Main
	}
	return nil
}

// container reads the container beside a message and stores its files as they stream out of it.
func (t *Translator) container(ctx context.Context, from document.ContourCode, m *codec.Message, found *folder.Found, o codec.Options, problems *codec.Problems) error {
	size, ok := found.Files[m.Container]
	if !ok {
		*problems = append(*problems, codec.Problem{Code: codec.FileAbsent, Field: m.Container})
		return nil
	}
	f, err := found.Open(m.Container)
	if err != nil {
		return err
	}
	defer f.Close()
	c, err := codec.OpenContainer(f, size, o)
	*problems = append(*problems, problemsOf(err)...)
	if c == nil || len(*problems) > 0 {
		return nil
	}
	p := m.Take(c, o)
	for _, part := range c.Parts {
		if part.File < 0 || part.Signature >= 0 || part.Role != codec.RoleDocument && part.Role != codec.RoleAttachment {
			continue
		}
		if err := t.store(ctx, from, &p.Document.Files[part.File], part.Name, func() (io.ReadCloser, error) { return c.Open(part.Name) }); err != nil {
			return err
		}
	}
	return nil
}

// readLoose stores the files that lie beside a message, and reads their signatures.
func (t *Translator) readLoose(ctx context.Context, from document.ContourCode, m *codec.Message, found *folder.Found, problems *codec.Problems) error {
	for _, part := range m.Parts {
		if part.File < 0 {
			continue
		}
		a := &m.Packet.Document.Files[part.File]
		if _, ok := found.Files[part.Name]; !ok {
			*problems = append(*problems, codec.Problem{Code: codec.FileAbsent, Field: part.Name})
			continue
		}
		if part.Signature < 0 {
			if err := t.store(ctx, from, a, part.Name, func() (io.ReadCloser, error) { return found.Open(part.Name) }); err != nil {
				return err
			}
			continue
		}
		cms, err := found.Read(part.Name, maxSignature)
		if err != nil {
			return err
		}
		for len(a.Signatures) <= part.Signature {
			a.Signatures = append(a.Signatures, document.Signature{})
		}
		a.Signatures[part.Signature].CMS = cms
	}
	return nil
}

func (t *Translator) store(ctx context.Context, from document.ContourCode, a *document.Attachment, name string, open func() (io.ReadCloser, error)) error {
	r, err := open()
	if err != nil {
		return fmt.Errorf("open a file of a message: %w", err)
	}
	defer r.Close()
	info, err := t.Files.Store(ctx, from, name, r)
	a.Size, a.SHA256, a.Inline = info.Size, info.Digest, nil
	return err
}

// refuse is the negative acknowledgment of a message that was not taken; an acknowledgment or notification gets none.
func (t *Translator) refuse(from document.ContourCode, m *codec.Message, problems codec.Problems, faults document.Faults) *adapters.Message {
	if m != nil && m.IsReport() {
		return nil
	}
	if len(problems) == 0 {
		for i := range faults {
			problems = append(problems, codec.Problem{Code: codec.MessageSchema, Field: faults[i].Field, Fault: &faults[i]})
		}
	}
	ack := codec.Refuse(m, problems, t.Clock())
	about := document.PacketID{Sender: from, MsgID: document.MsgID(ack.Message)}
	id := codec.GUID(string(document.NewReceiptID(about, from, "", document.Deliver, t.Clock().String())))
	out, err := t.answer(&codec.Message{Version: t.version(from), Kind: codec.KindAcknowledgment, UID: id, Created: t.Clock(), Acknowledgment: ack}, operator(), from)
	if err != nil {
		return nil // the reason stands beside the message that is put aside
	}
	return out
}
