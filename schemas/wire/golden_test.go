package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var update = flag.Bool("update", false, "write the golden files anew: only for a form that nobody has used yet")

// samplePacket is an ordinary main document with a task to sign, as СМДО carries thousands of a day.
func samplePacket() *document.Packet {
	day := document.Date{Year: 2026, Month: 11, Day: 23}
	number := document.RegNumber{Number: "01-05/77", Date: day}
	file := []byte(strings.Repeat("%PDF-1.7 ", 30))
	petrov := document.Person{Name: "Петров П.П.", Posts: []document.Post{{Text: "Начальник"}}, SignDate: day}
	return &document.Packet{
		ID:      document.PacketID{Sender: "OrgA", MsgID: "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7701"},
		Edition: document.Edition,
		Kind:    document.Main,
		Acknow:  document.AcknowAlways,
		Sent:    time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC),
		Subject: "исх. №01-05/77 от 23.11.2026",
		From:    document.System{Name: "Ведомство А", SysID: "00000000-0000-4000-8000-00000000000a", System: "СЭД А", Details: "1.0"},
		Author:  "petrov",
		To: []document.Receiver{{Contour: "OrgB", System: document.System{Name: "Ведомство Б"},
			Organization: &document.Organization{Text: "Ведомство Б"}}},
		Document: &document.Document{
			ID: "A-1001", Kind: "Письмо", Sheets: 2, Number: number, Title: "О согласовании",
			Confidential: document.Confidential{Text: "Общий"},
			Files: []document.Attachment{{Name: "Письмо.pdf", MediaType: "application/pdf", Size: int64(len(file)), SHA256: sha256.Sum256(file), Inline: file,
				Signatures: []document.Signature{{CMS: []byte(strings.Repeat("0\x82", 550)), SignedAt: time.Date(2026, 11, 23, 8, 10, 0, 0, time.UTC)}}}},
			Authors: []document.Author{{Party: document.Party{Organization: &document.Organization{Text: "Ведомство А", Officials: []document.Person{petrov}}}}},
		},
		Tasks: []document.Task{{ID: "A-1001-1", Kind: document.Sign, KindText: "на подпись", SMDO: true, Registered: true, Number: "1", Date: day,
			Text: "Подписать и вернуть", InfoDeadline: document.Date{Year: 2026, Month: 12, Day: 1},
			Referred:  []document.Reference{{ID: "A-1001", Number: number}},
			Executors: []document.Executor{{Contour: "OrgB", Participant: "sidorova", Chief: true}}}},
	}
}

func sampleReceipt() *document.Receipt {
	packet := samplePacket().ID
	return &document.Receipt{
		ID:     document.NewReceiptID(packet, "OrgB", "A-1001-1", document.Register, "ack-7702"),
		Packet: packet, Receiver: "OrgB", Task: "A-1001-1", Stage: document.Register,
		Faults: []document.Fault{document.NewFault(document.SignatureEmulated, "document.files[0].signatures[0]", "OrgA")},
		From:   document.Delivered, To: document.Registered, TaskTo: document.TaskActive,
		Journal: "tasks", Number: document.RegNumber{Number: "552-вх", Date: document.Date{Year: 2026, Month: 11, Day: 24}},
		Executor: "sidorova", Rule: "a-b", Rules: 12, Emulated: true, Event: "ack-7702",
		At: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC), Note: sha256.Sum256([]byte("salted")), Leaf: 41,
	}
}

func sampleReport() *document.Report {
	return &document.Report{
		ID: "ack-7703", Reporter: "OrgB", Packet: samplePacket().ID, Stage: document.Register, Code: document.CodeRefused,
		Faults: []document.Fault{document.NewFault(document.RegistrationRefused, "document")},
		At:     time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC), Note: "Отказ в регистрации: документ адресован не нам",
	}
}

// What once stood in a record or a ledger has to be read, and its digest found again, by every later
// version. A golden that changes breaks that promise.
func TestTheEncodingNeverChanges(t *testing.T) {
	report, err := MarshalReport(sampleReport())
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"packet": marshal(t, samplePacket()), "receipt": ReceiptBytes(sampleReceipt()), "report": report} {
		path := filepath.Join("testdata", name+".hex")
		got := hex.Dump(b)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func BenchmarkMarshalPacket(b *testing.B) {
	p := samplePacket()
	b.SetBytes(int64(len(marshal(b, p))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := MarshalPacket(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalPacket(b *testing.B) {
	in := marshal(b, samplePacket())
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := UnmarshalPacket(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReceiptBytes(b *testing.B) {
	r := sampleReceipt()
	b.ReportAllocs()
	for b.Loop() {
		ReceiptBytes(r)
	}
}
