package gost53898

import (
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

// letter says what the format can carry of the ordinary letter.
func letter() *document.Packet {
	p := documenttest.Letter(30)
	p.Subject = ""
	f := &p.Document.Files[0]
	f.OS = "Linux"
	f.Signatures = []document.Signature{{CMS: f.Signatures[0].CMS[:64]}}
	return p
}

func receipt(kind document.Stage, inc document.RegNumber, results ...zones.Result) *Message {
	return &Message{
		ID: "7b0c1f0e-5a0e-4d0c-9a58-0e5d3a4f1c02", Sent: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC),
		From: Party{"OrgB", document.System{Name: "Ведомство Б", SysID: "sys-b", System: "СЭД Б"}}, To: Party{"OrgA", document.System{Name: "Ведомство А"}},
		Receipt: &zones.Acknowledgement{MsgID: "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7701", Type: kind, RegNumber: inc, Results: results},
	}
}

func examples() map[string]*Message {
	answer, additions := letter(), letter()
	answer.Kind, answer.Tasks = document.Answer, nil
	answer.Document.Referred = []document.Reference{{ID: "A-1001", Number: answer.Document.Number}, {ID: "A-1001-1", IsTask: true, Number: document.RegNumber{Number: "1", Date: answer.Document.Number.Date}}}
	answer.Document.Parent = &document.Parent{DocumentID: "A-1001", Number: answer.Document.Number, ByHub: true}
	answer.Answer = &document.TaskAnswer{Task: "A-1001-1"}
	additions.Kind, additions.Tasks = document.Additions, nil
	additions.Folders = []document.Folder{{Contents: "Приложение 1", Kind: document.Information, Files: letter().Document.Files, Notes: []string{"взамен"}, Referred: []document.Reference{{ID: "A-1001", Number: additions.Document.Number}}}}
	additions.Document.Files = nil
	return map[string]*Message{
		"letter": Of(letter(), 0), "answer": Of(answer, 0), "additions": Of(additions, 0),
		"delivered":  receipt(document.Deliver, document.RegNumber{}, zones.Result{Text: "Документ доставлен"}),
		"registered": receipt(document.Register, document.RegNumber{Number: "552-вх", Date: document.Date{Year: 2026, Month: 11, Day: 24}}, zones.Result{Text: "Документ зарегистрирован"}),
		"faulty":     receipt(document.Deliver, document.RegNumber{}, zones.Result{Code: 35, Text: "нет атрибута"}, zones.Result{Code: -21, Text: "подпись неверна"}),
	}
}

// Every example is written as its golden file without loss, and read from it as it was.
func TestExamplesBothWays(t *testing.T) {
	for name, m := range examples() {
		t.Run(name, func(t *testing.T) {
			text, losses := Encode(m, Options{})
			if !losses.none() || losses.Missing != nil {
				t.Errorf("%+v", losses)
			}
			path := filepath.Join("testdata", name+".xml")
			if *update {
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(text)); diff != "" {
				t.Error(diff)
			}
			got, err := Decode(text, Options{})
			if diff := documenttest.Diff(m, got); err != nil || diff != "" {
				t.Errorf("%v\n%s\n%s", err, diff, text)
			}
		})
	}
}
