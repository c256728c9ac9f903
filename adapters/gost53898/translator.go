// Package gost53898 exchanges messages of ГОСТ Р 53898 with systems that speak it: through folders (Translator, for package
// folder) and over HTTP (New). The standard knows main documents, answers, additions and two receipts, of delivery and of
// registration; signatures travel as files of their own (schemas/gost53898).
//
// An answer of the standard refers to a document, and not to the message that brought it: the hub remembers which one that
// was when it hands a message over.
package gost53898

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/folder"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	codec "github.com/smdo-hub/smdo-hub/schemas/gost53898"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Translator turns messages of the standard into the hub's words and back.
type Translator struct {
	Files  adapters.Files
	Record record.Keeper
	Clock  func() time.Time
}

// maxInside is how many octets of files travel inside a message; with more of them it becomes a folder with the files beside
// the message, which refers to them.
const maxInside = 16 << 20

// Packet writes a packet toward one of its receivers.
func (t *Translator) Packet(ctx context.Context, p *document.Packet, receiver document.ContourCode) (*adapters.Message, error) {
	shown, at := t.shown(p, receiver)
	name := string(p.ID.Sender) + "-" + string(p.ID.MsgID)
	var total int64
	for _, a := range shown.Files {
		total += a.Size
	}
	if total <= maxInside {
		if err := t.load(ctx, shown); err != nil {
			return nil, err
		}
		text, losses := codec.Encode(codec.Of(shown, at), codec.Options{Names: t.names()})
		m := adapters.Single(name+".xml", text)
		m.Aliases, m.Lost = aliases(p), lost(losses)
		return m, nil
	}
	text, losses := codec.Encode(codec.Of(shown, at), codec.Options{Names: t.names(), Links: true})
	m := &adapters.Message{Name: name, Aliases: aliases(p), Lost: lost(losses)}
	refs, n := zones.References(shown), 0
	for _, a := range shown.Files {
		m.Files = append(m.Files, adapters.File{Name: refs[n], Write: func(w io.Writer) error { return t.copy(ctx, w, a) }})
		n++
	}
	m.Files = append(m.Files, adapters.TextFile("message.xml", text))
	return m, nil
}

// aliases are how the standard speaks of a packet: by whose document it brought.
func aliases(p *document.Packet) []string {
	if p.Document == nil || p.Document.ID == "" {
		return nil
	}
	return []string{alias(p.ID.Sender, p.Document.ID)}
}

func alias(sender document.ContourCode, documentID string) string {
	return string(sender) + "/" + documentID
}

// lost are the losses that a sender wants to know of. That codes of people are written as names is none.
func lost(l codec.Losses) (list []string) {
	for _, path := range l.Lost {
		if path != "author" && !strings.HasSuffix(path, "/participant") && !strings.HasSuffix(path, "/kind_text") && !strings.HasSuffix(path, "/DocTransfer/order") && path != "subject" {
			list = append(list, path)
		}
	}
	return list
}

func (t *Translator) names() zones.Names { return adapters.Names(t.Files.Hub.Book()) }

// shown is a copy of the packet with what the standard demands of both ends, and where in it the receiver stands.
func (t *Translator) shown(p *document.Packet, receiver document.ContourCode) (*document.Packet, int) {
	at := 0
	for i := range p.To {
		if p.To[i].Contour == receiver {
			at = i
		}
	}
	return adapters.Named(t.Files.Hub.Book(), p), at
}

// load puts the contents of all files into a packet that is about to be written. It takes over the parts that it changes.
func (t *Translator) load(ctx context.Context, p *document.Packet) error {
	own(p)
	for _, a := range p.Files {
		var b bytes.Buffer
		if err := t.copy(ctx, &b, a); err != nil {
			return err
		}
		a.Inline = b.Bytes()
	}
	return nil
}

// own copies what holds the files of a packet.
func own(p *document.Packet) {
	if p.Document != nil {
		d := *p.Document
		d.Files = append([]document.Attachment(nil), d.Files...)
		p.Document = &d
	}
	p.Tasks = append([]document.Task(nil), p.Tasks...)
	for i := range p.Tasks {
		p.Tasks[i].Files = append([]document.Attachment(nil), p.Tasks[i].Files...)
	}
	p.Folders = append([]document.Folder(nil), p.Folders...)
	for i := range p.Folders {
		p.Folders[i].Files = append([]document.Attachment(nil), p.Folders[i].Files...)
	}
}

func (t *Translator) copy(ctx context.Context, w io.Writer, a *document.Attachment) error {
	r, err := t.Files.Open(ctx, a)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(w, r); err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	return nil
}

// Receipt tells the sender of a packet what was stated about it: delivery and registration, good or bad. The standard has no
// word for anything else.
func (t *Translator) Receipt(_ context.Context, r *document.Receipt, p *document.Packet) (*adapters.Message, error) {
	text, id := t.receipt(r, p)
	if text == nil {
		return nil, nil
	}
	return adapters.Single(id+".xml", text), nil
}

// space is the name space of the identifiers of receipts (RFC 9562, version 5).
var space = uuid.MustParse("0e7a1a5e-51f4-4a0f-8f43-53898c0de000")

func (t *Translator) receipt(r *document.Receipt, p *document.Packet) (text []byte, id string) {
	c := zones.Codec{Format: zones.GOST}
	var number document.RegNumber
	if p.Document != nil {
		number = p.Document.Number
	}
	ack := c.FromReceipt(r, number, document.Russian)
	if ack == nil {
		return nil, ""
	}
	id = uuid.NewSHA1(space, []byte(r.ID)).String()
	book := t.Files.Hub.Book()
	m := &codec.Message{
		ID: document.MsgID(id), Sent: r.At, Kind: document.Notification,
		From:    codec.Party{Code: r.Receiver, System: adapters.System(book, r.Receiver, document.System{})},
		To:      codec.Party{Code: p.ID.Sender, System: adapters.System(book, p.ID.Sender, p.From)},
		Receipt: ack,
	}
	text, _ = codec.Encode(m, codec.Options{})
	return text, id
}

// Read says what a message means: a single file, or a folder with message.xml and the files that it refers to.
func (t *Translator) Read(ctx context.Context, from document.ContourCode, found *folder.Found) (*folder.Meaning, error) {
	name := found.Name
	if _, ok := found.Files[name]; !ok {
		if name = theXML(found); name == "" {
			return nil, document.Faults{document.NewFault(document.PacketMalformed, "", "message.xml")}
		}
	}
	text, err := found.Read(name, int64(markup.DefaultLimits().Bytes))
	if err != nil {
		return nil, err
	}
	return t.read(ctx, from, text, func(ref string) (io.ReadCloser, error) {
		if _, ok := found.Files[ref]; !ok || ref == name {
			return nil, errAbsent
		}
		return found.Open(ref)
	})
}

// theXML is the message among the files of a folder: message.xml, or the only XML.
func theXML(found *folder.Found) (name string) {
	for f := range found.Files {
		switch {
		case strings.EqualFold(f, "message.xml"):
			return f
		case strings.EqualFold(path.Ext(f), ".xml") && name == "":
			name = f
		case strings.EqualFold(path.Ext(f), ".xml"):
			return ""
		}
	}
	return name
}

var errAbsent = errors.New("no such file beside the message")

// read reads a message; open opens the files that it refers to.
func (t *Translator) read(ctx context.Context, from document.ContourCode, text []byte, open func(string) (io.ReadCloser, error)) (*folder.Meaning, error) {
	m, err := codec.Decode(text, codec.Options{Names: t.names()})
	var faults document.Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, err
	}
	if m == nil {
		return nil, faults
	}
	meaning := &folder.Meaning{Refuse: func(f document.Faults) *adapters.Message { return t.refuse(from, m, f) }}
	if m.From.Code != from && len(faults) == 0 {
		faults = append(faults, document.NewFault(document.PacketSender, "@from_org_id"))
	}
	switch {
	case len(faults) > 0:
		return meaning, faults
	case m.Receipt != nil:
		c := zones.Codec{Format: zones.GOST}
		meaning.Report = c.Report(m.Receipt, string(m.ID), from, document.PacketID{Sender: m.To.Code, MsgID: m.Receipt.MsgID})
		meaning.Report.At = m.Sent
		return meaning, nil
	}
	meaning.Packet = m.Packet
	return meaning, t.complete(ctx, from, m.Packet, open)
}

// complete finds what a message leaves to others: its files, its author, and which packet an answer answers.
func (t *Translator) complete(ctx context.Context, from document.ContourCode, p *document.Packet, open func(string) (io.ReadCloser, error)) error {
	var faults document.Faults
	for field, a := range p.Files {
		err := t.take(ctx, from, field, a, open)
		var wrong document.Faults
		if errors.As(err, &wrong) {
			faults = append(faults, wrong...)
		} else if err != nil {
			return err
		}
	}
	if p.Author == "" && p.Document != nil {
		p.Author = adapters.Author(t.Files.Hub.Book(), from, p.Document)
	}
	if p.Kind == document.Answer && p.Document != nil && p.Document.Parent != nil && p.Document.Parent.LastMsgID == "" {
		parent := p.Document.Parent
		asked, err := adapters.Remembered(ctx, t.Record, contours.ProtocolGOST, from, alias(p.To[0].Contour, parent.DocumentID))
		switch {
		case errors.Is(err, record.ErrNotFound):
			faults = append(faults, document.NewFault(document.DocumentParentGone, "Document/Referred", parent.DocumentID))
		case err != nil:
			return err
		default:
			parent.LastMsgID, parent.FirstMsgID, parent.Contour = asked.MsgID, asked.MsgID, asked.Sender
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// take stores a file that stands in the message or beside it.
func (t *Translator) take(ctx context.Context, from document.ContourCode, field string, a *document.Attachment, open func(string) (io.ReadCloser, error)) error {
	if a.Inline != nil {
		return t.Files.Spill(ctx, from, field, a)
	}
	r, err := open(a.ReferenceID)
	if errors.Is(err, errAbsent) {
		return document.Faults{document.NewFault(document.FileMissing, field)}
	}
	if err != nil {
		return err
	}
	defer r.Close()
	info, err := t.Files.Store(ctx, from, field, r)
	a.Size, a.SHA256 = info.Size, info.Digest
	return err
}

// refuse answers a message that was not taken by a failed delivery. A receipt is never receipted.
func (t *Translator) refuse(from document.ContourCode, m *codec.Message, faults document.Faults) *adapters.Message {
	text, id := t.refusal(from, m, faults)
	if text == nil {
		return nil
	}
	return adapters.Single(id+".xml", text)
}

func (t *Translator) refusal(from document.ContourCode, m *codec.Message, faults document.Faults) (text []byte, id string) {
	if m.ID == "" || m.Kind == document.Notification {
		return nil, ""
	}
	about := document.PacketID{Sender: from, MsgID: m.ID}
	r := &document.Receipt{
		ID: document.NewReceiptID(about, m.To.Code, "", document.Deliver, "refused"), Packet: about, Receiver: m.To.Code, Stage: document.Reject, Code: 1, Faults: faults, At: t.Clock(),
	}
	return t.receipt(r, &document.Packet{ID: about, From: m.From.System})
}
