package gost53898

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// corpus is what the codec writes: the examples, and random packets as they stand and as they were read once. What the
// writer reports as missing is left out: it says itself that the format demands more.
func corpus(t *testing.T) map[string][]byte {
	texts := map[string][]byte{}
	for name, m := range examples() {
		texts[name], _ = Encode(m, Options{})
	}
	for seed := range uint64(300) {
		text, losses := Encode(Of(random(seed), 0), Options{})
		m, err := Decode(text, Options{})
		if len(losses.Missing) > 0 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		texts[fmt.Sprintf("random-%d", seed)] = text
		texts[fmt.Sprintf("again-%d", seed)], _ = Encode(m, Options{})
	}
	if len(texts) < 500 {
		t.Fatalf("only %d messages are complete", len(texts))
	}
	return texts
}

// TestSchema validates what is written against the published schema, in a directory named by SMDO_REFERENCE that is no part
// of the project, with its known errors corrected: ack_type is spelled ask_type there, Folder lacks contents, errorcode
// lacks its sign.
func TestSchema(t *testing.T) {
	reference := os.Getenv("SMDO_REFERENCE")
	if reference == "" {
		t.Log("0 cases: SMDO_REFERENCE names no folder")
		return
	}
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal("xmllint is missing: install libxml2-utils")
	}
	schema, err := os.ReadFile(filepath.Join(reference, "medo-gost53898", "gost-r-53898-2010", "AppendixA.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	for wrong, right := range map[string]string{
		`name="ask_type"`:                         `name="ack_type"`,
		`name="errorcode" type="xs:unsignedLong"`: `name="errorcode" type="xs:long"`,
		`<xs:attribute name="add_type"`:           `<xs:attribute name="contents" type="xs:string" use="optional"/><xs:attribute name="add_type"`,
	} {
		if bytes.Count(schema, []byte(wrong)) != 1 {
			t.Fatalf("the schema has another error than %s", wrong)
		}
		schema = bytes.ReplaceAll(schema, []byte(wrong), []byte(right))
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := []string{"--nonet", "--noout", "--schema", write("gost.xsd", schema)}
	texts := corpus(t)
	for name, text := range texts {
		args = append(args, write(name+".xml", text))
	}
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		lines := strings.Split(string(out), "\n")
		lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasSuffix(l, " validates") })
		t.Errorf("%v\n%s", err, strings.Join(lines[:min(len(lines), 20)], "\n"))
	}
	t.Logf("%d cases", len(texts))

	// A message that breaks the schema has to fail, or the above proves nothing.
	bad := write("bad.xml", bytes.Replace(texts["letter"], []byte("<Confident"), []byte("<Referred/><Confident"), 1))
	if err := exec.Command(program, "--nonet", "--noout", "--schema", filepath.Join(dir, "gost.xsd"), bad).Run(); err == nil {
		t.Error("the schema accepts anything")
	}
}

// order is the form of each element by ГОСТ Р 53898, as documenttest.Misplaced reads it.
var order = map[string]string{
	"Header":                 "Document? TaskList? AddDocuments? Expansion? Acknowledgement? / standart version time msg_type msg_id from_org_id from_organization from_sys_id from_system to_organization",
	"Document":               "RegNumber Confident Referred* DocNumber* Addressee* DocTransfer* RegHistory* Author+ Validator* Writer? / idnumber type",
	"TaskList":               "Task+",
	"Task":                   "TaskNumber Confident Referred+ AuthorOrganization+ DocTransfer* Executor* / idnumber task_reg task_copy task_text deadline",
	"AddDocuments":           "Folder*",
	"Folder":                 "DocTransfer* Note* Referred* / add_type",
	"Expansion":              "Econtact* AnyData? / organization exp_ver",
	"Acknowledgement":        "RegNumber? AckResult+ DocTransfer? / msg_id ack_type",
	"Addressee":              "Organization|PrivatePerson Referred*",
	"Author":                 "OrganizationWithSign|PrivatePersonWithSign OutNumber?",
	"AuthorOrganization":     "OrganizationWithSign",
	"DocNumber":              "OrganizationOnly RegNumber / kind",
	"RegHistory":             "OrganizationOnly RegNumber",
	"Executor":               "Organization",
	"Organization":           "Address? Econtact* OfficialPerson* / organization_string",
	"OrganizationOnly":       "Address? Econtact* / organization_string",
	"OrganizationWithSign":   "Address? Econtact* OfficialPersonWithSign* / organization_string",
	"OfficialPerson":         "Name Official* Rank* Address? Econtact*",
	"OfficialPersonWithSign": "Name Official* Rank* Address? Econtact* SignDate?",
	"PrivatePerson":          "Name Rank* Address? Econtact*",
	"PrivatePersonWithSign":  "Name Rank* Address? Econtact* SignDate?",
	"OutNumber":              "RegNumber",
	"Referred":               "RegNumber|TaskNumber",
	"Validator":              "OrganizationWithSign|PrivatePersonWithSign|DocNumber / attestation",
	"Writer":                 "Organization|PrivatePerson",
	"RegNumber":              "/ regdate",
	"TaskNumber":             "/ taskDate",
	"Confident":              "/ flag",
	"DocTransfer":            "/ os type description transfertype",
	"AckResult":              "/ errorcode",
	"Name":                   "", "Official": "", "Rank": "", "Address": "", "Econtact": "", "Note": "", "SignDate": "",
}

// TestOrderAndCardinality checks the same texts against the table above, wherever the tests run.
func TestOrderAndCardinality(t *testing.T) {
	for name, text := range corpus(t) {
		root, err := markup.Parse(text, markup.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if wrong := documenttest.Misplaced(root, order); wrong != "" {
			t.Fatalf("%s: %s\n%s", name, wrong, text)
		}
	}
	root, _ := markup.Parse([]byte(`<Referred><TaskNumber taskDate="2026-11-23"/><RegNumber regdate="2026-11-23"/></Referred>`), markup.DefaultLimits())
	if documenttest.Misplaced(root, order) == "" {
		t.Error("the table accepts anything")
	}
}
