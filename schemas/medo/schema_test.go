package medo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// What is written keeps to the published schemas, where a directory named by SMDO_REFERENCE has them; it is not part of the
// project. Without it none run: that what is written is read again without a problem, other tests show everywhere.
func TestReferenceSchemas(t *testing.T) {
	ran := 0
	defer func() { t.Logf("%d documents were validated", ran) }()
	dir := os.Getenv("SMDO_REFERENCE")
	if dir == "" {
		return
	}
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal("xmllint is not installed (libxml2-utils)")
	}
	schemas := filepath.Join(dir, "medo-gost53898")
	messages, passports := t.TempDir(), t.TempDir()
	writeSchemaCases(t, messages, passports)
	writeRandomCases(t, messages, passports)
	ran += validate(t, program, filepath.Join(schemas, "medo-2.5", "medo2.5.xsd"), messages)
	ran += validate(t, program, corrected(t, filepath.Join(schemas, "medo-2.7", "medo2.7-container.xsd")), passports)
}

// corrected is the schema without the blanks in its patterns, with which no document could be valid.
func corrected(t *testing.T, schema string) string {
	t.Helper()
	data, err := os.ReadFile(schema)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "schema.xsd")
	save(t, file, regexp.MustCompile(`\] \{`).ReplaceAll(data, []byte("]{")))
	return file
}

func save(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func validate(t *testing.T, program, schema, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatal("nothing to validate", err)
	}
	out, err := exec.Command(program, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%.4000s", err, out)
	}
	return len(files)
}

// writeSchemaCases writes what the schema of 2.5 covers, a practitioner's one without acknowledgments, links and clauses,
// and the passports.
func writeSchemaCases(t *testing.T, messages, passports string) {
	t.Helper()
	for _, name := range []string{"document_25.xml", "letter_1251.xml", "document_sloppy.xml", "notification_documentRefused.xml", "notification_documentPublished.xml"} {
		m := decode(t, sample(t, name))
		m.Version = V25
		m.Extras = nil // clauses of a notification
		data, losses := Encode(m, Options{})
		noLosses(t, losses)
		save(t, filepath.Join(messages, name), data)
	}
	data, _ := Encode(Of(foreigner(), V25), Options{})
	save(t, filepath.Join(messages, "foreigner.xml"), data)
	data, _, _ = EncodePassport(foreigner(), V27, Options{Stamp: stamps})
	save(t, filepath.Join(passports, "foreigner.xml"), data)
	c, err := open(pack(t, sampleFiles(t, "passport_27.xml")))
	if err != nil {
		t.Fatal(err)
	}
	data, _, _ = EncodePassport(c.Packet, V27, Options{})
	save(t, filepath.Join(passports, "sample.xml"), data)
}

// writeRandomCases writes packets with anything in their fields of which the writer says that they keep to the format.
func writeRandomCases(t *testing.T, messages, passports string) {
	t.Helper()
	n, texts := 0, texts()
	rapid.Check(t, func(t2 *rapid.T) {
		p := foreigner()
		text := func() string { return texts.Draw(t2, "text") }
		d := p.Document
		d.Kind, d.Title, d.Number.Number, d.Confidential.Text = text(), text(), text(), text()
		d.Annotation = text()
		official := &d.Authors[0].Party.Organization.Officials[0]
		official.Name, official.Posts[0].Post, official.Contacts = text(), text(), []document.Contact{{Type: 1, Text: text()}}
		d.Authors[0].Party.Organization.Address = &document.Address{Text: text()}
		for i := range d.Files {
			d.Files[i].Name, d.Files[i].ReferenceID, d.Files[i].Description = text(), text(), text()
		}
		d.Writer = &document.Party{Person: &document.Person{Name: text(), Contacts: []document.Contact{{Type: 1, Text: text()}}}}
		p.To[0].Organization.Text, p.To[0].Organization.Officials[0].Name = text(), text()
		if data, losses := Encode(Of(p, V25), Options{}); len(losses.Missing)+len(losses.Unfit) == 0 {
			save(t, filepath.Join(messages, fmt.Sprintf("random%d.xml", n)), data)
		}
		if data, _, losses := EncodePassport(p, V27, Options{Stamp: stamps}); len(losses.Missing)+len(losses.Unfit) == 0 {
			save(t, filepath.Join(passports, fmt.Sprintf("random%d.xml", n)), data)
		}
		n++
	})
}
