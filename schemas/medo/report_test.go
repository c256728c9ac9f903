package medo

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Each kind of message means what the rules of exchange say it does.
func TestReports(t *testing.T) {
	const reporter, unknown = "OrgA", document.MsgID(noGUID)
	packet := document.PacketID{Sender: "OrgB", MsgID: "99999999-9999-4999-8999-999999999999"}
	number := document.RegNumber{Number: "552-вх", Date: document.Date{Year: 2026, Month: 11, Day: 24}}
	registered := time.Date(2026, 11, 24, 6, 5, 0, 0, time.UTC)
	for name, want := range map[string]document.Report{
		"acknowledgment_27.xml":              {Packet: document.PacketID{MsgID: "22222222-2222-4222-8222-222222222222"}, Stage: document.Deliver, At: time.Date(2026, 11, 23, 8, 20, 0, 0, time.UTC)},
		"acknowledgment_error.xml":           {Packet: document.PacketID{MsgID: unknown}, Stage: document.Deliver, Code: 248, At: time.Date(2026, 11, 23, 8, 20, 0, 0, time.UTC), Note: "Отсутствует идентификатор"},
		"notification_documentAccepted.xml":  {Packet: packet, Stage: document.Register, Number: number, At: registered, Note: "примечание"},
		"notification_documentRefused.xml":   {Packet: packet, Stage: document.Register, Code: document.CodeRefused, At: registered, Note: "Нет подписи\nпримечание"},
		"notification_executorAssigned.xml":  {Packet: packet, Stage: document.UserNote, At: registered, Note: "medo:executorAssigned"},
		"notification_reportPrepared.xml":    {Packet: packet, Stage: document.UserNote, At: registered, Note: "medo:reportPrepared"},
		"notification_reportSent.xml":        {Packet: packet, Stage: document.UserNote, At: registered, Note: "medo:reportSent"},
		"notification_courseChanged.xml":     {Packet: packet, Stage: document.UserNote, At: registered, Note: "medo:courseChanged"},
		"notification_documentPublished.xml": {Packet: packet, Stage: document.UserNote, At: registered, Note: "medo:documentPublished"},
		"acknowledgment_271.xml":             {Packet: document.PacketID{MsgID: "22222222-2222-4222-8222-222222222222"}, Stage: document.Deliver, At: time.Date(2026, 11, 23, 8, 20, 0, 500_000_000, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			m := decode(t, sample(t, name))
			o := Options{Contour: func(Source) document.ContourCode { return reporter }}
			got, losses := m.Report(o, func(id string) document.PacketID {
				if id != "22222222-2222-4222-8222-222222222222" {
					t.Errorf("asked for document %s", id)
				}
				return packet
			})
			want.ID, want.Reporter = "11111111-1111-4111-8111-111111111111", reporter
			if note, _, _ := strings.Cut(got.Note, "\n"); strings.HasPrefix(want.Note, prefix) {
				got.Note = note
			}
			if diff := cmp.Diff(want, *got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if want.Packet.MsgID != unknown {
				want.Packet.Sender = "OrgB"
				if faults := want.Validate(); len(faults) > 0 {
					t.Error(faults)
				}
			}
			checkKept(t, m, losses)
		})
	}
}

// checkKept says that a report tells all of its message but for what it is known to leave out.
func checkKept(t *testing.T, m *Message, l Losses) {
	t.Helper()
	known := map[string]bool{"type": true}
	for _, path := range l.Lost {
		ours := strings.HasPrefix(path, prefix)
		if !ours && !known[path] && !(m.Notification != nil && strings.HasPrefix(path, "foundation") && (m.Notification.Event == DocumentAccepted || m.Notification.Event == DocumentRefused)) &&
			path != "content" && path != "error_file_message" {
			t.Errorf("lost %s", path)
		}
	}
}

// Notes of events can be read by programs, and come back as the notification that they were.
func TestNotesOfEvents(t *testing.T) {
	for _, e := range Events()[2:] {
		m := decode(t, sample(t, "notification_"+string(e)+".xml"))
		r, _ := m.Report(Options{}, nil)
		again := MessageOf(r, About{Document: m.Notification.Document}, V27)
		again.Notification.Type = m.Notification.Type
		if diff := cmp.Diff(m.Notification, again.Notification); diff != "" {
			t.Errorf("%s: %s\n%s", e, diff, r.Note)
		}
	}
	for _, note := range []string{"", "просто примечание", "medo:unknown", "medo:documentAccepted", "medo:documentRefused\nreason: x", "medo:documentAcceptedX\na: b"} {
		if _, ok := ParseNote(note); ok {
			t.Errorf("%q is no event", note)
		}
	}
}

// The hub's reports are written as the messages that МЭДО has for them.
func TestReportsWritten(t *testing.T) {
	at := time.Date(2026, 11, 24, 6, 5, 0, 0, time.UTC)
	base := document.Report{ID: "33333333-3333-4333-8333-333333333333", Packet: document.PacketID{Sender: "OrgA", MsgID: "11111111-1111-4111-8111-111111111111"}, At: at}
	about := About{Document: "22222222-2222-4222-8222-222222222222", Organization: "Ведомство А", Number: document.RegNumber{Number: "01-05/77", Date: document.Date{Year: 2026, Month: 11, Day: 23}}}
	for _, c := range []struct {
		name string
		set  func(*document.Report)
		want []string // in the message
		lost []string
	}{
		{"delivered", func(r *document.Report) { r.Stage = document.Deliver }, []string{"<xdms:accepted>true<"}, nil},
		{"not delivered", func(r *document.Report) { r.Stage, r.Code, r.Note = document.Deliver, 34, "не читается" }, []string{"<xdms:accepted>false<", "<xdms:errorCode>34<", "<xdms:comment>не читается<"}, nil},
		{"not delivered, by code", func(r *document.Report) {
			r.Stage, r.Code, r.Faults = document.Deliver, 22, []document.Fault{document.NewFault(document.SignatureMissing, "x")}
		}, []string{"SIG-22 файл не подписан"}, []string{"faults"}},
		{"registered", func(r *document.Report) {
			r.Stage, r.Number, r.Journal, r.Executor, r.Task = document.Register, about.Number, "in", "ivanov", "7"
		}, []string{`xdms:type="Зарегистрирован"`, "<xdms:foundation>"}, []string{"executor", "journal", "task"}},
		{"not subject", func(r *document.Report) { r.Stage, r.Code = document.Register, document.CodeNotSubject }, []string{"<xdms:reason>Не подлежит регистрации<"}, nil},
		{"refused, a reason of the list", func(r *document.Report) {
			r.Stage, r.Code, r.Note = document.Register, document.CodeRefused, "Ошибка адресации\nне нам"
		}, []string{"<xdms:reason>Ошибка адресации<", "<xdms:comment>не нам<"}, nil},
		{"refused, a free reason", func(r *document.Report) {
			r.Stage, r.Code, r.Note = document.Register, document.CodeRefused, "причина"
		}, []string{"<xdms:reason>причина<"}, nil},
		{"untrusted", func(r *document.Report) {
			r.Stage, r.Code, r.Note = document.Register, document.CodeUntrusted, "нет доверия"
		}, []string{"<xdms:reason>нет доверия<"}, []string{"code"}},
		{"a note that pretends", func(r *document.Report) { r.Stage, r.Note = document.UserNote, "medo:documentAccepted\nnumber: 1" }, []string{`xdms:type="Исполнение"`}, []string{"note"}},
		{"a note longer than comments are", func(r *document.Report) { r.Stage, r.Code, r.Note = document.Deliver, 1, strings.Repeat("я", 3000) }, []string{"яя…<"}, []string{"note"}},
		{"a note", func(r *document.Report) { r.Stage, r.Note = document.UserNote, "в работе" }, []string{`xdms:type="Исполнение"`, "<xdms:courseText>в работе<"}, []string{"note"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := base
			c.set(&r)
			m := MessageOf(&r, about, V27)
			m.Source = Source{"bbbbbbbb-0000-4000-8000-000000000002", "Ведомство Б"}
			data, losses := Encode(m, Options{})
			noLosses(t, losses)
			for _, want := range c.want {
				if !strings.Contains(string(data), want) {
					t.Errorf("%s is not in\n%s", want, data)
				}
			}
			if diff := cmp.Diff(c.lost, LossesOf(&r, m, Options{}).Lost, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
