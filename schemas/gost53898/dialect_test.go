package gost53898

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
)

// altered is a golden file with replacements, each of which has to find its place.
func altered(t *testing.T, of string, replace ...string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + of + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%q is not in\n%s", replace[i], text)
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return []byte(text)
}

// What senders write otherwise than the text of the standard says, and is meant all the same.
func TestDialects(t *testing.T) {
	same := func(*Message) {}
	address := func(m *Message) {
		m.Packet.To[0].Organization.Address = &document.Address{PostCode: "220000", Text: "г. Минск"}
	}
	keep := func(name, value string) func(*Message) {
		return func(m *Message) {
			m.Packet.Expansion = &document.Expansion{Variables: []document.Variable{{Name: "gost53898:" + name, Value: value}}}
		}
	}
	const receiver, to = "<Addressee>\n      <Organization organization_string=\"Ведомство Б\"/>", `<Addressee><Organization organization_string="Ведомство Б"`
	for name, c := range map[string]struct {
		of      string
		replace []string
		differs func(*Message)
	}{
		"byte order mark":           {"letter", []string{"<?xml", "\ufeff<?xml"}, same},
		"ask_type of the schema":    {"registered", []string{"ack_type", "ask_type"}, same},
		"days by the text":          {"letter", []string{`"2026-11-23"`, `"23.11.2026"`, ">2026-11-23<", ">23.11.2026<"}, same},
		"a day with a zone":         {"letter", []string{`"2026-11-23"`, `"2026-11-23+03:00"`}, same},
		"time with an offset":       {"letter", []string{"08:15:00Z", "11:15:00+03:00"}, same},
		"another standart's case":   {"letter", []string{"Стандарт системы управления документами", "  стандарт Системы управления\n документами "}, same},
		"no msg_acknow: none":       {"letter", []string{` msg_acknow="2"`, ""}, func(m *Message) { m.Acknow, m.Packet.Acknow = 0, 0 }},
		"Latin postcode":            {"letter", []string{receiver, to + `><Address postcode="220000">г. Минск</Address></Organization>`}, address},
		"Cyrillic postсode":         {"letter", []string{receiver, to + `><Address postсode="220000">г. Минск</Address></Organization>`}, address},
		"no contents":               {"additions", []string{` contents="Приложение 1"`, ""}, func(m *Message) { m.Packet.Folders[0].Contents = "" }},
		"an Expansion at a receipt": {"delivered", []string{"</Header>", `<Expansion organization="x" exp_ver="1"/></Header>`}, same},
		"tax numbers":               {"letter", []string{receiver, to + ` inn="7700000000"/>`}, keep("Document/Addressee/Organization/@inn", "7700000000")},
		"a department":              {"letter", []string{` to_organization`, ` to_department="Канцелярия" to_organization`}, keep("@to_department", "Канцелярия")},
		"line ends in a file":       {"letter", []string{"JVBERi0x", "JVBE\r\n Ri0x"}, same},
	} {
		t.Run(name, func(t *testing.T) {
			text := altered(t, c.of, c.replace...)
			want := examples()[c.of]
			c.differs(want)
			got, err := Decode(text, Options{})
			if diff := documenttest.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%v\n%s\n%s", err, diff, text)
			}
			again, losses := Encode(got, Options{})
			back, err := Decode(again, Options{})
			if diff := documenttest.Diff(got, back); err != nil || diff != "" || !losses.none() {
				t.Errorf("written again: %v %+v\n%s", err, losses, diff)
			}
		})
	}
}

// Each error code that the codec can find, with its path and line; several at once.
func TestEveryErrorCode(t *testing.T) {
	for name, c := range map[string]struct {
		of      string
		replace []string
		want    []string
	}{
		"-1 another root":      {"letter", []string{"Header", "Envelop"}, []string{"-1 "}},
		"-1 cut off":           {"letter", []string{"</Header>", ""}, []string{"-1 "}},
		"1 another standard":   {"letter", []string{"Стандарт системы управления документами", "МЭДО"}, []string{"1 @standart:2"}},
		"2 another version":    {"letter", []string{`standart="Стандарт системы управления документами" version="1.0"`, `standart="Стандарт системы управления документами" version="2.0"`}, []string{"2 @version:2"}},
		"3 an unknown kind":    {"letter", []string{`msg_type="1"`, `msg_type="7"`}, []string{"3 @msg_type:2"}},
		"12 header":            {"letter", []string{` from_sys_id="00000000-0000-4000-8000-00000000000a"`, "", ` to_organization="Ведомство Б"`, "", ` msg_type="1"`, ""}, []string{"12 @from_sys_id:2", "12 @msg_type:2", "12 @to_organization:2"}},
		"20 no document":       {"delivered", []string{`msg_type="0"`, `msg_type="1"`}, []string{"20 Document:2", "31 Acknowledgement:3"}},
		"20 no receipt":        {"delivered", []string{"Acknowledgement", "Expansion"}, []string{"20 Acknowledgement:2"}},
		"20 no folders":        {"letter", []string{`msg_type="1"`, `msg_type="4"`}, []string{"20 AddDocuments:2"}},
		"21 an unknown zone":   {"letter", []string{"<TaskList>", "<Задания/><TaskList>"}, []string{"21 Задания:21"}},
		"22 a zone twice":      {"letter", []string{"<TaskList>", "<Document/><TaskList>"}, []string{"22 Document:2"}},
		"30 a foreign one":     {"letter", []string{"<Author>", "<Гриф/><Author>"}, []string{"30 Document/Гриф:11"}},
		"31 DocParent is СМДО": {"letter", []string{"<Author>", "<DocParent/><Author>"}, []string{"31 Document/DocParent:11"}},
		"32 counts":            {"letter", []string{"<Author>", "<Validator attestation=\"Согласовано\">", "</Author>", "</Validator>"}, []string{"32 Document/Author:3"}},
		"33 values":            {"letter", []string{`pages="2"`, `pages="-2"`, `time="2026-11-23T08:15:00Z"`, `time="23 ноября"`, `transfertype="0">J`, `transfertype="7">J`}, []string{"33 @time:2", "33 Document/@pages:3", "33 Document/DocTransfer[1]/@transfertype:9"}},
		"34 not base64":        {"letter", []string{"JVBERi0x", "не base64"}, []string{"34 Document/DocTransfer[1]:9"}},
		"35 attributes":        {"letter", []string{` os="Linux" type="application/pdf"`, "", ` idnumber="A-1001" type="0"`, ""}, []string{"35 Document/@idnumber:3", "35 Document/@type:3", "35 Document/DocTransfer[1]/@os:9", "35 Document/DocTransfer[1]/@type:9"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := altered(t, c.of, c.replace...)
			_, err := Decode(text, Options{})
			faults, _ := err.(document.Faults)
			var got []string
			for i := range faults {
				got = append(got, fmt.Sprintf("%d %s", faults[i].SDIP(), faults[i].Field))
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"), text)
			}
		})
	}
}

// A message that ends too early, at whichever byte, is malformed, and nothing worse.
func TestCutOffAtEveryByte(t *testing.T) {
	for name := range examples() {
		text := []byte(strings.TrimSpace(string(altered(t, name))))
		for n := range text {
			_, err := Decode(text[:n], Options{})
			if faults, _ := err.(document.Faults); !faults.Has(document.PacketMalformed) {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
		}
	}
}
