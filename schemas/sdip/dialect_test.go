package sdip

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// A dialect is an example as some sender writes it: replacements in its text, in turn old and new, and what then differs.
type dialect struct {
	of      string
	replace []string
	differs func(*Message)
}

var same = func(*Message) {}

var dialects = map[string]dialect{
	"byte order mark":          {"letter.xml", []string{"<?xml", "\ufeff<?xml"}, same},
	"no declaration":           {"letter.xml", []string{`<?xml version="1.0" encoding="UTF-8"?>` + "\n", ""}, same},
	"Envelope with its e":      {"letter.xml", []string{"<Envelop ", "<Envelope ", "</Envelop>", "</Envelope>"}, same},
	"taskDate in another case": {"letter.xml", []string{"taskDate", "TaskDate"}, same},
	"type in another case":     {"letter.xml", []string{"SDIP-2.1.1", " sdip-2.1.1 "}, same},
	"1.0 without system": {"letter-1.0.xml", []string{` system="СЭД А" system_details="1.0"`, "", ` kind="Письмо" pages="2"`, ""}, func(m *Message) {
		m.Sender.System.System, m.Sender.Details = "", ""
		m.Packet.From = m.Sender.System
		m.Packet.Document.Kind, m.Packet.Document.Sheets = "", 0
	}},
	"an empty system_details":        {"letter.xml", []string{`system_details="1.0"`, `system_details=""`}, func(m *Message) { m.Sender.Details, m.Packet.From.Details = "", "" }},
	"dtstamp with an offset":         {"letter.xml", []string{"08:15:00Z", "11:15:00+03:00"}, same},
	"dtstamp with a short offset":    {"letter.xml", []string{"08:15:00Z", "11:15:00+0300"}, same},
	"dtstamp without a zone":         {"letter.xml", []string{"08:15:00Z", "08:15:00"}, same},
	"dtstamp with milliseconds":      {"letter.xml", []string{"08:15:00Z", "08:15:00.120Z"}, func(m *Message) { m.Sent = m.Sent.Add(120 * time.Millisecond); m.Packet.Sent = m.Sent }},
	"no msg_acknow":                  {"letter.xml", []string{` msg_acknow="2"`, ""}, same},
	"an empty msg_acknow":            {"letter.xml", []string{`msg_acknow="2"`, `msg_acknow=""`}, same},
	"a receipt without msg_acknow":   {"delivered.xml", []string{` msg_acknow="0"`, ""}, func(m *Message) { m.Acknow = document.AcknowAlways }},
	"ask_type":                       {"registered.xml", []string{"ack_type", "ask_type"}, same},
	"blanks and line ends in base64": {"letter.xml", []string{"MIIH/DCCB", "\r\n  MIIH/DCC\n\tB"}, same},
	"base64 with written line ends":  {"letter.xml", []string{"MIIH/DCCB", "MIIH/DCC&#13;&#10;B"}, same},
	"signtime with an offset":        {"letter.xml", []string{"08:10:00Z", "11:10:00+03:00"}, same},
	"Latin postcode":                 {"letter.xml", []string{`string="Ведомство Б"/>`, `string="Ведомство Б"><Address postcode="220000">г. Минск</Address></Organization>`}, postcodeOf("220000")},
	"Cyrillic postсode":              {"letter.xml", []string{`string="Ведомство Б"/>`, `string="Ведомство Б"><Address postсode="220000">г. Минск</Address></Organization>`}, postcodeOf("220000")},
	"a day with a time":              {"letter.xml", []string{`regdate="2026-11-23"`, `regdate="2026-11-23T00:00:00"`}, same},
	"a day by ГОСТ's text":           {"letter.xml", []string{`regdate="2026-11-23"`, `regdate="23.11.2026"`}, same},
	"replacement of a file (S4)":     {"additions.xml", []string{`add_type="0"`, `add_type="2"`}, func(m *Message) { m.Packet.Folders[0].Kind = document.Link }},
	"addition (S4)":                  {"additions.xml", []string{`add_type="0"`, `add_type="1"`}, func(m *Message) { m.Packet.Folders[0].Kind = document.Information }},
	"delivery_type 9":                {"answer.xml", []string{`idnumber="A-1001" lastmsg_id="` + letterID + `" parmsg_id="` + letterID + `" parorg_id="OrgA" delivery_type="1"`, `idnumber="" lastmsg_id="" delivery_type="9"`, `<RegNumber regdate="2026-11-23">01-05/77</RegNumber>` + "\n      </DocParent>", `<RegNumber regdate=""/></DocParent>`}, func(m *Message) { m.Packet.Document.Parent = nil }},
	"a parent outside of СМДО":       {"answer.xml", []string{`idnumber="A-1001" lastmsg_id="` + letterID + `" parmsg_id="` + letterID + `" parorg_id="OrgA" delivery_type="1"`, `delivery_type="0"`}, func(m *Message) { m.Packet.Document.Parent = &document.Parent{Number: number} }},
	"no parmsg_id":                   {"answer.xml", []string{` parmsg_id="` + letterID + `"`, ""}, same},
	"Referred without retype":        {"answer.xml", []string{` retype="2"`, ""}, same},
	"a phrase without a day":         {"refused.xml", []string{`<IncNumber regdate="2026-11-24">`, `<IncNumber>`}, func(m *Message) { m.Receipt.IncNumber.Date = document.Date{} }},
	"an empty RegNumber":             {"delivered.xml", []string{`<RegNumber regdate="2026-11-23">01-05/77</RegNumber>`, `<RegNumber regdate=""/>`}, func(m *Message) { m.Receipt.RegNumber = document.RegNumber{} }},
	"an Expansion in a receipt":      {"delivered.xml", []string{`</Acknowledgement>`, `<Expansion/></Acknowledgement><Expansion/>`}, same},
	"hints for validators":           {"letter.xml", []string{"<Envelop ", `<Envelop xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="sdip.xsd" `}, same},
	"another order":                  {"letter.xml", []string{"<Confident flag=\"0\">Общий</Confident>\n      <DocTransfer", "<DocTransfer", "</DocTransfer>", "</DocTransfer><Confident flag=\"0\">Общий</Confident>"}, same},
	"an attribute of the sender's": {"letter.xml", []string{`title="О согласовании"`, `title="О согласовании" urgent="1"`}, func(m *Message) {
		m.Packet.Expansion = &document.Expansion{Variables: []document.Variable{{Name: "sdip:Body/Document/@urgent", Value: "1"}}}
	}},

	"twin: nulls":                   {"letter.json", []string{`"document": {`, `"datadir": null, "expansion": null, "document": { "docParent": null, "regHistory": null, "collection": null, "writer": {"organization": null, "privatePerson": null},`}, same},
	"twin: numbers as strings":      {"letter.json", []string{`"msg_type": 1`, `"msg_type": "1"`, `"pages": 2`, `"pages": "2"`, `"flag": 0`, `"flag": "0"`}, same},
	"twin: retype as number":        {"letter.json", []string{`"retype": "1"`, `"retype": 1`}, same},
	"twin: object for array":        {"letter.json", []string{`"receiver": [`, `"receiver": `, `"Ведомство Б"}}]},"body"`, `"Ведомство Б"}}},"body"`}, same},
	"twin: array for object":        {"letter.json", []string{`"regNumber": {"regdate": "2026-11-23","value": "01-05/77"},"confident"`, `"regNumber": [{"regdate": "2026-11-23","value": "01-05/77"}],"confident"`}, same},
	"twin: signDate as scalar":      {"letter.json", []string{`"signDate": {"value": "2026-11-23"}`, `"signDate": "2026-11-23"`}, same},
	"twin: note as text":            {"additions.json", []string{`"note": [{"value": "взамен"}]`, `"note": "взамен"`}, same},
	"twin: note as array of texts":  {"additions.json", []string{`"note": [{"value": "взамен"}]`, `"note": ["взамен"]`}, same},
	"twin: one note":                {"additions.json", []string{`"note": [{"value": "взамен"}]`, `"note": {"value": "взамен"}`}, same},
	"twin: one referred":            {"additions.json", []string{`"referred": [{"idnumber": "A-1001","retype": "1","regNumber": {"regdate": "2026-11-23","value": "01-05/77"}}]`, `"referred": {"idnumber": "A-1001","retype": "1","regNumber": {"regdate": "2026-11-23","value": "01-05/77"}}`}, same},
	"twin: envelope":                {"letter.json", []string{`"envelop"`, `"envelope"`}, same},
	"twin: directory as text":       {"directory.json", []string{`"datadir": {"type": "acknowledgement","value": "Изменён справочник [b774521b-c2db-44ea-8118-244cbc07ab00]"}`, `"datadir": "Изменён справочник [b774521b-c2db-44ea-8118-244cbc07ab00]"`}, func(m *Message) { m.Changed.Type = "" }},
	"twin: one ackResult":           {"delivered.json", []string{`"ackResult": [{"errorcode": 0,"value": "Документ доставлен"}]`, `"ackResult": {"errorcode": 0,"value": "Документ доставлен"}`}, same},
	"twin: CR LF in a signature":    {"letter.json", []string{"MIIH/DCCB", `MIIH/DCC\r\nB`}, same},
	"twin: milliseconds in dtstamp": {"letter.json", []string{"08:15:00Z", "08:15:00.120Z"}, func(m *Message) { m.Sent = m.Sent.Add(120 * time.Millisecond); m.Packet.Sent = m.Sent }},
}

func postcodeOf(code string) func(*Message) {
	return func(m *Message) {
		m.To[0].Organization.Address = &document.Address{PostCode: code, Text: "г. Минск"}
	}
}

func TestDialects(t *testing.T) {
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			text := altered(t, d.of, d.replace...)
			kind := d.of[:strings.LastIndexByte(d.of, '.')]
			want := examples()[kind]
			d.differs(want)
			var got *Message
			var err error
			if strings.HasSuffix(d.of, ".json") {
				var p *Package
				if p, err = DecodePackage(text, Options{}); p != nil {
					got = p.Message
				}
			} else {
				got, err = Decode(text, Options{})
			}
			if diff := documenttest.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v\n%s\n%s", err, diff, text)
			}
		})
	}
}

// blanks stand between the parts of JSON; a replacement is written without them.
var blanks = regexp.MustCompile(`\s*\n\s*`)

// altered is a golden file with replacements, each of which has to find its place.
func altered(t *testing.T, of string, replace ...string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + of)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if strings.HasSuffix(of, ".json") {
		text = blanks.ReplaceAllString(text, "")
	}
	for i := 0; i < len(replace); i += 2 {
		old, with := replace[i], replace[i+1]
		if strings.HasSuffix(of, ".json") {
			old, with = blanks.ReplaceAllString(old, ""), blanks.ReplaceAllString(with, "")
		}
		if !strings.Contains(text, old) {
			t.Fatalf("%q is not in\n%s", old, text)
		}
		text = strings.ReplaceAll(text, old, with)
	}
	return []byte(text)
}

// All names in capitals or small, as one client writes them.
func TestNamesInAnyCase(t *testing.T) {
	names := regexp.MustCompile(`(</?|[ ])([A-Za-z_]+)([ >/=])`)
	for name, m := range examples() {
		for way, turn := range map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper} {
			text := string(altered(t, name+".xml"))
			_, text, _ = strings.Cut(text, "\n") // the declaration is XML's
			text = names.ReplaceAllStringFunc(text, turn)
			got, err := Decode([]byte(text), Options{})
			if diff := documenttest.Diff(m, got); err != nil || diff != "" {
				t.Errorf("%s %s: %v\n%s\n%s", name, way, err, diff, text)
			}
		}
	}
}

// What stands beside the files of a package, and what only the router writes.
func TestPackages(t *testing.T) {
	const beside = `"attachments":[{"id":"f1","name":"attach1","size":11822,"sign":[%s]}]`
	message := string(altered(t, "letter.json", `"signature": [{"signtime": "2026-11-23T08:10:00Z","value": "MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/A=="}]`, `"signature": null`))
	for name, spelling := range map[string]string{"S4": "origSignatire", "samples": "origSignature"} {
		text := strings.TrimSuffix(message, "}") + "," + strings.Replace(beside, "%s", `{"keyId":null,"data":"MAMC\r\nAQE=","signer":"И","signtime":"2026-11-23T08:10:00Z","operationType":null,"`+spelling+`":"x"}`, 1) + "}"
		text = strings.Replace(text, "{", `{"from":{"idAbonent":"7aff2b5b-b422-455d-9bf1-02fe8ebc645c  ","typeAbonent":"SMDO"},"to":{"idAbonent":" x "},"ack":"false","size":"12",`, 1)
		text = strings.Replace(text, `"ack": false,`, "", 1)
		p, err := DecodePackage([]byte(text), Options{})
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		f := p.Message.Packet.Document.Files[0]
		if len(f.Signatures) != 1 || string(f.Signatures[0].CMS) != "0\x03\x02\x01\x01" || f.Signatures[0].Original != "x" || f.Size != 11822 {
			t.Errorf("%s: %+v", name, f)
		}
		if p.From.ID != "7aff2b5b-b422-455d-9bf1-02fe8ebc645c" || p.To[0].ID != "x" || p.Size != 12 || p.Ack {
			t.Errorf("%s: %+v", name, p)
		}
	}
	router := `{"id":"1","confirmId":"2","parentId":"3","from":{"idAbonent":"ROUTER "},"body":{"message":"не маршрутизируется","ackResult":[{"value":"нет получателя","errorcode":"10"},{"value":"нет зоны","errorcode":20}]},"attachments":null}`
	p, err := DecodePackage([]byte(router), Options{})
	if err != nil || p.From.ID != Router || p.ParentID != "3" || p.Text == "" || p.Message != nil {
		t.Fatalf("%v %+v", err, p)
	}
	if diff := cmp.Diff([]zones.Result{{Code: 10, Text: "нет получателя"}, {Code: 20, Text: "нет зоны"}}, p.Results); diff != "" {
		t.Error(diff)
	}
	if _, err := DecodePackage([]byte(`{"id":"1","body":{}}`), Options{}); err == nil || !err.(document.Faults).Has(document.PacketZone) {
		t.Errorf("a package with nothing in it: %v", err)
	}
}
