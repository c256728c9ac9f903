package smdomail

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Fake is the mail server of a closed network, as the tests and the demonstration use it: SMTP with a login, and POP3. It
// enforces what such servers do: nobody writes in another's name, mail to an unknown mailbox is refused, one session at a
// time reads a mailbox, and deletions count when the session ends with QUIT.
type Fake struct {
	SMTP, POP3 string // addresses

	users map[string]string // password by mailbox
	smtp  *smtp.Server
	pop   net.Listener

	mu    sync.Mutex
	boxes map[string][]fakeMail
	inUse map[string]bool
}

type fakeMail struct {
	uid  string
	text []byte
}

// NewFake starts the server for mailboxes with their passwords.
func NewFake(users map[string]string) (*Fake, error) {
	f := &Fake{users: users, boxes: map[string][]fakeMail{}, inUse: map[string]bool{}}
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if f.pop, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	f.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &fakeSession{fake: f}, nil }))
	f.smtp.AllowInsecureAuth, f.smtp.MaxMessageBytes = true, 64<<20
	f.SMTP, f.POP3 = in.Addr().String(), f.pop.Addr().String()
	go func() { _ = f.smtp.Serve(in) }() // ends with Close
	go f.servePOP3()
	return f, nil
}

// Close ends the server.
func (f *Fake) Close() error { return errors.Join(f.smtp.Close(), f.pop.Close()) }

type fakeSession struct {
	fake *Fake
	user string
	to   []string
}

func (s *fakeSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *fakeSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if want, ok := s.fake.users[user]; !ok || want != password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *fakeSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.user == "" {
		return smtp.ErrAuthRequired
	}
	if !strings.EqualFold(from, s.user) {
		return &smtp.SMTPError{Code: 553, Message: "not your address"}
	}
	return nil
}

func (s *fakeSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if _, ok := s.fake.users[strings.ToLower(to)]; !ok {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	}
	s.to = append(s.to, strings.ToLower(to))
	return nil
}

func (s *fakeSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, box := range s.to {
		s.fake.deliver(box, text)
	}
	return nil
}

func (s *fakeSession) Reset()        { s.to = nil }
func (s *fakeSession) Logout() error { return nil }

func (f *Fake) deliver(box string, text []byte) {
	var uid [8]byte
	_, _ = rand.Read(uid[:])
	f.mu.Lock()
	defer f.mu.Unlock()
	f.boxes[box] = append(f.boxes[box], fakeMail{hex.EncodeToString(uid[:]), text})
}

// Waiting is how many mails lie in a mailbox.
func (f *Fake) Waiting(box string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.boxes[box])
}

func (f *Fake) servePOP3() {
	for {
		conn, err := f.pop.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			s := &pop3Session{fake: f, out: bufio.NewWriter(conn)}
			s.serve(bufio.NewScanner(conn))
		}()
	}
}

// pop3Session is one session of RFC 1939.
type pop3Session struct {
	fake    *Fake
	out     *bufio.Writer
	user    string
	box     string     // once it is open
	mails   []fakeMail // as they were when it was opened
	deleted []string
}

func (s *pop3Session) serve(in *bufio.Scanner) {
	defer s.leave()
	s.say("+OK ready")
	for in.Scan() {
		word, arg, _ := strings.Cut(in.Text(), " ")
		quit := strings.EqualFold(word, "QUIT")
		if quit {
			s.commit()
		}
		s.answer(strings.ToUpper(word), arg)
		if quit {
			return
		}
	}
}

func (s *pop3Session) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\r\n", args...)
	_ = s.out.Flush() // the other side is gone
}

func (s *pop3Session) answer(word, arg string) {
	switch {
	case word == "QUIT":
		s.say("+OK")
	case word == "USER":
		s.user = strings.ToLower(arg)
		s.say("+OK")
	case word == "PASS":
		s.open(arg)
	case s.box == "":
		s.say("-ERR log in first")
	case word == "NOOP":
		s.say("+OK")
	case word == "STAT":
		s.say("+OK %d %d", len(s.mails), s.size())
	case word == "LIST", word == "UIDL":
		s.list(word)
	case word == "RETR", word == "DELE":
		s.one(word, arg)
	default:
		s.say("-ERR unknown command")
	}
}

func (s *pop3Session) open(password string) {
	f := s.fake
	f.mu.Lock()
	defer f.mu.Unlock()
	want, ok := f.users[s.user]
	switch {
	case !ok || want != password:
		s.say("-ERR wrong user or password")
	case f.inUse[s.user]:
		s.say("-ERR the mailbox is in use")
	default:
		f.inUse[s.user] = true
		s.box, s.mails = s.user, slices.Clone(f.boxes[s.user])
		s.say("+OK")
	}
}

// leave ends the session; what was not committed is undone.
func (s *pop3Session) leave() {
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if s.box != "" {
		delete(s.fake.inUse, s.box)
	}
}

func (s *pop3Session) commit() {
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	s.fake.boxes[s.box] = slices.DeleteFunc(s.fake.boxes[s.box], func(m fakeMail) bool { return slices.Contains(s.deleted, m.uid) })
}

func (s *pop3Session) size() (n int) {
	for _, m := range s.mails {
		n += len(m.text)
	}
	return n
}

func (s *pop3Session) list(word string) {
	s.say("+OK")
	for i, m := range s.mails {
		if word == "LIST" {
			s.say("%d %d", i+1, len(m.text))
		} else {
			s.say("%d %s", i+1, m.uid)
		}
	}
	s.say(".")
}

func (s *pop3Session) one(word, arg string) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 || n > len(s.mails) || slices.Contains(s.deleted, s.mails[n-1].uid) {
		s.say("-ERR no such message")
		return
	}
	m := s.mails[n-1]
	s.say("+OK")
	if word == "DELE" {
		s.deleted = append(s.deleted, m.uid)
		return
	}
	for line := range bytes.Lines(m.text) {
		if bytes.HasPrefix(line, []byte(".")) {
			_ = s.out.WriteByte('.')
		}
		_, _ = s.out.Write(append(bytes.TrimRight(line, "\r\n"), "\r\n"...))
	}
	s.say(".")
}
