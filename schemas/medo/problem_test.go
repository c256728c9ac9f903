package medo

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Each thing that goes wrong with messages in the field has its code, all of them are told at once, and what could be read
// is returned beside them.
func TestMessageProblems(t *testing.T) {
	uid := ` xdms:uid="11111111-1111-4111-8111-111111111111"`
	for name, c := range map[string]struct {
		sample string
		pairs  []string
		want   []Code
		none   bool // nothing could be read
	}{
		"header without an identifier":  {"document_25.xml", []string{uid, ""}, []Code{HeaderUID}, false},
		"header without a type":         {"document_25.xml", []string{` xdms:type="Документ"`, ""}, []Code{MessageSchema, HeaderType}, false},
		"unknown type":                  {"document_25.xml", []string{`"Документ"`, `"Записка"`}, []Code{HeaderType}, false},
		"type of another message":       {"document_25.xml", []string{`"Документ"`, `"Квитанция"`}, []Code{HeaderType}, false},
		"container in a document":       {"container_27.xml", []string{`"Транспортный контейнер"`, `"Документ"`}, []Code{HeaderType}, false},
		"identifier that is none":       {"document_25.xml", []string{uid, ` xdms:uid="7"`}, []Code{MessageSchema}, false},
		"no source":                     {"document_25.xml", []string{"xdms:source", "xdms:origin"}, []Code{MessageSchema}, false},
		"no kind, no annotation":        {"document_25.xml", []string{"xdms:kind", "xdms:sort", "xdms:annotation", "xdms:about"}, []Code{MessageSchema, MessageSchema}, false},
		"many at once":                  {"document_25.xml", []string{uid, "", `"Документ"`, `"Записка"`, "xdms:kind", "xdms:sort"}, []Code{HeaderUID, HeaderType, MessageSchema}, false},
		"unknown version":               {"document_25.xml", []string{`xdms:version="2.5"`, `xdms:version="3.0"`}, []Code{MessageSchema}, false},
		"another namespace":             {"document_25.xml", []string{`"http://www.infpres.com/IEDMS"`, `"urn:x"`}, []Code{MessageSchema}, false},
		"no namespace at all":           {"document_sloppy.xml", []string{` xmlns="http://www.infpres.com/IEDMS"`, ``}, []Code{MessageSchema}, false},
		"number is too long":            {"document_25.xml", []string{"01-05/77", strings.Repeat("7", 32)}, []Code{MessageSchema}, false},
		"day that is none":              {"document_25.xml", []string{"<xdms:date>2026-11-23", "<xdms:date>31.02.2026"}, []Code{MessageSchema}, false},
		"pages that are no number":      {"document_25.xml", []string{"<xdms:pages>2", "<xdms:pages>два"}, []Code{MessageSchema}, false},
		"accepted that is neither":      {"acknowledgment_27.xml", []string{">true<", ">да<"}, []Code{MessageSchema}, false},
		"notification of another type":  {"notification_documentAccepted.xml", []string{`"Зарегистрирован"`, `"Опубликование"`}, []Code{MessageSchema}, false},
		"notification of nothing":       {"notification_documentAccepted.xml", []string{"documentAccepted", "documentLost"}, []Code{MessageSchema}, false},
		"refused without a reason":      {"notification_documentRefused.xml", []string{"<xdms:reason>Нет подписи</xdms:reason>", ""}, []Code{MessageSchema}, false},
		"two files of one name":         {"document_26_full.xml", []string{"attachment1.docx", "text001.pdf"}, []Code{MessageSchema}, false},
		"not a message":                 {"passport_27.xml", []string{"", ""}, []Code{MessageSchema}, true},
		"not XML":                       {"document_25.xml", []string{"</xdms:document>", ""}, []Code{MessageSchema}, true},
		"document type declaration":     {"document_25.xml", []string{"<xdms:communication", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><xdms:communication`, "О согласовании", "&b;"}, []Code{MessageSchema}, true},
		"entity of one's own":           {"document_25.xml", []string{"О согласовании", "&file;"}, []Code{MessageSchema}, true},
		"UTF-16 by the declaration":     {"document_25.xml", []string{`encoding="UTF-8"`, `encoding="UTF-16"`}, []Code{MessageSchema}, true},
		"KOI8-R by the declaration":     {"document_25.xml", []string{`encoding="UTF-8"`, `encoding="KOI8-R"`}, []Code{MessageSchema}, true},
		"windows-1251 called UTF-8":     {"letter_1251.xml", []string{`encoding="windows-1251"`, `encoding="UTF-8"`}, []Code{MessageSchema}, true},
		"deeper than anybody writes":    {"document_25.xml", []string{"О согласовании", strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)}, []Code{MessageSchema}, true},
		"longer than anybody writes":    {"document_25.xml", []string{"О согласовании", strings.Repeat("а", 9<<20)}, []Code{MessageSchema}, true},
		"more elements than are needed": {"document_25.xml", []string{"О согласовании", strings.Repeat("<a/>", 50_001)}, []Code{MessageSchema}, true},
	} {
		t.Run(name, func(t *testing.T) {
			before := string(sample(t, c.sample))
			data := strings.NewReplacer(c.pairs...).Replace(before)
			if data == before && name != "not a message" {
				t.Fatal("nothing was replaced")
			}
			m, err := Decode([]byte(data), Options{})
			if (m == nil) != c.none {
				t.Errorf("read %+v", m)
			}
			var codes []Code
			var problems Problems
			errors.As(err, &problems)
			for i := range problems {
				codes = append(codes, problems[i].Code)
			}
			if diff := cmp.Diff(c.want, codes, cmpopts.SortSlices(func(a, b Code) bool { return a < b })); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
		})
	}
}

// Every code has a text in both languages and a place in the hub's catalogue.
func TestCodes(t *testing.T) {
	seen := map[string]Code{}
	for _, c := range []Code{SignatureForeign, RegistrationStamp, SignatureStamp, SignatureAbsent, AttachmentSignature, FileAbsent, PassportSchema, PassportAbsent, NotZip, HeaderType, MessageSchema, HeaderUID,
		ZipLimit, ZipName, ZipTwice, EnvelopeMalformed, EnvelopeAddressee} {
		p := Problem{Code: c, Field: "x", Note: "7"}
		for _, l := range []document.Lang{document.Russian, document.English} {
			text := c.Text(l)
			if strings.HasPrefix(text, "неизвестная") || strings.HasPrefix(text, "unknown") || seen[text] != "" {
				t.Errorf("%s: %q, also of %s", c, text, seen[text])
			}
			seen[text] = c
		}
		if f := (Problems{p}).Faults()[0]; document.Catalogue[f.Code].RU == "" || !strings.HasSuffix(p.Text(document.Russian), ": 7") {
			t.Errorf("%s: %+v", c, f)
		}
	}
}
