package documenttest

import (
	"bytes"
	"crypto/sha256"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Letter is an ordinary main document as СМДО carries thousands of a day: a letter of size bytes, signed with 2 KB, and two
// tasks, to sign and to take note. The formats carry all that it says.
func Letter(size int) *document.Packet {
	day := document.Date{Year: 2026, Month: 11, Day: 23}
	number := document.RegNumber{Number: "01-05/77", Date: day}
	agency := func(name string, officials ...document.Person) *document.Organization {
		return &document.Organization{Text: name, Officials: officials}
	}
	petrov := document.Person{Name: "Петров П. П.", Posts: []document.Post{{Text: "Начальник"}}}
	signed := petrov
	signed.SignDate = day
	return &document.Packet{
		ID: document.PacketID{Sender: "OrgA", MsgID: "5b5b7d3e-9c55-4a0e-9d64-0d6d0b2a7701"}, Edition: document.Edition,
		Kind: document.Main, Acknow: document.AcknowAlways, Sent: time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC), Subject: "исх. №01-05/77 от 23.11.2026",
		From: document.System{Name: "Ведомство А", SysID: "00000000-0000-4000-8000-00000000000a", System: "СЭД А", Details: "1.0"},
		To:   []document.Receiver{{Contour: "OrgB", System: document.System{Name: "Ведомство Б"}, Organization: agency("Ведомство Б")}},
		Document: &document.Document{
			ID: "A-1001", Kind: "Письмо", Sheets: 2, Title: "О согласовании", Number: number, Confidential: document.Confidential{Text: "Общий"},
			Files:   []document.Attachment{letterFile(size, signed.SignDate)},
			Authors: []document.Author{{Party: document.Party{Organization: agency("Ведомство А", signed)}}},
		},
		Tasks: []document.Task{
			letterTask("A-1001-1", document.Sign, "на подпись", "Подписать и вернуть", number, agency("Ведомство А", petrov), agency("Ведомство Б", document.Person{Name: "Сидорова С. С."})),
			letterTask("A-1001-2", document.Inform, "для информации", "Принять к сведению", number, agency("Ведомство А", petrov), agency("Ведомство Б", document.Person{Name: "Иванов И. И."})),
		},
	}
}

func letterFile(size int, day document.Date) document.Attachment {
	content := bytes.Repeat([]byte("%PDF-1.7 The letter.\n"), size/21+1)[:size]
	return document.Attachment{
		Name: "Письмо.pdf", MediaType: "application/pdf", Size: int64(size), SHA256: sha256.Sum256(content), Inline: content,
		Signatures: []document.Signature{{CMS: bytes.Repeat([]byte{0x30, 0x82, 7, 0xfc}, 512), SignedAt: time.Date(day.Year, time.Month(day.Month), day.Day, 8, 10, 0, 0, time.UTC)}},
	}
}

func letterTask(id string, kind document.TaskKind, words, text string, of document.RegNumber, author, executor *document.Organization) document.Task {
	return document.Task{
		ID: id, Kind: kind, KindText: words, SMDO: true, Registered: true, Number: id[len(id)-1:], Date: of.Date, Text: text,
		Confidential: document.Confidential{Text: "Общий"}, InfoDeadline: document.Date{Year: 2026, Month: 12, Day: 1},
		Referred:  []document.Reference{{ID: "A-1001", Number: of}},
		Authors:   []document.Organization{*author},
		Executors: []document.Executor{{Contour: "OrgB", Chief: true, Organization: executor}},
	}
}
