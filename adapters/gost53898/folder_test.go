package gost53898_test

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/folder"
	"github.com/smdo-hub/smdo-hub/adapters/gost53898"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// site is a hub whose head-a and sub-a2 exchange messages through folders.
type site struct {
	*brokertest.Env
	t    *testing.T
	root string
}

func start(t *testing.T) *site {
	t.Helper()
	s := &site{Env: brokertest.Start(t, brokertest.Options{Rules: rules("push")}), t: t, root: t.TempDir()}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	translator := &gost53898.Translator{Files: adapters.Files{Hub: s.Hub, Blobs: s.Blobs, Verifier: s.Verifier}, Record: s.Record, Clock: time.Now}
	s.carry(log)
	gateway := &folder.Gateway{
		Hub: s.Hub, Record: s.Record, Root: root, Translators: map[contours.Protocol]folder.Translator{contours.ProtocolGOST: translator},
		Every: 20 * time.Millisecond, Settle: 0, Clock: time.Now, Log: log,
	}
	run(t, gateway.Run)
	return s
}

// rules are the example's, with two contours that speak the protocol.
func rules(delivery string) []byte {
	text := string(contours.Example())
	for _, c := range []string{"head-a", "sub-a2"} {
		at := strings.Index(text, "- code: "+c+"\n")
		hosted := at + strings.Index(text[at:], "delivery: hosted")
		text = text[:hosted] + "delivery: " + delivery + "\n    protocol: gost53898" + text[hosted+len("delivery: hosted"):]
	}
	return []byte(text)
}

// carry sets the carrier of receipts going.
func (s *site) carry(log *slog.Logger) {
	run(s.t, (&adapters.Carrier{Hub: s.Hub, Record: s.Record, Clock: time.Now, Log: log}).Run)
}

// run runs a part of the hub until the test ends.
func run(t *testing.T, part func(context.Context) error) {
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

// leave puts a message where the hub takes it, as a correspondent does: under another name first.
func (s *site) leave(contour, name, text string) {
	s.t.Helper()
	dir := filepath.Join(s.root, contour, "in")
	if err := os.MkdirAll(dir, 0o770); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".tmp"), []byte(text), 0o660); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, name+".tmp"), filepath.Join(dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

// waitFor waits until n messages lie in a folder and returns their texts, in the order of their times.
func (s *site) waitFor(contour, box string, n int) (texts []string) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		files, _ := filepath.Glob(filepath.Join(s.root, contour, box, "*"))
		if len(files) >= n {
			for _, f := range files {
				text, err := os.ReadFile(f)
				if err != nil {
					s.t.Fatal(err)
				}
				texts = append(texts, string(text))
			}
			return texts
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d of %d messages in %s/%s", len(files), n, contour, box)
		}
		<-time.After(20 * time.Millisecond) // a folder has to be looked into
	}
}

// letter is a message of head-a, composed by hand.
func (s *site) letter(to, id, number string, file []byte, participant string) string {
	signature := ""
	if participant != "" {
		signature = fmt.Sprintf(`<DocTransfer os="Linux" type="application/pkcs7-signature" description="Подпись" transfertype="0">%s</DocTransfer>`,
			base64.StdEncoding.EncodeToString(s.Sign(participant, file).CMS))
	}
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Header standart="Стандарт системы управления документами" version="1.0" time="2026-11-23T08:15:00Z" msg_type="1" msg_id="%s" msg_acknow="2"
  from_org_id="head-a" from_organization="Ведомство А" from_sys_id="sys-a" from_system="СЭД А" to_org_id="%s" to_organization="Ведомство Б">
  <Document idnumber="doc-%s" type="0" kind="Письмо" pages="2" title="О согласовании">
    <RegNumber regdate="2026-11-23">%s</RegNumber><Confident flag="0">Общий</Confident>
    <DocTransfer os="Linux" type="application/pdf" description="Письмо.pdf" transfertype="0">%s</DocTransfer>%s
    <Author><OrganizationWithSign organization_string="Ведомство А"><OfficialPersonWithSign><Name>Петров Пётр Петрович</Name></OfficialPersonWithSign></OrganizationWithSign></Author>
  </Document>
</Header>`, id, to, number, number, base64.StdEncoding.EncodeToString(file), signature)
}

// ack reads a receipt.
type ack struct {
	MsgType int `xml:"msg_type,attr"`
	Receipt struct {
		About     string `xml:"msg_id,attr"`
		Type      int    `xml:"ack_type,attr"`
		RegNumber string `xml:"RegNumber"`
		Results   []struct {
			Code int `xml:"errorcode,attr"`
		} `xml:"AckResult"`
	} `xml:"Acknowledgement"`
}

func readAck(t *testing.T, text string) (a ack) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return a
}

func TestLetterIntoAHostedJournalAndItsReceipts(t *testing.T) {
	s := start(t)
	id := uuid.NewString()
	s.leave("head-a", "one.xml", s.letter("head-b", id, "7", []byte("%PDF one"), "petrov")) // registers by itself
	types := map[int]ack{}
	for _, text := range s.waitFor("head-a", "out", 2) {
		a := readAck(t, text)
		types[a.Receipt.Type] = a
	}
	if types[1].Receipt.About != id || types[1].Receipt.Results[0].Code != 0 || !strings.Contains(types[2].Receipt.RegNumber, "02-вх") {
		t.Errorf("receipts are %+v", types)
	}
	if files, _ := filepath.Glob(filepath.Join(s.root, "head-a", "in", "*")); len(files) != 0 {
		t.Errorf("still there: %v", files)
	}
}

// receipt is a receipt of contour about a message of to, composed by hand.
func receipt(contour, to, about string, ackType int, number string) string {
	return fmt.Sprintf(`<Header standart="Стандарт системы управления документами" version="1.0" time="2026-11-24T09:00:00Z" msg_type="0" msg_id="%s"
  from_org_id="%s" from_organization="Б" from_sys_id="sys-b" from_system="СЭД Б" to_org_id="%s" to_organization="А">
  <Acknowledgement msg_id="%s" ask_type="%d"><RegNumber regdate="2026-11-24">%s</RegNumber><AckResult errorcode="0">Принято</AckResult></Acknowledgement></Header>`,
		uuid.NewString(), contour, to, about, ackType, number)
}

// A letter, the receiver's own receipts, its answer, which names the document alone, and the receipt of the answer.
func TestBetweenFoldersWithAnAnswer(t *testing.T) {
	s := start(t)
	id, reply := uuid.NewString(), uuid.NewString()
	s.leave("head-a", "one.xml", s.letter("sub-a2", id, "8", []byte("%PDF eight"), "petrov"))
	got := s.waitFor("sub-a2", "out", 1)[0]
	if !strings.Contains(got, `msg_id="`+id+`"`) || !strings.Contains(got, base64.StdEncoding.EncodeToString([]byte("%PDF eight"))) || !strings.Contains(got, "application/pkcs7-signature") {
		t.Fatalf("%s", got)
	}
	s.leave("sub-a2", "registered.xml", receipt("sub-a2", "head-a", id, 2, "552-вх"))
	s.waitFor("head-a", "out", 1)
	answer := strings.NewReplacer(`msg_type="1"`, `msg_type="3"`, `from_org_id="head-a"`, `from_org_id="sub-a2"`,
		`to_org_id="sub-a2"`, `to_org_id="head-a"`, `idnumber="doc-8"`, `idnumber="answer-8"`, `<Confident flag="0">Общий</Confident>`,
		`<Confident flag="0">Общий</Confident><Referred idnumber="doc-8" retype="1"><RegNumber regdate="2026-11-23">8</RegNumber></Referred>`, "Петров Пётр Петрович", "Козлов Андрей Викторович")
	s.leave("sub-a2", "answer.xml", answer.Replace(s.letter("sub-a2", reply, "8", []byte("%PDF answer"), "kozlov")))
	if list := strings.Join(s.waitFor("head-a", "out", 2), ""); !strings.Contains(list, `msg_type="3"`) || !strings.Contains(list, "552-вх") {
		t.Fatalf("head-a has %s", list)
	}
	s.leave("head-a", "received.xml", receipt("head-a", "sub-a2", reply, 1, ""))
	packet := document.PacketID{Sender: "head-a", MsgID: document.MsgID(id)}
	for deadline := time.Now().Add(10 * time.Second); ; <-time.After(20 * time.Millisecond) {
		_, exchanges, err := s.Record.Packet(t.Context(), packet)
		if err == nil && exchanges[0].State == document.Answered && exchanges[0].Number.Number == "552-вх" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v %+v", err, exchanges[0])
		}
	}
}

func TestWhatIsWrongIsAnsweredAndPutAside(t *testing.T) {
	s := start(t)
	id := uuid.NewString()
	s.leave("head-a", "unsigned.xml", s.letter("sub-a1", id, "1", []byte("%PDF unsigned"), "")) // refused by a receipt
	a := readAck(t, s.waitFor("head-a", "out", 1)[0])
	if a.Receipt.Type != 1 || a.Receipt.Results[0].Code != -22 || a.Receipt.About != id {
		t.Errorf("unsigned: %+v", a)
	}
	bad := strings.NewReplacer(`type="0" kind`, `type="9" kind`, `<RegNumber regdate="2026-11-23">`, `<RegNumber>`).Replace(s.letter("sub-a1", uuid.NewString(), "2", []byte("x"), "petrov"))
	s.leave("head-a", "bad.xml", bad)
	for _, text := range s.waitFor("head-a", "out", 2) {
		if a := readAck(t, text); a.Receipt.About != id && (len(a.Receipt.Results) != 2 || a.Receipt.Results[0].Code != 33 || a.Receipt.Results[1].Code != 35) {
			t.Errorf("two faults: %+v", a)
		}
	}
	s.leave("head-a", "garbage.xml", "not XML")
	s.leave("head-a", "dtd.xml", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)
	for deadline := time.Now().Add(10 * time.Second); ; <-time.After(20 * time.Millisecond) {
		reasons, _ := filepath.Glob(filepath.Join(s.root, "head-a", "bad", "*", "reason.txt"))
		kept, _ := filepath.Glob(filepath.Join(s.root, "head-a", "bad", "*", "*.xml"))
		if len(reasons) == 3 && len(kept) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("put aside: %v %v", reasons, kept)
		}
	}
}
