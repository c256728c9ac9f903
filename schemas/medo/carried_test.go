package medo

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// foreigner is a packet as another system makes it: with what МЭДО carries and with what it does not.
func foreigner() *document.Packet {
	signature := func(signer string) []document.Signature {
		return []document.Signature{{CMS: []byte(signer), Signer: signer, KeyID: "1", SignedAt: time.Unix(1, 0)}}
	}
	return &document.Packet{
		ID: document.PacketID{Sender: "OrgA", MsgID: "11111111-1111-4111-8111-111111111111"}, Edition: document.Edition, Kind: document.Main, Acknow: document.AcknowAlways,
		Sent: time.Date(2026, 11, 23, 8, 15, 0, 0, time.UTC), Subject: "тема",
		From:   document.System{Name: "Ведомство А", SysID: "aaaaaaaa-0000-4000-8000-000000000001", System: "СЭД"},
		Author: "petrov",
		To: []document.Receiver{{Contour: "OrgB", System: document.System{Name: "Ведомство Б", SysID: "bbbbbbbb-0000-4000-8000-000000000002"},
			Organization: &document.Organization{Text: "Ведомство Б", Officials: []document.Person{{Name: "Иванов И.И."}}}}},
		Document: &document.Document{
			ID: "22222222-2222-4222-8222-222222222222", Kind: "Письмо", Sheets: 2, Number: document.RegNumber{Number: "01-05/77", Date: document.Date{Year: 2026, Month: 11, Day: 23}},
			Title: "О согласовании", Annotation: "О согласовании", Confidential: document.Confidential{Restricted: true},
			Files: []document.Attachment{
				{Name: "Письмо.pdf", MediaType: mediaPDF, Size: 3, Inline: []byte("%PD"), Description: "текст", Signatures: signature("Петров П.П.")},
				{Name: "Справка.docx", Size: 1, Inline: []byte("x"), Signatures: signature("Петров П.П.")},
			},
			Authors: []document.Author{{Party: document.Party{Organization: &document.Organization{Text: "Ведомство А", Officials: []document.Person{{Name: "Петров П.П.", Posts: []document.Post{{Post: "Начальник"}}}}}}}},
		},
		Tasks:   []document.Task{{ID: "1", Kind: document.Sign, SMDO: true}},
		Folders: []document.Folder{{Contents: "дело"}},
	}
}

func stamps(author, sign int) Stamp {
	return Stamp{Name: "штамп.png", Page: 1, X: 20, Y: 60, W: 60, H: 10, PNG: []byte{1, byte(author), byte(sign)}}
}

// Exactly this is lost of a packet from another system, and no more.
func TestWhatIsLostOfAnotherSystemsPacket(t *testing.T) {
	signatures := []string{"document.files[0].signatures[0].key_id", "document.files[0].signatures[0].signed_at"}
	attached := []string{"document.files[1].signatures[0].key_id", "document.files[1].signatures[0].signed_at", "document.files[1].signatures[0].signer"}
	always := append([]string{"author", "folders", "from.system", "tasks"}, attached...)
	for _, c := range []struct {
		version Version
		want    []string
	}{
		{V25, slices.Concat(always, signatures, []string{"document.files[0].signatures[0].signer", "to[0].system.sys_id"})},
		{V27, slices.Concat(always, signatures, []string{"to[0].system.sys_id"})},
		{V271, slices.Concat(always, signatures)},
	} {
		t.Run(string(c.version), func(t *testing.T) {
			p := foreigner()
			o := Options{Stamp: stamps, Code: func(string, string) string { return "DK00000001" }}
			message, losses := Encode(Of(p, c.version), o)
			got := losses
			if c.version.Container() {
				noLosses(t, losses)
				var zip bytes.Buffer
				var err error
				if got, err = WriteContainer(&zip, p, c.version, o, Inline); err != nil {
					t.Fatal(err, got)
				}
				checkForeignContainer(t, zip.Bytes())
			}
			if len(got.Missing)+len(got.Unfit) > 0 {
				t.Errorf("missing %q, unfit %v\n%s", got.Missing, got.Unfit, message)
			}
			if diff := cmp.Diff(tidy(c.want), got.Lost); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func checkForeignContainer(t *testing.T, data []byte) {
	t.Helper()
	c, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, part := range c.Parts {
		names = append(names, part.Name)
	}
	want := []string{"stamp.png", "document.p7s", "stamp_2.png", "document.pdf", "attachment1.docx", "attachment1.p7s"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if content(t, c, "document.pdf") != "%PD" || content(t, c, "attachment1.p7s") != "Петров П.П." {
		t.Error("other contents")
	}
	if d := c.Packet.Document; !d.Confidential.Restricted || d.Files[0].Name != "Письмо.pdf" || d.Files[0].Description != "текст" || d.Files[1].Name != "Справка.docx" {
		t.Errorf("read %+v", d)
	}
}

// What МЭДО demands and nobody said is told by its path, and no container is written.
func TestWhatIsMissing(t *testing.T) {
	p := foreigner()
	p.Document.Files[0].Name, p.Document.Files[0].MediaType = "Письмо.doc", ""
	p.Document.Authors[0].Party.Organization.Officials[0].Posts = nil
	p.Document.Referred = []document.Reference{{ID: "55555555-5555-4555-8555-555555555555", Number: p.Document.Number}}
	var b bytes.Buffer
	losses, err := WriteContainer(&b, p, V271, Options{}, Inline)
	if !errors.Is(err, ErrUnfit) || b.Len() > 0 {
		t.Fatalf("%v, %d bytes", err, b.Len())
	}
	want := []string{
		"container/authors/author[1]/registration/registrationStamp", "container/authors/author[1]/sign[1]/documentSignature/signatureStamp",
		"container/authors/author[1]/sign[1]/person/post", "container/document/@localName", "container/requisites/documentKind/@id", "container/requisites/links/link[1]/organization",
	}
	if diff := cmp.Diff(want, tidy(losses.Missing)); diff != "" {
		t.Error(diff)
	}
	p.ID.MsgID, p.From, p.Document.ID, p.Document.Kind = "", document.System{}, "", ""
	_, losses = Encode(Of(p, V25), Options{})
	want = []string{"communication/document/@uid", "communication/document/kind", "communication/header/@uid", "communication/header/source/@uid", "communication/header/source/organization"}
	if diff := cmp.Diff(want, tidy(losses.Missing)); diff != "" {
		t.Error(diff)
	}
}

// A mark of restriction is never lost, whatever is written beside it.
func TestRestrictedStaysRestricted(t *testing.T) {
	for _, text := range []string{"", "Общий", "Для служебного пользования", "Обычная информация"} {
		for _, v := range []Version{V25, V27, V271} {
			p := foreigner()
			p.Document.Confidential.Text = text
			p.Expansion = &document.Expansion{Variables: []document.Variable{{Name: "medo:container/requisites/classification/@id", Value: openID}, {Name: "medo:communication/document/classification/@id", Value: openID}}}
			got, _ := throughMEDO(t, p, v)
			if !got.Document.Confidential.Restricted {
				t.Errorf("%s, %q: open", v, text)
			}
		}
	}
}

// Values that do not keep to the schema are told.
func TestUnfitValues(t *testing.T) {
	p := foreigner()
	p.Document.Number.Number = "12345678901234567890123456789012"
	_, losses := Encode(Of(p, V25), Options{})
	if !losses.Unfit.Has(MessageSchema) || len(losses.Unfit) != 1 {
		t.Errorf("unfit %v", losses.Unfit)
	}
	p = foreigner()
	p.ID.MsgID, p.Document.ID = "s_window-7", "7"
	m, losses := throughMEDO(t, p, V271)
	if m.ID.MsgID != document.MsgID(GUID("s_window-7")) || !IsGUID(m.Document.ID) {
		t.Errorf("%s %s", m.ID.MsgID, m.Document.ID)
	}
	for _, path := range []string{"id.msg_id", "document.id"} {
		if !slices.Contains(losses.Lost, path) {
			t.Errorf("%s is not among %q", path, losses.Lost)
		}
	}
}

// Systems are called in МЭДО as the caller says, and are the caller's contours again when read.
func TestContoursHaveNames(t *testing.T) {
	names := map[document.ContourCode]Source{"OrgA": {"aaaaaaaa-0000-4000-8000-00000000000a", "Первое ведомство"}, "OrgB": {"bbbbbbbb-0000-4000-8000-00000000000b", "Ведомство Б"}}
	o := Options{
		Source: func(c document.ContourCode) Source { return names[c] },
		Contour: func(s Source) document.ContourCode {
			for code, name := range names {
				if name.UID == s.UID || s.UID == "" && name.Organization == s.Organization {
					return code
				}
			}
			return ""
		},
	}
	for _, v := range []Version{V25, V271} {
		data, _ := Encode(Of(foreigner(), v), o)
		m, err := Decode(data, o)
		if err != nil {
			t.Fatal(err)
		}
		if m.Source != names["OrgA"] || m.Packet.ID.Sender != "OrgA" {
			t.Errorf("%s: from %+v, %s", v, m.Source, m.Packet.ID.Sender)
		}
		if v == V271 {
			text, _, _ := EncodePassport(foreigner(), v, o)
			passport, _ := DecodePassport(text, o) // without stamps
			m.Take(&Container{Passport: *passport}, o)
		}
		if len(m.Packet.To) != 1 || m.Packet.To[0].Contour != "OrgB" {
			t.Errorf("%s: to %+v", v, m.Packet.To)
		}
	}
}
