// Package smdomail exchanges messages of СМДО by mail, as its subscribers did before the REST router and some still do. One
// mail carries one message: its XML, named <msg_id>_data.xml (a document) or <msg_id>_ack.xml (a receipt), and files named
// attach1, attach2 … to which the XML refers. Everybody writes to the mailbox of the router and reads their own by POP3.
//
// The hub is the router: it reads that mailbox and writes to the subscribers' by the mail server of the network. A mail is
// deleted there when the hub has custody, and not before (D1); one that cannot be read is put aside with the reason. Who
// sends is known by the address that the rules name for a contour, within a closed network; what is sent is signed.
package smdomail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/go-pop3"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Server is a mail server.
type Server struct {
	Address  string // host:port
	User     string
	Password string
	TLS      *tls.Config // nil: a closed network
}

// Post is the router's end of the mail.
type Post struct {
	Hub     *broker.Hub
	Record  adapters.HanderRecord
	Files   adapters.Files
	Clock   func() time.Time
	Log     *slog.Logger
	Address string        // of the router's mailbox
	SMTP    Server        // where mail is handed in
	POP3    Server        // where the router's mailbox is read
	Every   time.Duration // how often it is read
	Largest int64         // octets of a mail that is taken at most; one is in memory at a time
	Bad     *os.Root      // where mails that cannot be read are put aside

	speakers adapters.Speakers
}

// Run exchanges mail until ctx ends.
func (p *Post) Run(ctx context.Context) error {
	sealed, leave := p.Hub.Announcer().Listen("")
	defer leave()
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	hander := adapters.Hander{Hub: p.Hub, Record: p.Record, Clock: p.Clock, Protocol: contours.ProtocolMail, Writer: p, Hand: p.hand}
	read := true
	for {
		var errs []error
		if len(p.speakers.In(p.Hub.Book()).Of(contours.ProtocolMail)) > 0 {
			if read {
				errs = append(errs, p.read(ctx))
			}
			errs = append(errs, hander.HandAll(ctx))
		}
		if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
			p.Log.Warn("mail waits", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			read = true
		case <-sealed:
			read = false
		}
	}
}

// sender is the contour with a mail address.
func (p *Post) sender(address string) (document.ContourCode, bool) {
	for _, c := range p.speakers.In(p.Hub.Book()).Of(contours.ProtocolMail) {
		if c.Mail != "" && strings.EqualFold(c.Mail, address) {
			return c.Code, true
		}
	}
	return "", false
}

const (
	inOneSession = 200
	sessionTime  = 10 * time.Minute
)

// read takes what lies in the router's mailbox. Deletions count from the end of the session: when it breaks off, what was
// taken is read again, and has one effect.
func (p *Post) read(ctx context.Context) error {
	conn, err := p.dial(ctx)
	if err != nil {
		return fmt.Errorf("read the mailbox: %w", err)
	}
	mails, err := conn.List(0)
	if err != nil {
		_ = conn.Quit()
		return fmt.Errorf("read the mailbox: %w", err)
	}
	var errs []error
	for _, m := range mails[:min(len(mails), inOneSession)] {
		if ctx.Err() != nil {
			break
		}
		if int64(m.Size) > p.Largest {
			errs = append(errs, fmt.Errorf("a mail of %d octets stays in the mailbox: at most %d are taken", m.Size, p.Largest))
			continue
		}
		raw, err := conn.RetrRaw(m.ID)
		if err != nil {
			return fmt.Errorf("read a mail: %w", err) // the session is broken
		}
		if err := broker.Guarded(func() error { return p.take(ctx, raw.Bytes()) }); err != nil {
			errs = append(errs, err)
			continue
		}
		if err := conn.Dele(m.ID); err != nil {
			return fmt.Errorf("delete a mail: %w", err)
		}
	}
	return errors.Join(append(errs, conn.Quit())...)
}

func (p *Post) dial(ctx context.Context) (*pop3.Conn, error) {
	host, port, err := net.SplitHostPort(p.POP3.Address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", port, err)
	}
	conn, err := pop3.New(pop3.Opt{Host: host, Port: n, Dialer: &dialer{ctx, p}}).NewConn()
	if err != nil {
		return nil, err
	}
	if err := conn.Auth(p.POP3.User, p.POP3.Password); err != nil {
		_ = conn.Quit()
		return nil, err
	}
	return conn, nil
}

// dialer connects within a time, and lets through no more than a session may bring.
type dialer struct {
	ctx context.Context // of one session
	p   *Post
}

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(sessionTime)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if d.p.POP3.TLS != nil {
		conn = tls.Client(conn, d.p.POP3.TLS)
	}
	return &bounded{conn, inOneSession*(d.p.Largest+1<<10) + 1<<20}, nil
}

type bounded struct {
	net.Conn
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the mail server sends more than it announced")
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Check connects to both servers and logs in, for who sets the mail up.
func (p *Post) Check(ctx context.Context) (smtpErr, pop3Err error) {
	client, smtpErr := p.connect(ctx)
	if smtpErr == nil {
		_ = client.Quit()
	}
	conn, pop3Err := p.dial(ctx)
	if pop3Err == nil {
		pop3Err = conn.Quit()
	}
	return smtpErr, pop3Err
}
