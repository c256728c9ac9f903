package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters/adaptertest"
	"github.com/smdo-hub/smdo-hub/adapters/smdomail"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// speaker is a contour of the journey between protocols.
type speaker struct {
	code, protocol, delivery, title, person string
	tasks                                   bool // its protocol has tasks
}

// speakers are those of the journey: each pair of them exchanges a document, both ways.
var speakers = []speaker{
	{"edms", "api", "mailbox", "Архив Заозёрского района", "Иванов Иван Иванович", true},
	{"router", "smdo", "mailbox", "Управление финансов", "Петрова Анна Павловна", true},
	{"mail", "smdo-mail", "push", "Районная казна", "Сидоров Олег Юрьевич", true},
	{"gost", "gost53898", "mailbox", "Центр оценки", "Козлова Вера Ильинична", true},
	{"medo", "medo", "push", "Краеведческий музей", "Жук Степан Адамович", false},
}

const (
	routerMailbox = "router@smdo.test"
	mailbox       = "mail@smdo.test"
)

func (s speaker) uid() string { return uuid.NewSHA1(uuid.Nil, []byte(s.code)).String() }

func (s speaker) address() adaptertest.Address {
	return adaptertest.Address{Code: s.code, Title: s.title, GUID: s.uid(), Mailbox: strings.ToUpper(s.code) + "~MEDOGU", Executor: s.person}
}

// formatsRules are the rules of the journey: everybody trusts everybody.
func formatsRules() []byte {
	var b strings.Builder
	b.WriteString("edition: smdo-contours/1\napproval: none\nanswers: allowed\nkinds: [Письмо]\norganisations:\n")
	for _, s := range speakers {
		fmt.Fprintf(&b, "  - {code: %s, name: {ru: %s}, agreement: {number: '1', date: 2026-01-12}}\n", s.code, s.title)
	}
	b.WriteString("contours:\n")
	for _, s := range speakers {
		fmt.Fprintf(&b, "  - {code: %s, organisation: %s, title: {ru: %s}, delivery: %s, protocol: %s, mail: '%s', medo: {uid: %s, address: %s}, sends_as: signer, participants: [{code: signer, name: %s, rights: [send, execute, exchange]}]}\n",
			s.code, s.code, s.title, s.delivery, s.protocol, map[bool]string{true: mailbox}[s.protocol == "smdo-mail"], s.uid(), s.address().Mailbox, s.person)
	}
	b.WriteString("trust:\n")
	for _, from := range speakers {
		for _, to := range speakers {
			if from.code != to.code {
				fmt.Fprintf(&b, "  - {from: %s, to: %s, tasks: [sign, inform, errand, agree], signatures: {emulator: allow, undeterminable: hold, hold_for: 72h}}\n", from.code, to.code)
			}
		}
	}
	return []byte(b.String())
}

// formats is the stage of the journey: the mail server, and what the hub has to be told of it.
type formats struct {
	mail     *smdomail.Fake
	password string
}

func newFormats() (*formats, error) {
	var secret [16]byte
	_, _ = rand.Read(secret[:])
	f := &formats{password: hex.EncodeToString(secret[:])}
	var err error
	f.mail, err = smdomail.NewFake(map[string]string{routerMailbox: f.password, mailbox: f.password})
	return f, err
}

// configure tells the hub of the folders and the mail. passwordFile holds the password.
func (f *formats) configure(c *Config, passwordFile string) {
	c.Folders = FoldersConfig{Dir: filepath.Join(c.Data, "folders"), Every: Duration(100 * time.Millisecond), Settle: Duration(50 * time.Millisecond)}
	server := MailServerConfig{User: routerMailbox, Password: passwordFile, Plain: true}
	c.Mail = MailConfig{Address: routerMailbox, SMTP: server, POP3: server, Every: Duration(100 * time.Millisecond)}
	c.Mail.SMTP.Address, c.Mail.POP3.Address = f.mail.SMTP, f.mail.POP3
}

// peers are the systems of the contours, outside of the hub at an address. key gives the API key of a contour.
func (f *formats) peers(url, folders string, emulator *signature.Emulator, key func(document.ContourCode) (string, error)) (list []adaptertest.Peer, err error) {
	for _, s := range speakers {
		signer, err := emulator.Issue(s.code+"/signer", signature.SignerOptions{Name: s.person})
		if err != nil {
			return nil, err
		}
		self := adaptertest.Self{Address: s.address(), Person: s.person, NewID: uuid.NewString, Sign: func(file []byte) []byte {
			cms, err := signer.Sign(signature.ContentOf(file))
			if err != nil {
				return nil // the hub says that it is not signed
			}
			return cms
		}}
		if self.Key, err = key(document.ContourCode(s.code)); err != nil {
			return nil, err
		}
		switch s.protocol {
		case "api":
			list = append(list, &adaptertest.API{Self: self, URL: url + "/api/v1"})
		case "smdo":
			list = append(list, &adaptertest.SMDO{Self: self, URL: url + "/smdo"})
		case "smdo-mail":
			list = append(list, &adaptertest.Mail{Self: self, SMTP: f.mail.SMTP, POP3: f.mail.POP3, Mailbox: mailbox, Password: f.password, Router: routerMailbox})
		case "gost53898":
			list = append(list, &adaptertest.GOST{Self: self, URL: url + "/gost53898"})
		case "medo":
			list = append(list, &adaptertest.MEDO{Self: self, Folder: filepath.Join(folders, s.code)})
		}
	}
	return list, nil
}

// exchange is one document on its way from one protocol to another.
type exchange struct {
	From       string `json:"from"`
	To         string `json:"to"`
	Number     string `json:"number"`
	Arrived    bool   `json:"arrived"`    // the file, octet by octet
	Tasks      int    `json:"tasks"`      // that arrived, of three
	Registered string `json:"registered"` // the receiver's number, as it came back

	sender, receiver int
	file             []byte
	wanted           string // the receiver's number
}

type formatsReport struct {
	Exchanges     []*exchange `json:"exchanges"`
	Discrepancies []string    `json:"discrepancies"`
}

// playFormats has every pair of peers exchange a document with tasks, and its registration, and says what became of each.
func playFormats(ctx context.Context, peers []adaptertest.Peer, say func(format string, args ...any)) (formatsReport, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	report := formatsReport{Discrepancies: []string{}}
	for i := range peers {
		for j := range peers {
			if i == j {
				continue
			}
			n := len(report.Exchanges) + 1
			x := &exchange{From: peers[i].Name(), To: peers[j].Name(), Number: fmt.Sprintf("01-%02d/26", n), sender: i, receiver: j, wanted: fmt.Sprintf("вх-%d", 500+n)}
			x.file = []byte(fmt.Sprintf("%%PDF-1.4\n%% %s → %s %s", x.From, x.To, x.Number))
			report.Exchanges = append(report.Exchanges, x)
			letter := adaptertest.Letter{ID: uuid.NewString(), Doc: uuid.NewString(), Number: x.Number, Title: "О порядке обмена", File: x.file, Tasks: speakers[i].tasks}
			if err := peers[i].Send(ctx, speakers[j].address(), letter); err != nil {
				return report, fmt.Errorf("%s → %s: %w", x.From, x.To, err)
			}
		}
	}
	for !report.done() && ctx.Err() == nil {
		for i, p := range peers {
			events, err := p.Take(ctx)
			if err != nil {
				return report, fmt.Errorf("%s: %w", p.Name(), err)
			}
			for _, e := range events {
				if err := report.take(ctx, i, p, e, say); err != nil {
					return report, err
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond): // peers know no other way than to look again
		}
	}
	report.judge()
	return report, nil
}

func (r *formatsReport) done() bool {
	for _, x := range r.Exchanges {
		if x.Registered == "" {
			return false
		}
	}
	return true
}

// take notes what came to a peer, and has it register documents.
func (r *formatsReport) take(ctx context.Context, at int, p adaptertest.Peer, e adaptertest.Event, say func(string, ...any)) error {
	for _, x := range r.Exchanges {
		switch {
		case e.Document != "" && x.receiver == at && x.Number == e.Number && !x.Arrived:
			x.Arrived, x.Tasks = bytes.Equal(e.File, x.file), e.Tasks
			say("  %-22s → %-22s %s", x.From, x.To, x.Number)
			return p.Register(ctx, e, x.wanted)
		case e.Said == adaptertest.Registered && x.sender == at && e.Number == x.wanted:
			x.Registered = e.Number
		}
	}
	if e.Said == adaptertest.Refused {
		r.Discrepancies = append(r.Discrepancies, fmt.Sprintf("%s: %s was refused", p.Name(), e.About))
	}
	return nil
}

func (r *formatsReport) judge() {
	for _, x := range r.Exchanges {
		wanted := 0
		if speakers[x.sender].tasks && speakers[x.receiver].tasks {
			wanted = 3
		}
		switch {
		case !x.Arrived:
			r.Discrepancies = append(r.Discrepancies, fmt.Sprintf("%s → %s: the document did not arrive as it was sent", x.From, x.To))
		case x.Registered != x.wanted:
			r.Discrepancies = append(r.Discrepancies, fmt.Sprintf("%s → %s: the number did not come back", x.From, x.To))
		case x.Tasks != wanted:
			r.Discrepancies = append(r.Discrepancies, fmt.Sprintf("%s → %s: %d tasks of %d", x.From, x.To, x.Tasks, wanted))
		}
	}
}

// formats plays the journey between protocols on a running hub.
func (d *devCommand) formats(ctx context.Context, g *Global, h *hub, door *httpDoor, out io.Writer, say func(ru, en string)) error {
	say("\n▸ Пять систем, каждая по своему протоколу: документ, задачи и номер регистрации в обе стороны между всеми", "\n▸ Five systems, each in its own protocol: a document, tasks and the number back, between all of them")
	peers, err := d.stage.peers(door.url(), h.config.Folders.Dir, h.emulator, func(c document.ContourCode) (string, error) {
		text, key := broker.NewKey(c, record.RoleContour, "dev", h.Clock(), time.Time{})
		return text, h.record.AddKey(ctx, key)
	})
	if err != nil {
		return err
	}
	report, err := playFormats(ctx, peers, func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) })
	if err != nil {
		return err
	}
	found, err := h.compare(ctx)
	if err != nil {
		return err
	}
	report.Discrepancies = append(report.Discrepancies, found...)
	if g.Output == "json" {
		if err := g.printJSON(report); err != nil {
			return err
		}
	}
	for _, line := range report.Discrepancies {
		fmt.Fprintln(g.stderr, line)
	}
	if n := len(report.Discrepancies); n > 0 {
		return fmt.Errorf("%d discrepancies", n)
	}
	say(fmt.Sprintf("\nВсё сошлось: %d обменов; МЭДО не переносит задач, об этом сказано отправителям.", len(report.Exchanges)),
		fmt.Sprintf("\nEverything agrees: %d exchanges; МЭДО carries no tasks, and the senders were told.", len(report.Exchanges)))
	return nil
}
