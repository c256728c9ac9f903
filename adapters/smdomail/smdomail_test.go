package smdomail_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/smdomail"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// site is a hub whose head-a and sub-a2 exchange mail over a mail server.
type site struct {
	*brokertest.Env
	t    *testing.T
	fake *smdomail.Fake
	bad  string
}

const password = "пароль"

func start(t *testing.T) *site {
	t.Helper()
	text := string(contours.Example())
	for _, c := range []string{"head-a", "sub-a2"} {
		at := strings.Index(text, "- code: "+c+"\n")
		hosted := at + strings.Index(text[at:], "delivery: hosted")
		text = text[:hosted] + "delivery: push\n    protocol: smdo-mail\n    mail: " + c + "@smdo.test" + text[hosted+len("delivery: hosted"):]
	}
	fake, err := smdomail.NewFake(map[string]string{"router@smdo.test": password, "head-a@smdo.test": password, "sub-a2@smdo.test": password, "stranger@smdo.test": password})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Env: brokertest.Start(t, brokertest.Options{Rules: []byte(text)}), t: t, fake: fake, bad: t.TempDir()}
	bad, err := os.OpenRoot(s.bad)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	post := &smdomail.Post{
		Hub: s.Hub, Record: s.Record, Files: adapters.Files{Hub: s.Hub, Blobs: s.Blobs, Verifier: s.Verifier}, Clock: time.Now, Log: log, Address: "router@smdo.test",
		SMTP: smdomail.Server{Address: fake.SMTP, User: "router@smdo.test", Password: password},
		POP3: smdomail.Server{Address: fake.POP3, User: "router@smdo.test", Password: password}, Every: 20 * time.Millisecond, Largest: 8 << 20, Bad: bad,
	}
	carrier := &adapters.Carrier{Hub: s.Hub, Record: s.Record, Clock: time.Now, Log: log}
	for _, part := range []func(context.Context) error{post.Run, carrier.Run} {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- part(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		if err := fake.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// part is a file of a mail.
type part struct {
	name    string
	content []byte
}

// send sends a mail to the router with Go's own client.
func (s *site) send(from, subject string, parts ...part) {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fmt.Fprintf(&body, "From: %s@smdo.test\r\nTo: router@smdo.test\r\nSubject: %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n",
		from, mime.BEncoding.Encode("UTF-8", subject), w.Boundary())
	for _, p := range parts {
		out, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": {"application/octet-stream"}, "Content-Transfer-Encoding": {"base64"}, "Content-Disposition": {fmt.Sprintf("attachment; filename=%q", p.name)},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		text := base64.StdEncoding.EncodeToString(p.content)
		for len(text) > 76 {
			fmt.Fprintf(out, "%s\r\n", text[:76])
			text = text[76:]
		}
		fmt.Fprint(out, text)
	}
	_ = w.Close()
	auth := smtp.PlainAuth("", from+"@smdo.test", password, "127.0.0.1")
	if err := smtp.SendMail(s.fake.SMTP, auth, from+"@smdo.test", []string{"router@smdo.test"}, body.Bytes()); err != nil {
		s.t.Fatal(err)
	}
}

// received is a mail as its receiver reads it.
type received struct {
	header mail.Header
	parts  map[string]string
}

// receive waits for n mails in a mailbox and reads them with a client of the test's own.
func (s *site) receive(contour string, n int) (mails []received) {
	s.t.Helper()
	box := contour + "@smdo.test"
	for deadline := time.Now().Add(20 * time.Second); s.fake.Waiting(box) < n; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%d of %d mails for %s", s.fake.Waiting(box), n, contour)
		}
	}
	conn, err := net.Dial("tcp", s.fake.POP3)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	c := textproto.NewConn(conn)
	say := func(command string) {
		if command != "" {
			_ = c.PrintfLine("%s", command)
		}
		if line, err := c.ReadLine(); err != nil || !strings.HasPrefix(line, "+OK") {
			s.t.Fatalf("%s: %s %v", command, line, err)
		}
	}
	for _, command := range []string{"", "USER " + box, "PASS " + password} {
		say(command)
	}
	for i := range n {
		say(fmt.Sprintf("RETR %d", i+1))
		text, err := c.ReadDotBytes()
		if err != nil {
			s.t.Fatal(err)
		}
		mails = append(mails, s.parse(text))
		say(fmt.Sprintf("DELE %d", i+1))
	}
	say("QUIT")
	return mails
}

func (s *site) parse(text []byte) received {
	s.t.Helper()
	m, err := mail.ReadMessage(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		s.t.Fatal(err)
	}
	r := received{m.Header, map[string]string{}}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err == io.EOF {
			return r
		}
		if err != nil {
			s.t.Fatal(err)
		}
		content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			s.t.Fatal(err)
		}
		r.parts[p.FileName()] = string(content)
	}
}

func (r received) xml(suffix string) string {
	for name, text := range r.parts {
		if strings.HasSuffix(name, suffix) {
			return text
		}
	}
	return ""
}

// letter is an XML of a message, composed by hand; its file is attach1.
func (s *site) letter(from, to, id, number string, file []byte, participant string) string {
	signature := ""
	if participant != "" {
		signature = "<Signature>" + base64.StdEncoding.EncodeToString(s.Sign(participant, file).CMS) + "</Signature>"
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Envelop type="SDIP-2.1.1" msg_id="%s" dtstamp="2026-11-23T08:15:00Z" subject="исх. №%s">
 <Header msg_type="1" msg_acknow="2"><Sender id="%s" name="Ведомство А" sys_id="%s" system="СЭД А" system_details="1.0"/>
  <Receiver id="%s" name="Ведомство Б"><Organization organization_string="Ведомство Б"/></Receiver></Header>
 <Body><Document idnumber="A-%s" type="0" kind="Письмо" pages="2" title="О согласовании"><RegNumber regdate="2026-11-23">%s</RegNumber><Confident flag="0">Общий</Confident>
  <DocTransfer name="Письмо.pdf"><Data referenceid="attach1"/>%s</DocTransfer>
  <Author><OrganizationWithSign organization_string="Ведомство А"><OfficialPersonWithSign><Name>Петров Пётр Петрович</Name></OfficialPersonWithSign></OrganizationWithSign></Author></Document></Body></Envelop>`,
		id, number, from, uuid.NewString(), to, number, number, signature)
}

func (s *site) ack(from, to, about string, ackType int, inc string) part {
	id := uuid.NewString()
	number := ""
	if inc != "" {
		number = `<IncNumber regdate="2026-11-24">` + inc + `</IncNumber>`
	}
	return part{id + "_ack.xml", []byte(fmt.Sprintf(`<Envelop type="SDIP-2.1.1" msg_id="%s" dtstamp="2026-11-24T09:05:00Z" subject="Уведомление">
 <Header msg_type="0" msg_acknow="0"><Sender id="%s" name="Б" sys_id="%s" system="СЭД Б" system_details="1.0"/><Receiver id="%s" name="А"/></Header>
 <Body><Acknowledgement msg_id="%s" ack_type="%d"><RegNumber regdate="2026-11-23">1</RegNumber>%s<AckResult errorcode="0">Принято</AckResult></Acknowledgement></Body></Envelop>`,
		id, from, uuid.NewString(), to, about, ackType, number))}
}

func TestByMail(t *testing.T) {
	s := start(t)
	id, file := uuid.NewString(), []byte("%PDF by mail\r\n.\r\n..two dots")
	letter := part{id + "_data.xml", []byte("\ufeff" + s.letter("head-a", "sub-a2", id, "77", file, "petrov"))}
	for range 2 { // sent twice: it has one effect
		s.send("head-a", "исх. №77", letter, part{"attach1.txt", file})
	}
	got := s.receive("sub-a2", 1)[0]
	if id := got.header.Get("Message-ID"); !strings.Contains(id, "@smdo.test") || got.header.Get("Organization") != "head-a" {
		t.Errorf("%v", got.header)
	}
	if subject, _ := new(mime.WordDecoder).DecodeHeader(got.header.Get("Subject")); subject != "исх. №77" {
		t.Errorf("subject %q", subject)
	}
	if got.parts["attach1"] != string(file) || !strings.Contains(got.xml("_data.xml"), `msg_id="`+id+`"`) || !strings.Contains(got.xml("_data.xml"), `referenceid="attach1"`) {
		t.Errorf("%q", got.parts)
	}
	s.send("sub-a2", "Уведомление", s.ack("sub-a2", "head-a", id, 2, "552-вх"))
	var types []string
	for _, m := range s.receive("head-a", 3) {
		text := m.xml("_ack.xml")
		for _, want := range []string{`ack_type="100"`, `ack_type="101"`, `ack_type="2"`} {
			if strings.Contains(text, want) && strings.Contains(text, `msg_id="`+id+`"`) {
				types = append(types, want)
			}
		}
		if strings.Contains(text, `ack_type="100"`) != strings.Contains(text, "SMDO_DISPATCHER") && !strings.Contains(text, `ack_type="101"`) {
			t.Errorf("who speaks: %s", text)
		}
	}
	if strings.Join(types, " ") != `ack_type="100" ack_type="101" ack_type="2"` {
		t.Errorf("receipts are %q", types)
	}
	_, exchanges, err := s.Record.Packet(t.Context(), document.PacketID{Sender: "head-a", MsgID: document.MsgID(id)})
	if err != nil || exchanges[0].State != document.Registered || exchanges[0].Number.Number != "552-вх" {
		t.Errorf("%v %+v", err, exchanges[0])
	}
	for deadline := time.Now().Add(10 * time.Second); s.fake.Waiting("router@smdo.test") > 0; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d mails still lie in the router's mailbox", s.fake.Waiting("router@smdo.test"))
		}
	}
	if files, _ := os.ReadDir(s.bad); len(files) > 0 {
		t.Errorf("put aside: %v", files)
	}
}

// What is wrong is told by the router, with all errors, and the mail is kept.
func TestWrongMailsAreAnsweredAndKept(t *testing.T) {
	s := start(t)
	wrong := func(from string, parts ...part) { s.send(from, "x", parts...) }
	id := uuid.NewString()
	wrong("head-a", part{id + "_data.xml", []byte(s.letter("head-a", "sub-a2", id, "1", []byte("x"), "petrov"))}) // its file is missing
	if text := s.receive("head-a", 1)[0].xml("_ack.xml"); !strings.Contains(text, `ack_type="103"`) || !strings.Contains(text, `errorcode="-21"`) || !strings.Contains(text, id) {
		t.Errorf("without its file: %s", text)
	}
	two := strings.NewReplacer(`pages="2"`, "", ` regdate="2026-11-23">1<`, ">1<").Replace(s.letter("head-a", "sub-a2", uuid.NewString(), "1", []byte("x"), "petrov"))
	wrong("head-a", part{"2_data.xml", []byte(two)}, part{"attach1", []byte("x")})
	if text := s.receive("head-a", 1)[0].xml("_ack.xml"); strings.Count(text, `errorcode="35"`) != 2 {
		t.Errorf("two faults: %s", text)
	}
	other := uuid.NewString()
	wrong("head-a", part{"3_data.xml", []byte(s.letter("sub-a2", "head-a", other, "1", []byte("x"), "petrov"))}, part{"attach1", []byte("x")}) // in another's name
	if text := s.receive("head-a", 1)[0].xml("_ack.xml"); !strings.Contains(text, `errorcode="12"`) {
		t.Errorf("in another's name: %s", text)
	}
	wrong("stranger", part{"4_data.xml", []byte(s.letter("head-a", "sub-a2", uuid.NewString(), "1", []byte("x"), "petrov"))})
	wrong("head-a", part{"report.doc", []byte("no XML")})
	wrong("head-a", part{"5_data.xml", []byte("not XML")})
	for deadline := time.Now().Add(10 * time.Second); ; <-time.After(10 * time.Millisecond) {
		kept, _ := filepath.Glob(filepath.Join(s.bad, "*.eml"))
		reasons, _ := filepath.Glob(filepath.Join(s.bad, "*.txt"))
		if len(kept) == 6 && len(reasons) == 6 && s.fake.Waiting("router@smdo.test") == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d mails are kept, %d wait", len(kept), s.fake.Waiting("router@smdo.test"))
		}
	}
}
