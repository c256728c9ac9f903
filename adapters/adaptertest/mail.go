package adaptertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
)

// Mail is a subscriber of СМДО that uses mail.
type Mail struct {
	Self
	SMTP, POP3 string // the mail server
	Mailbox    string // its own
	Password   string
	Router     string // the router's mailbox
}

// Name is the protocol.
func (m *Mail) Name() string { return "СМДО, почта" }

type mailPart struct {
	name    string
	content []byte
}

func (m *Mail) send(ctx context.Context, parts ...mailPart) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fmt.Fprintf(&body, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n", m.Mailbox, m.Router, mime.BEncoding.Encode("UTF-8", "Письмо"), w.Boundary())
	for _, p := range parts {
		out, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/octet-stream"}, "Content-Transfer-Encoding": {"base64"}, "Content-Disposition": {fmt.Sprintf("attachment; filename=%q", p.name)}})
		if err != nil {
			return err
		}
		for text := b64(p.content); text != ""; {
			n := min(76, len(text))
			fmt.Fprintf(out, "%s\r\n", text[:n])
			text = text[n:]
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(m.SMTP)
	if err != nil {
		return err
	}
	return smtp.SendMail(m.SMTP, smtp.PlainAuth("", m.Mailbox, m.Password, host), m.Mailbox, []string{m.Router}, body.Bytes())
}

func (m *Mail) head(kind int, id, to, toTitle string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Envelop type="SDIP-2.1.1" msg_id="%s" dtstamp="2026-11-23T08:15:00Z" subject="Письмо"><Header msg_type="%d" msg_acknow="2"><Sender id="%s" name="%s" sys_id="%s" system="СЭД" system_details="1"/>
<Receiver id="%s" name="%s"><Organization organization_string="%s"/></Receiver></Header><Body>`, id, kind, m.Code, xmlText.Replace(m.Title), m.NewID(), to, xmlText.Replace(toTitle), xmlText.Replace(toTitle))
}

// Send sends a letter.
func (m *Mail) Send(ctx context.Context, to Address, l Letter) error {
	text := m.head(1, l.ID, to.Code, to.Title) + fmt.Sprintf(`<Document idnumber="%s" type="0" kind="Письмо" pages="1" title="%s"><RegNumber regdate="2026-11-23">%s</RegNumber><Confident flag="0">Общий</Confident>
<DocTransfer name="Письмо.pdf"><Data referenceid="attach1"/><Signature>%s</Signature></DocTransfer>
<Author><OrganizationWithSign organization_string="%s"><OfficialPersonWithSign><Name>%s</Name></OfficialPersonWithSign></OrganizationWithSign></Author></Document>%s</Body></Envelop>`,
		l.Doc, xmlText.Replace(l.Title), l.Number, b64(m.Sign(l.File)), xmlText.Replace(m.Title), m.Person, taskList(&m.Self, to, l))
	return m.send(ctx, mailPart{l.ID + "_data.xml", []byte(text)}, mailPart{"attach1", l.File})
}

// Take reads the mailbox and empties it.
func (m *Mail) Take(context.Context) (events []Event, err error) {
	conn, err := net.Dial("tcp", m.POP3)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := textproto.NewConn(conn)
	say := func(command string) (string, error) {
		if command != "" {
			if err := c.PrintfLine("%s", command); err != nil {
				return "", err
			}
		}
		line, err := c.ReadLine()
		if err == nil && !strings.HasPrefix(line, "+OK") {
			err = fmt.Errorf("%s: %s", command, line)
		}
		return line, err
	}
	var stat string
	for _, command := range []string{"", "USER " + m.Mailbox, "PASS " + m.Password, "STAT"} {
		if stat, err = say(command); err != nil {
			return nil, err
		}
	}
	var n, size int
	if _, err := fmt.Sscanf(stat, "+OK %d %d", &n, &size); err != nil {
		return nil, err
	}
	for i := 1; i <= n; i++ {
		if _, err := say(fmt.Sprintf("RETR %d", i)); err != nil {
			return events, err
		}
		text, err := c.ReadDotBytes()
		if err != nil {
			return events, err
		}
		e, err := m.read(text)
		if err != nil {
			return events, err
		}
		events = append(events, e)
		if _, err := say(fmt.Sprintf("DELE %d", i)); err != nil {
			return events, err
		}
	}
	_, err = say("QUIT")
	return events, err
}

func (m *Mail) read(raw []byte) (e Event, err error) {
	letter, err := mail.ReadMessage(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return e, err
	}
	_, params, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil {
		return e, err
	}
	for parts := multipart.NewReader(letter.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err == io.EOF {
			return e, nil
		}
		if err != nil {
			return e, err
		}
		content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			return e, err
		}
		if !strings.HasSuffix(p.FileName(), ".xml") {
			e.File = content
			continue
		}
		var x struct {
			ID     string `xml:"msg_id,attr"`
			Sender struct {
				ID string `xml:"id,attr"`
			} `xml:"Header>Sender"`
			Body zonesRead `xml:"Body"`
		}
		if err := xml.Unmarshal(content, &x); err != nil {
			return e, err
		}
		e.ID, e.From, e.Tasks = x.ID, x.Sender.ID, len(x.Body.Tasks)
		if x.Body.Receipt != nil {
			x.Body.said(&e, x.Body.Receipt.IncNumber)
		} else if d := x.Body.Document; d != nil {
			e.Document, e.Number = d.ID, d.Number
		}
	}
}

// Register sends a receipt of registration.
func (m *Mail) Register(ctx context.Context, e Event, number string) error {
	id := m.NewID()
	text := m.head(0, id, e.From, e.From) + fmt.Sprintf(`<Acknowledgement msg_id="%s" ack_type="2"><RegNumber regdate="2026-11-23">%s</RegNumber><IncNumber regdate="2026-11-24">%s</IncNumber><AckResult errorcode="0">Зарегистрирован</AckResult></Acknowledgement></Body></Envelop>`, e.ID, e.Number, number)
	return m.send(ctx, mailPart{id + "_ack.xml", []byte(text)})
}
