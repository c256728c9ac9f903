package upstream_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

type object = map[string]any

// site is a hub that is a subscriber of a router: head-a and sub-a2 have accounts there, sub-a1 and head-b live beyond it.
type site struct {
	*brokertest.Env
	t    *testing.T // of the case
	top  *testing.T // of the whole
	fake *upstream.Fake
	url  string
	link *upstream.Link
	stop func()
}

// rules are the example's with two contours beyond the router.
func rules() []byte {
	text := string(contours.Example())
	for _, c := range []string{"sub-a1", "head-b"} {
		at := strings.Index(text, "- code: "+c+"\n")
		hosted := at + strings.Index(text[at:], "delivery: hosted")
		text = text[:hosted] + "delivery: push\n    protocol: smdo-upstream" + text[hosted+len("delivery: hosted"):]
	}
	return []byte(text)
}

func start(t *testing.T, change ...func(*upstream.Options)) *site {
	t.Helper()
	s := begin(t)
	s.run(change...)
	return s
}

// begin starts all but the link.
func begin(t *testing.T) *site {
	t.Helper()
	s := &site{Env: brokertest.Start(t, brokertest.Options{Rules: rules()}), t: t, top: t, stop: func() {}}
	s.serve()
	return s
}

// serve opens the router on a port.
func (s *site) serve() {
	s.fake = upstream.NewFake(s.t.TempDir(), "head-a", "sub-a2", "sub-a1", "head-b", "stranger")
	server := httptest.NewServer(s.fake)
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

func (s *site) options() upstream.Options {
	return upstream.Options{
		Hub: s.Hub, Record: s.Record, Files: adapters.Files{Hub: s.Hub, Blobs: s.Blobs, Verifier: s.Verifier}, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		URL: s.url, Plain: true, Every: 20 * time.Millisecond, Patience: 500 * time.Millisecond, Lease: 300 * time.Millisecond,
		Accounts: []upstream.Account{{Contour: "head-a", User: "head-a", Password: "парольhead-a"}, {Contour: "sub-a2", User: "sub-a2", Password: "парольsub-a2"}},
	}
}

// run sets the link going, and what brings it its work.
func (s *site) run(change ...func(*upstream.Options)) {
	s.t.Helper()
	o := s.options()
	for _, c := range change {
		c(&o)
	}
	link, err := upstream.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	carrier := &adapters.Carrier{Hub: s.Hub, Record: s.Record, Clock: time.Now, Log: o.Log}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	for _, part := range []func(context.Context) error{link.Run, carrier.Run} {
		go func() { ended <- part(ctx) }()
	}
	s.link = link
	s.stop = func() {
		s.stop = func() {}
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				s.t.Error(err)
			}
		}
	}
	s.top.Cleanup(func() { s.stop() })
}

// runPart sets something going for as long as the test runs.
func (s *site) runPart(part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- part(ctx) }()
	s.top.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.top.Error(err)
		}
	})
}

// eventually asks again until it is so: the protocol knows no other way.
func (s *site) eventually(what string, so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("never: %s", what)
		}
	}
}

// at is where an exchange stands.
func (s *site) at(id document.PacketID, receiver document.ContourCode) document.State {
	_, exchanges, err := s.Record.Packet(context.Background(), id)
	if err != nil {
		return ""
	}
	for _, ex := range exchanges {
		if ex.Receiver == receiver {
			return ex.State
		}
	}
	return ""
}

func (s *site) stands(id document.PacketID, receiver document.ContourCode, want document.State) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%s toward %s is %s", id, receiver, want), func() bool { return s.at(id, receiver) == want })
}

// confirmed waits until everything in the accounts was confirmed.
func (s *site) confirmed() {
	s.t.Helper()
	s.eventually("all is confirmed", func() bool { return s.fake.New("head-a")+s.fake.New("sub-a2") == 0 })
}

// letter gives the hub a letter of head-a with a file that travels inside the packet and one that does not.
func (s *site) letter(to ...document.ContourCode) *document.Packet {
	s.t.Helper()
	p := s.Letter(to[0])
	for _, c := range to[1:] {
		p.To = append(p.To, document.Receiver{Contour: c})
	}
	large := bytes.Repeat([]byte(p.ID.MsgID), 4000)
	p.Document.Files = append(p.Document.Files, s.upload("head-a", "Приложение.pdf", large, "petrov"))
	s.submit(p)
	return p
}

func (s *site) upload(c document.ContourCode, name string, content []byte, participant string) document.Attachment {
	s.t.Helper()
	a := s.File(name, content, participant)
	if _, err := s.options().Files.Store(s.t.Context(), c, "file", bytes.NewReader(content)); err != nil {
		s.t.Fatal(err)
	}
	a.Inline = nil
	return a
}

func (s *site) submit(p *document.Packet) {
	s.t.Helper()
	if o, err := s.Submit(s.t.Context(), p.ID.Sender, p); err != nil || o.Standing != "custody" {
		s.t.Fatalf("submit: %v %+v", err, o)
	}
}

// cards counts the cards of a contour, all of one page.
func (s *site) cards(c document.ContourCode) int {
	s.t.Helper()
	rows, _, err := s.Record.Cards(s.t.Context(), record.CardQuery{Contour: c, Journal: "in", Page: record.Page{Limit: 1000}})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(rows)
}

// dig walks into objects.
func dig(o any, path ...string) any {
	for _, name := range path {
		m, _ := o.(object)
		o = m[name]
	}
	return o
}

// got returns the packages in a subscriber's account that are receipts, or are not, about or with a msg_id.
func (s *site) got(code string, id document.MsgID, receipts bool) (list []object) {
	for _, p := range s.fake.Got(code) {
		envelope := dig(p, "body", "envelop")
		about := dig(envelope, "msg_id")
		if receipts {
			about = dig(envelope, "body", "acknowledgement", "msg_id")
		}
		if about == string(id) {
			list = append(list, p)
		}
	}
	return list
}

// remote composes a letter of a subscriber beyond the router, by hand; its file is attach1.
func (s *site) remote(from string, to ...string) object {
	receivers, addresses := []any{}, []any{}
	for _, c := range to {
		receivers = append(receivers, object{"id": c, "name": c, "organization": object{"organization_string": c}})
		addresses = append(addresses, s.fake.Address(c))
	}
	return object{"headerId": "SMDO~1.0.0", "parentId": nil, "dateSent": "2026-11-23T08:15:05Z", "to": addresses,
		"body": object{"envelop": object{"type": "SDIP-2.1.1", "msg_id": uuid.NewString(), "dtstamp": "2026-11-23T08:15:00Z", "subject": "О согласовании",
			"header": object{"msg_type": 1, "msg_acknow": 2,
				"sender":   object{"id": from, "name": from, "sys_id": uuid.NewString(), "system": "СЭД", "system_details": "1.0"},
				"receiver": receivers},
			"body": object{"document": object{"idnumber": "A-" + uuid.NewString(), "type": 0, "kind": "Письмо", "pages": 2, "title": "О согласовании",
				"regNumber": object{"value": "01-05/77", "regdate": "2026-11-23"}, "confident": object{"flag": 0, "value": "Общий"},
				"docTransfer": []any{object{"name": "Письмо.pdf", "data": object{"referenceid": "attach1", "value": nil}}},
				"author": []any{object{"organizationWithSign": object{"organization_string": from,
					"officialPersonWithSign": []any{object{"name": object{"value": "Сидорова Мария Олеговна"}}, object{"name": object{"value": "Орлова Вера Ильинична"}}}}}},
			}}}}}
}

func idOf(p object) document.MsgID {
	return document.MsgID(dig(p, "body", "envelop", "msg_id").(string))
}

// attached is the file of a letter of a subscriber beyond the router, signed.
func (s *site) attached(content []byte, participant string) upstream.FakeFile {
	return upstream.FakeFile{Name: "attach1", Content: bytes.NewReader(content), Signs: []object{{"data": base64.StdEncoding.EncodeToString(s.Sign(participant, content).CMS)}}}
}

// give puts a letter of sub-a1 into the account of head-a.
func (s *site) give() (document.PacketID, string) {
	s.t.Helper()
	p := s.remote("sub-a1", "head-a")
	id, err := s.fake.Give("sub-a1", "head-a", p, s.attached([]byte("%PDF "+string(idOf(p))+strings.Repeat(".", 100_000)), "sidorova"))
	if err != nil {
		s.t.Fatal(err)
	}
	return document.PacketID{Sender: "sub-a1", MsgID: idOf(p)}, id
}

// ack composes a receipt of a subscriber beyond the router for a package that it got.
func (s *site) ack(got object, from string, ackType, code int, number string) object {
	envelope := dig(got, "body", "envelop")
	to := dig(envelope, "header", "sender", "id").(string)
	p := s.remote(from, to)
	a := object{"msg_id": dig(envelope, "msg_id"), "ack_type": ackType, "ackResult": []any{object{"value": "Принято", "errorcode": code}},
		"regNumber": object{"value": "01-05/77", "regdate": "2026-11-23"}}
	if number != "" {
		a["incNumber"] = object{"value": number, "regdate": "2026-11-24"}
	}
	e := dig(p, "body", "envelop").(object)
	e["body"] = object{"acknowledgement": a, "document": nil}
	e["header"].(object)["msg_type"] = 0
	p["ack"], p["parentId"] = true, got["id"]
	return p
}
