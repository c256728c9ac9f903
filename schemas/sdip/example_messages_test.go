package sdip

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

var update = flag.Bool("update", false, "write the golden files anew")

const letterID = "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7701"

var (
	day     = document.Date{Year: 2026, Month: 11, Day: 23}
	number  = document.RegNumber{Number: "01-05/77", Date: day}
	agencyB = document.System{Name: "Ведомство Б", SysID: "00000000-0000-4000-8000-00000000000b", System: "СЭД Б", Details: "1.0"}
)

// letter is the main document of the examples, with its file beside the message.
func letter() *document.Packet {
	p := documenttest.Letter(900)
	f := &p.Document.Files[0]
	f.Inline, f.Size, f.SHA256, f.ReferenceID = nil, 0, [32]byte{}, "attach1"
	f.Signatures[0].CMS = f.Signatures[0].CMS[:64]
	return p
}

// answer is the executor's answer to the task to sign.
func answer() *document.Packet {
	p := letter()
	p.ID = document.PacketID{Sender: "OrgB", MsgID: "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7703"}
	p.Kind, p.Subject, p.From, p.Tasks = document.Answer, "исх. №12 от 24.11.2026", agencyB, nil
	p.To = []document.Receiver{{Contour: "OrgA", System: document.System{Name: "Ведомство А"}}}
	p.Document.ID, p.Document.Number = "B-12", document.RegNumber{Number: "12", Date: document.Date{Year: 2026, Month: 11, Day: 24}}
	p.Document.Parent = &document.Parent{DocumentID: "A-1001", LastMsgID: letterID, FirstMsgID: letterID, Contour: "OrgA", ByHub: true, Number: number}
	p.Document.Referred = []document.Reference{{ID: "A-1001-1", IsTask: true, Number: document.RegNumber{Number: "1", Date: day}}}
	p.Answer = &document.TaskAnswer{Task: "A-1001-1"}
	return p
}

// additions are an enclosure sent after the letter.
func additions() *document.Packet {
	p := letter()
	p.ID.MsgID, p.Kind, p.Document, p.Tasks = "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7704", document.Additions, nil, nil
	p.Folders = []document.Folder{{Contents: "Приложение 1", Files: letter().Document.Files, Notes: []string{"взамен"}, Referred: []document.Reference{{ID: "A-1001", Number: number}}}}
	return p
}

// receipt is a message with one receipt for the letter.
func receipt(kind document.Stage, inc document.RegNumber, results ...zones.Result) *Message {
	return &Message{
		Version: V2, ID: "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7702", Subject: "Уведомление о документе №01-05/77 от 23.11.2026", Sent: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC),
		Sender: Party{"OrgB", agencyB}, To: []document.Receiver{{Contour: "OrgA", System: document.System{Name: "Ведомство А"}}},
		Receipt: &zones.Acknowledgement{MsgID: letterID, Type: kind, RegNumber: number, IncNumber: inc, Results: results},
	}
}

func examples() map[string]*Message {
	old, changed := Of(letter()), receipt(0, document.RegNumber{})
	old.Version = V1
	changed.Sender.Code, changed.Receipt = Directory, nil
	changed.Changed = &Changed{Type: "acknowledgement", Text: "Изменён справочник [b774521b-c2db-44ea-8118-244cbc07ab00]"}
	incoming := document.RegNumber{Number: "552-вх", Date: document.Date{Year: 2026, Month: 11, Day: 24}}
	return map[string]*Message{
		"letter": Of(letter()), "letter-1.0": old, "answer": Of(answer()), "additions": Of(additions()), "directory": changed,
		"delivered":  receipt(document.Deliver, document.RegNumber{}, zones.Result{Text: "Документ доставлен"}),
		"registered": receipt(document.Register, incoming, zones.Result{Text: "Документ зарегистрирован №552-вх от 24.11.2026"}),
		"refused":    receipt(document.Register, document.RegNumber{Number: "Отказ в регистрации", Date: incoming.Date}, zones.Result{Code: 2, Text: "Не по адресу"}),
		"faulty":     receipt(document.Deliver, document.RegNumber{}, zones.Result{Code: 35, Text: "нет атрибута pages"}, zones.Result{Code: -22, Text: "файл Письмо.pdf не подписан"}),
	}
}

// Every example is written as its golden file, in XML and as a package of the router, without loss, and read from it as it was.
func TestExamplesBothWays(t *testing.T) {
	for name, m := range examples() {
		t.Run(name, func(t *testing.T) {
			text, losses := Encode(m, Options{})
			twin, lost := EncodePackage(&Package{HeaderID: HeaderID, Message: m}, Options{})
			if !losses.none() || !lost.none() || losses.Missing != nil || lost.Missing != nil {
				t.Errorf("%+v %+v", losses, lost)
			}
			var indented json.RawMessage = twin
			pretty, err := json.MarshalIndent(indented, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".xml", text)
			golden(t, name+".json", append(pretty, '\n'))
			got, err := Decode(text, Options{})
			if diff := documenttest.Diff(m, got); err != nil || diff != "" {
				t.Errorf("%v\n%s\n%s", err, diff, text)
			}
			p, err := DecodePackage(pretty, Options{})
			if diff := documenttest.Diff(m, p.Message); err != nil || diff != "" {
				t.Errorf("twin: %v\n%s\n%s", err, diff, pretty)
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s:\n%s", path, diff)
	}
}
