package sdip

import (
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// order is the form of each element of SDIP-2.1.1, as documenttest.Misplaced reads it. The order is that of ГОСТ Р 53898,
// which the format took over.
var order = map[string]string{
	"Envelop":                "Header Body / dtstamp type msg_id subject",
	"Header":                 "Sender Receiver+ Integrity? / msg_type msg_acknow",
	"Sender":                 "/ id name sys_id system system_details",
	"Receiver":               "Organization? PrivatePerson? Referred* / id name",
	"Body":                   "Document? TaskList? AddDocuments? Expansion? Acknowledgement? Datadir?",
	"Document":               "RegNumber DocParent? Confident Referred* DocNumber* RegHistory* DocTransfer+ Author+ Validator* Writer? / idnumber type kind pages",
	"DocParent":              "RegNumber / delivery_type",
	"TaskList":               "Task+",
	"Task":                   "TaskNumber Confident Referred+ AuthorOrganization+ DocTransfer* Executor* / idnumber task_reg task_copy task_text deadline",
	"AddDocuments":           "Folder*",
	"Folder":                 "DocTransfer* Note* Referred* / contents add_type",
	"Expansion":              "Controlset Varset",
	"Controlset":             "Supplement? Version? Date?",
	"Varset":                 "",
	"Acknowledgement":        "RegNumber? IncNumber? AckResult+ DocTransfer? / msg_id ack_type",
	"DocTransfer":            "Data Signature+ / name",
	"Author":                 "OrganizationWithSign|PrivatePersonWithSign OutNumber?",
	"AuthorOrganization":     "OrganizationWithSign",
	"DocNumber":              "OrganizationOnly? RegNumber / kind",
	"RegHistory":             "OrganizationOnly? RegNumber",
	"Executor":               "Organization / responsible",
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
	"RegNumber":              "/ regdate", "IncNumber": "/ regdate", "TaskNumber": "/ taskDate", "Confident": "/ flag", "AckResult": "/ errorcode",
	"Supplement": "", "Version": "", "Date": "", "Data": "", "Signature": "", "Datadir": "", "Integrity": "any",
	"Name": "", "Official": "", "Rank": "", "Address": "", "Econtact": "", "Note": "", "SignDate": "",
}

// What is written keeps to the order, the numbers and the mandatory attributes of the format; what it cannot keep to, the
// writer reports as missing.
func TestOrderAndCardinality(t *testing.T) {
	check := func(name string, m *Message) {
		text, losses := Encode(m, Options{})
		root, err := markup.Parse(text, markup.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if wrong := documenttest.Misplaced(root, order); wrong != "" || losses.Missing != nil {
			t.Fatalf("%s: %s, missing %q\n%s", name, wrong, losses.Missing, text)
		}
	}
	for name, m := range examples() {
		check(name, m)
	}
	n := 0
	for seed := range uint64(300) {
		p := random(seed)
		m := Of(p)
		_, losses := Encode(m, Options{})
		for _, path := range losses.Missing {
			if !strings.HasSuffix(path, "/Signature") && !strings.HasSuffix(path, "/DocTransfer") {
				t.Fatalf("seed %d: %s is missing", seed, path)
			}
		}
		if complete(p); len(p.Document.Files) > 0 {
			check("random", m)
			n++
		}
	}
	if n < 100 {
		t.Errorf("only %d packets had files", n)
	}
	root, _ := markup.Parse([]byte(`<Receiver id="1" name="2"><Referred/><Organization/></Receiver>`), markup.DefaultLimits())
	if documenttest.Misplaced(root, order) == "" {
		t.Error("the table accepts anything")
	}
}

// complete signs every file, once.
func complete(p *document.Packet) {
	for _, a := range p.Files {
		a.Signatures = append(a.Signatures, document.Signature{CMS: []byte{0x30, 0}})[:1]
	}
}

// What a packet does not say and the format demands is named by its path.
func TestMissing(t *testing.T) {
	p := letter()
	p.Subject, p.Document.ID, p.Document.Kind, p.Document.Sheets = "", "", "", 0
	p.Document.Files[0].Signatures = nil
	p.Tasks[0].Text = ""
	p.To = nil
	_, losses := Encode(Of(p), Options{})
	want := "@subject Header/Receiver Body/Document/@idnumber Body/Document/@kind Body/Document/@pages Body/Document/DocTransfer[1]/Signature Body/TaskList/Task[1]/@task_text"
	if got := strings.Join(losses.Missing, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
