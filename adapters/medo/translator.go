// Package medo is the gateway to МЭДО, the exchange of documents between Russia's state bodies, through folders (package
// folder): a message is a folder with envelope.ini, the communication, and the files or the transport container.
//
// The receiver of a message answers it with an acknowledgment («Квитанция») and its document with notifications
// («Уведомление»); the hub does so for the receivers that it hosts, and passes on what others say. Whatever is not delivered
// within the time to live ends with a negative acknowledgment. Contours are called by their GUID and mail address in МЭДО
// (contours: medo).
//
// A container needs a PDF with pictures of the stamps of registration and signature. For documents from elsewhere the hub
// draws them, with the number and the signer's name. What МЭДО cannot carry at all, a document that is no PDF for instance,
// is told to the sender as not delivered; what it has no place for, such as tasks, as a note.
package medo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	codec "github.com/smdo-hub/smdo-hub/schemas/medo"
)

// Translator turns messages of МЭДО into the hub's words and back.
type Translator struct {
	Files  adapters.Files
	Record record.Keeper
	Clock  func() time.Time
}

// options are how the hub and МЭДО call each other's contours.
func (t *Translator) options() codec.Options {
	book := t.Files.Hub.Book()
	return codec.Options{
		Contour: func(s codec.Source) document.ContourCode { return contourOf(book, s.UID, "") },
		Source: func(c document.ContourCode) codec.Source {
			contour := book.Contour(c)
			if contour == nil {
				return codec.Source{}
			}
			uid := contour.MEDO.UID
			if uid == "" {
				uid = codec.GUID(string(c))
			}
			return codec.Source{UID: uid, Organization: adapters.Organisation(book, c)}
		},
		Code: kindCode,
	}
}

// kindCode is the code of a kind of documents in 2.7.1. The directory of kinds is not public: its first entry stands for
// all of them, the name beside it says which one it is.
func kindCode(element, _ string) string {
	if element == "documentKind" {
		return "DK00000000"
	}
	return ""
}

// contourOf finds a contour by its GUID, or by its mail address.
func contourOf(book *contours.Book, uid, address string) document.ContourCode {
	config := book.Config()
	for i := range config.Contours {
		c := &config.Contours[i]
		if uid != "" && strings.EqualFold(c.MEDO.UID, uid) || address != "" && strings.EqualFold(c.MEDO.Address, address) {
			return c.Code
		}
	}
	if uid != "" { // of a contour without one in the rules: made of its code
		for i := range config.Contours {
			if c := &config.Contours[i]; c.MEDO.UID == "" && codec.GUID(string(c.Code)) == uid {
				return c.Code
			}
		}
	}
	return ""
}

// version is what is written to a contour.
func (t *Translator) version(c document.ContourCode) codec.Version {
	if contour := t.Files.Hub.Book().Contour(c); contour != nil && contour.MEDO.Version != "" {
		return codec.Version(contour.MEDO.Version)
	}
	return codec.V271
}

// envelope is the envelope of a message to a contour.
func (t *Translator) envelope(to document.ContourCode, subject string, files ...string) ([]byte, error) {
	e := &codec.Envelope{Subject: subject, AutoSend: true, Sign: true, Receipt: true, Read: true, Date: t.Clock(), Files: files}
	if contour := t.Files.Hub.Book().Contour(to); contour != nil {
		e.To = []string{contour.MEDO.Address}
		if contour.MEDO.Address == "" {
			e.To = []string{string(to)}
		}
	}
	text, losses := codec.EncodeEnvelope(e, codec.Options{})
	if len(losses.Unfit)+len(losses.Missing) > 0 {
		return nil, fmt.Errorf("envelope to %s: %v %v", to, losses.Unfit, losses.Missing)
	}
	return text, nil
}

// Packet writes a packet toward one of its receivers, in the version that it takes.
func (t *Translator) Packet(ctx context.Context, p *document.Packet, receiver document.ContourCode) (*adapters.Message, error) {
	if adapters.Bare(p) {
		return nil, nil
	}
	v, o := t.version(receiver), t.options()
	shown := t.shown(p, receiver)
	m := &adapters.Message{Name: codec.GUID(string(p.ID.MsgID)), Subject: shown.Subject}
	o.Stamp = stamps(shown)
	communication := codec.Of(shown, v)
	text, losses := codec.Encode(communication, o)
	if faults := unfit(losses); faults != nil {
		return nil, faults
	}
	m.Lost = told(losses)
	if v.Container() {
		if err := t.hasPDF(ctx, shown); err != nil {
			return nil, err
		}
		_, _, inside := codec.EncodePassport(shown, v, o)
		if faults := unfit(inside); faults != nil {
			return nil, faults
		}
		m.Lost = told(inside)
		m.Files = append(m.Files, adapters.File{Name: codec.ContainerName, Write: func(w io.Writer) error {
			_, err := codec.WriteContainer(w, shown, v, o, func(a *document.Attachment) (io.ReadCloser, error) { return t.Files.Open(ctx, a) })
			return err
		}})
	} else {
		m.Files = t.loose(ctx, shown, communication.Parts)
	}
	name := "document.xml"
	if v == codec.V271 {
		name = "message.xml"
	}
	m.Files = append(m.Files, adapters.TextFile(name, text))
	if err := t.close(m, receiver); err != nil {
		return nil, err
	}
	m.Aliases = append(m.Aliases, messageAlias(m.Name))
	if shown.Document != nil {
		m.Aliases = append(m.Aliases, documentAlias(shown.Document.ID))
	}
	return m, nil
}

// messageAlias and documentAlias are how correspondents speak of a packet: by the message, or by its document.
func messageAlias(uid string) string  { return "message/" + strings.ToLower(codec.GUID(uid)) }
func documentAlias(uid string) string { return "document/" + strings.ToLower(codec.GUID(uid)) }

// close adds the envelope: correspondents take a message once it is there.
func (t *Translator) close(m *adapters.Message, to document.ContourCode) error {
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	envelope, err := t.envelope(to, m.Subject, names...)
	if err != nil {
		return err
	}
	m.Files = append(m.Files, adapters.TextFile("envelope.ini", envelope))
	return nil
}

// shown is the packet toward one receiver, with what МЭДО demands of both ends. A subject is made where there is none.
func (t *Translator) shown(p *document.Packet, receiver document.ContourCode) *document.Packet {
	book := t.Files.Hub.Book()
	shown := *p
	shown.To = nil
	for _, to := range p.To {
		if to.Contour != receiver {
			continue
		}
		if to.Organization == nil && to.Person == nil {
			to.Organization = &document.Organization{Text: adapters.Organisation(book, receiver)}
		}
		switch {
		case to.System.Name != "":
		case to.Organization != nil:
			to.System.Name = to.Organization.Text
		default: // a person
			to.System.Name = adapters.Organisation(book, receiver)
		}
		shown.To = []document.Receiver{to}
	}
	if d := p.Document; d != nil {
		n := strings.TrimSpace(d.Number.Number + " от " + d.Number.Date.String())
		shown.Subject = fmt.Sprintf("ЭСД МЭДО (%s)", n)
		shown.Document = signed(d, adapters.Organisation(book, p.ID.Sender))
	}
	return &shown
}

// signed is a document with an official of its author for each signature, as a container names them: the post is demanded.
func signed(d *document.Document, organisation string) *document.Document {
	out := *d
	out.Authors = slices.Clone(d.Authors)
	if len(out.Authors) == 0 {
		out.Authors = []document.Author{{}}
	}
	o := document.Organization{Text: organisation}
	if have := out.Authors[0].Party.Organization; have != nil {
		o = *have
	}
	o.Officials = slices.Clone(o.Officials)
	if len(o.Officials) == 0 {
		o.Officials = []document.Person{{Name: o.Text}}
	}
	for i := range o.Officials {
		if len(o.Officials[i].Posts) == 0 {
			o.Officials[i].Posts = []document.Post{{Text: "Ответственное лицо"}}
		}
	}
	out.Authors[0].Party = document.Party{Organization: &o}
	return &out
}

// loose are the files of a message until 2.6, which lie beside it.
func (t *Translator) loose(ctx context.Context, p *document.Packet, parts []codec.Part) (files []adapters.File) {
	for _, part := range parts {
		if part.File < 0 {
			continue
		}
		a := &p.Document.Files[part.File]
		if part.Signature >= 0 {
			files = append(files, adapters.TextFile(part.Name, a.Signatures[part.Signature].CMS))
			continue
		}
		files = append(files, adapters.File{Name: part.Name, Write: func(w io.Writer) error {
			r, err := t.Files.Open(ctx, a)
			if err != nil {
				return err
			}
			defer r.Close()
			_, err = io.Copy(w, r)
			return err
		}})
	}
	return files
}

// unfit are the faults of a packet that does not make a message of МЭДО.
func unfit(l codec.Losses) error {
	faults := l.Unfit.Faults()
	for _, path := range l.Missing {
		faults = append(faults, document.NewFault(document.FormatContent, path, path))
	}
	if len(faults) > 0 {
		return faults
	}
	return nil
}

// told are the losses that a sender wants to know of: what was asked or said, and not how the hub and its neighbours call
// people, systems and files.
func told(l codec.Losses) (list []string) {
	for _, path := range l.Lost {
		part := strings.TrimPrefix(path, "document.")
		if strings.HasPrefix(path, "tasks") || strings.HasPrefix(path, "folders") || strings.HasPrefix(path, "answer") || strings.HasPrefix(part, "title") ||
			strings.HasPrefix(part, "annotation") || strings.HasPrefix(part, "validators") || strings.HasPrefix(part, "numbers") || strings.HasPrefix(part, "history") {
			list = append(list, path)
		}
	}
	return list
}

// hasPDF refuses a packet whose document cannot be that of a container.
func (t *Translator) hasPDF(ctx context.Context, p *document.Packet) error {
	if p.Document == nil || len(p.Document.Files) == 0 {
		return document.Faults{document.NewFault(document.FileNone, "document.files")}
	}
	ok, err := t.isPDF(ctx, &p.Document.Files[0])
	if err == nil && !ok {
		err = document.Faults{document.NewFault(document.FormatContent, "document.files[0]", "document (PDF)")}
	}
	return err
}

// isPDF says whether a file is what the document of a container has to be.
func (t *Translator) isPDF(ctx context.Context, a *document.Attachment) (bool, error) {
	r, err := t.Files.Open(ctx, a)
	if err != nil {
		return false, err
	}
	defer r.Close()
	const mark = "%PDF-"
	head := make([]byte, 1024) // readers look for the mark among so many
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return false, fmt.Errorf("read file: %w", err)
	}
	return bytes.Contains(head[:n], []byte(mark)), nil
}

// Receipt tells the sender of a packet what was stated about it: an acknowledgment of delivery or of what ended the packet
// before, notifications of the rest. Custody and sending on are the operator's own affair.
func (t *Translator) Receipt(_ context.Context, r *document.Receipt, p *document.Packet) (*adapters.Message, error) {
	report := &document.Report{ID: codec.GUID(string(r.ID)), Reporter: r.Receiver, Packet: r.Packet, Stage: r.Stage, Code: r.Code, Faults: r.Faults, Number: r.Number, At: r.At}
	switch r.Stage {
	case document.Deliver, document.Register:
	case document.Reject, document.Block, document.OldFormat, document.Conflict, document.EditRefused, document.Expire:
		report.Stage, report.Code = document.Deliver, max(report.Code, 1)
	case document.Execute, document.Close:
		report.Stage, report.Note = document.UserNote, executed(r)
	default:
		return nil, nil
	}
	about := codec.About{Organization: adapters.Organisation(t.Files.Hub.Book(), p.ID.Sender)}
	if p.Document != nil {
		about.Document, about.Number = p.Document.ID, p.Document.Number
	}
	m := codec.MessageOf(report, about, t.version(p.ID.Sender))
	return t.answer(m, t.options().Source(r.Receiver), p.ID.Sender)
}

func executed(r *document.Receipt) string {
	switch {
	case r.Stage == document.Close:
		return "Исполнена. Закрыта"
	case r.TaskTo == document.TaskDeclined:
		return "Отклонена исполнителем"
	}
	return "Исполнена"
}

// operator is who speaks where no contour does: the hub, as the operator of the gateway.
func operator() codec.Source {
	return codec.Source{UID: codec.GUID(adapters.ProductID), Organization: adapters.Product}
}

// answer writes an acknowledgment or a notification.
func (t *Translator) answer(m *codec.Message, source codec.Source, to document.ContourCode) (*adapters.Message, error) {
	if m.Source = source; source.UID == "" {
		m.Source = operator()
	}
	o := t.options()
	text, losses := codec.Encode(m, o)
	if len(losses.Unfit)+len(losses.Missing) > 0 {
		return nil, fmt.Errorf("answer to %s: %v %v", to, losses.Unfit, losses.Missing)
	}
	name, subject := "notification.xml", "Уведомление"
	if m.Acknowledgment != nil {
		name, subject = "acknowledgment.xml", "Квитанция"
	}
	out := &adapters.Message{Name: m.UID, Subject: subject, Files: []adapters.File{adapters.TextFile(name, text)}}
	return out, t.close(out, to)
}
