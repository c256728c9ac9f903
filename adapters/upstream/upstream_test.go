package upstream_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func (s *site) reply(got object, from string, ackType, code int, number string) {
	s.t.Helper()
	if _, err := s.fake.Give(from, dig(got, "body", "envelop", "header", "sender", "id").(string), s.ack(got, from, ackType, code, number)); err != nil {
		s.t.Fatal(err)
	}
}

// A letter to two organisations beyond the router is one package, with its files and signatures; each of them answers.
func TestADocumentGoesOutAndItsReceiptsComeBack(t *testing.T) {
	s := start(t)
	p := s.letter("sub-a1", "head-b")
	for _, c := range []document.ContourCode{"sub-a1", "head-b"} {
		s.eventually("it arrives", func() bool { return len(s.got(string(c), p.ID.MsgID, false)) == 1 })
		got := s.got(string(c), p.ID.MsgID, false)[0]
		if n := len(dig(got, "to").([]any)); n != 2 {
			t.Errorf("%d addressees", n)
		}
		for i, f := range got["attachments"].([]any) {
			want := p.Document.Files[i]
			content, err := s.fake.Content(string(c), got["id"].(string), fmt.Sprint("attach", i+1))
			if err != nil || int64(len(content)) != want.Size || want.Inline != nil && !bytes.Equal(content, want.Inline) {
				t.Errorf("file %d: %v, %d octets", i, err, len(content))
			}
			if signs := dig(f, "sign").([]any); len(signs) != 1 || dig(signs[0], "data") == "" {
				t.Errorf("signatures %v", signs)
			}
		}
		s.reply(got, string(c), 1, 0, "")
		s.reply(got, string(c), 2, 0, "552-вх/"+string(c))
		s.stands(p.ID, c, document.Registered)
	}
	s.confirmed()
	_, exchanges, err := s.Record.Packet(t.Context(), p.ID)
	if err != nil || !slices.Contains([]string{exchanges[0].Number.Number, exchanges[1].Number.Number}, "552-вх/head-b") {
		t.Errorf("%v %+v", err, exchanges)
	}
	if n := len(s.fake.Sent()); n != 1 {
		t.Errorf("%d packages were sent", n)
	}
	s.nothingAside()
}

func (s *site) nothingAside() {
	s.t.Helper()
	for _, c := range []document.ContourCode{"head-a", "sub-a2"} {
		if list, err := s.link.Aside(s.t.Context(), c); err != nil || len(list) > 0 {
			s.t.Errorf("put aside for %s: %v %+v", c, err, list)
		}
	}
}

// acks are the types and codes of receipts.
func acks(list []object) (said []string) {
	for _, p := range list {
		a := dig(p, "body", "envelop", "body", "acknowledgement")
		text := fmt.Sprint(dig(a, "ack_type"))
		for _, r := range dig(a, "ackResult").([]any) {
			text += fmt.Sprint(" ", dig(r, "errorcode"))
		}
		said = append(said, text)
	}
	return said
}

func TestADocumentComesInAndItsReceiptsGoOut(t *testing.T) {
	s := start(t)
	id, given := s.give()
	s.stands(id, "head-a", document.Registered)
	s.eventually("receipts", func() bool { return len(s.got("sub-a1", id.MsgID, true)) == 2 })
	s.confirmed()
	list := s.got("sub-a1", id.MsgID, true)
	if said := acks(list); !slices.Equal(said, []string{"1 0", "2 0"}) {
		t.Errorf("receipts say %q", said)
	}
	for _, r := range list {
		if r["parentId"] != given || dig(r, "body", "envelop", "header", "sender", "id") != "head-a" {
			t.Errorf("receipt %v", r)
		}
	}
	if number := dig(list[1], "body", "envelop", "body", "acknowledgement", "incNumber", "value"); number == nil || number == "" {
		t.Error("the receipt of registration has no number")
	}
	s.nothingAside()
}

// A message to two of our contours lies in both accounts, and is one packet.
func TestOneMessageInTwoAccountsIsOnePacket(t *testing.T) {
	s := start(t)
	p := s.remote("head-b", "head-a", "sub-a2", "stranger")
	file := s.attached([]byte("%PDF"), "orlova")
	for _, c := range []string{"head-a", "sub-a2"} {
		file.Content = strings.NewReader("%PDF")
		if _, err := s.fake.Give("head-b", c, p, file); err != nil {
			t.Fatal(err)
		}
	}
	id := document.PacketID{Sender: "head-b", MsgID: idOf(p)}
	s.stands(id, "head-a", document.Registered)
	s.confirmed()
	s.nothingAside()
	s.eventually("the refused copy is told of", func() bool { return len(s.got("head-b", id.MsgID, true)) == 3 })
	said := acks(s.got("head-b", id.MsgID, true))
	slices.Sort(said)
	if !slices.Equal(said, []string{"1 0", "1 11", "2 0"}) { // head-b may not write to sub-a2
		t.Errorf("receipts say %q", said)
	}
}
