package smdomail

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Packet writes a packet as the router sends it on: as its sender wrote it, to all receivers.
func (p *Post) Packet(ctx context.Context, packet *document.Packet, _ document.ContourCode) (*adapters.Message, error) {
	if adapters.Bare(packet) {
		return nil, nil
	}
	book := p.Hub.Book()
	shown := adapters.Named(book, packet)
	if d := packet.Document; shown.Subject == "" && d != nil {
		shown.Subject = fmt.Sprintf("исх. №%s от %s", d.Number.Number, d.Number.Date)
	}
	text, _ := sdip.Encode(sdip.Of(shown), sdip.Options{Names: adapters.Names(book)})
	m := &adapters.Message{Name: string(packet.ID.MsgID), Subject: shown.Subject, Files: []adapters.File{adapters.TextFile(string(packet.ID.MsgID)+"_data.xml", text)}}
	refs, n := zones.References(packet), 0
	for _, a := range packet.Files {
		m.Files = append(m.Files, adapters.File{Name: refs[n], Write: func(w io.Writer) error { return p.copy(ctx, w, a) }})
		n++
	}
	m.From = string(packet.ID.Sender)
	return m, nil
}

func (p *Post) copy(ctx context.Context, w io.Writer, a *document.Attachment) error {
	r, err := p.Files.Open(ctx, a)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

// space is the name space of the identifiers of receipts (RFC 9562, version 5).
var space = uuid.MustParse("2c6f9f3e-7d0b-4c55-9a43-534d444f0001")

// Receipt tells the sender of a packet what was stated about it.
func (p *Post) Receipt(_ context.Context, r *document.Receipt, packet *document.Packet) (*adapters.Message, error) {
	book := p.Hub.Book()
	from := sdip.Party{Code: r.Receiver, System: adapters.System(book, r.Receiver, document.System{})}
	if sdip.ByRouter(r) {
		from = sdip.Party{Code: sdip.Dispatcher, System: document.System{Name: adapters.Product, SysID: adapters.ProductID, System: adapters.Product, Details: "1"}}
	}
	var number document.RegNumber
	if packet.Document != nil {
		number = packet.Document.Number
	}
	to := document.Receiver{Contour: packet.ID.Sender, System: document.System{Name: adapters.Organisation(book, packet.ID.Sender)}}
	id := document.MsgID(uuid.NewSHA1(space, []byte(r.ID)).String())
	m := sdip.OfReceipt(r, id, number, from, to, document.Russian)
	if m.Receipt == nil {
		return nil, nil
	}
	text, _ := sdip.Encode(m, sdip.Options{})
	return &adapters.Message{Name: string(id), Subject: m.Subject, From: string(from.Code), Files: []adapters.File{adapters.TextFile(string(id)+"_ack.xml", text)}}, nil
}

// hand sends a message as a mail to a contour's mailbox. It returns when the mail server has taken it.
func (p *Post) hand(ctx context.Context, to document.ContourCode, m *adapters.Message) error {
	c := p.Hub.Book().Contour(to)
	if c == nil || c.Mail == "" {
		return fmt.Errorf("contour %s has no mail address", to)
	}
	client, err := p.connect(ctx)
	if err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	defer client.Close()
	if err := client.Mail(p.Address, nil); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	if err := client.Rcpt(c.Mail, nil); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	body, err := client.Data()
	if err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	if err := p.compose(body, c.Mail, m); err != nil {
		return fmt.Errorf("send a mail: %w", err) // without the end of the data it is not taken
	}
	if err := body.Close(); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	_ = client.Quit() // it has been taken
	return nil
}

func (p *Post) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", p.SMTP.Address)
	if err != nil {
		return nil, err
	}
	if p.SMTP.TLS != nil {
		conn = tls.Client(conn, p.SMTP.TLS)
	}
	client := smtp.NewClient(conn)
	client.CommandTimeout, client.SubmissionTimeout = time.Minute, 10*time.Minute
	if p.SMTP.User != "" {
		if err := client.Auth(sasl.NewPlainClient("", p.SMTP.User, p.SMTP.Password)); err != nil {
			_ = client.Close()
			return nil, err
		}
	}
	return client, nil
}

// compose writes the mail: an empty text, and the files of the message.
func (p *Post) compose(w io.Writer, to string, m *adapters.Message) error {
	var h mail.Header
	h.SetDate(p.Clock())
	h.SetAddressList("From", []*mail.Address{{Address: p.Address}})
	h.SetAddressList("To", []*mail.Address{{Address: to}})
	h.SetSubject(m.Subject)
	_, host, _ := strings.Cut(p.Address, "@")
	h.SetMessageID(m.Name + "@" + host)
	h.Set("Organization", m.From)
	mw, err := mail.CreateWriter(w, h)
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := attach(mw, f); err != nil {
			return err
		}
	}
	return mw.Close()
}

func attach(mw *mail.Writer, f adapters.File) error {
	var h mail.AttachmentHeader
	h.SetContentType("application/octet-stream", map[string]string{"name": f.Name})
	h.SetFilename(f.Name)
	part, err := mw.CreateAttachment(h)
	if err != nil {
		return err
	}
	if err := f.Write(part); err != nil {
		return err
	}
	return part.Close()
}
