package sdip

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// TestEveryErrorCode breaks an example in the way that each error code of the format is about. Wanted is the code, the
// path and the line of each fault, in their order.
//
// What only the hub can know is not here: whether the receiver is served (11), whether a reference differs from the one
// received earlier (40), whether a signature holds (-21) and is trusted (-23).
func TestEveryErrorCode(t *testing.T) {
	for name, c := range map[string]struct {
		of      string
		replace []string
		want    []string
	}{
		"-1 cut off":               {"letter.xml", []string{"</Envelop>", ""}, []string{"-1 "}},
		"-1 another root":          {"letter.xml", []string{"Envelop", "Package"}, []string{"-1 "}},
		"1 another standard":       {"letter.xml", []string{"SDIP-2.1.1", "ЕСЭД"}, []string{"1 @type:2"}},
		"2 an unknown version":     {"letter.xml", []string{"SDIP-2.1.1", "SDIP-3.0"}, []string{"2 @type:2"}},
		"3 an unknown kind":        {"letter.xml", []string{`msg_type="1"`, `msg_type="7"`}, []string{"3 Header/@msg_type:3"}},
		"3 a kind that is no kind": {"letter.xml", []string{`msg_type="1"`, `msg_type="письмо"`}, []string{"3 Header/@msg_type:3"}},
		"10 no receiver":           {"letter.xml", []string{`<Receiver id="OrgB" name="Ведомство Б">` + "\n      " + `<Organization organization_string="Ведомство Б"/>` + "\n    </Receiver>", ""}, []string{"10 Header/Receiver:3"}},
		"12 header attributes": {"letter.xml", []string{` msg_id="` + letterID + `"`, "", ` msg_type="1"`, "", ` sys_id="00000000-0000-4000-8000-00000000000a"`, "", `id="OrgB"`, `id=" "`},
			[]string{"12 @msg_id:2", "12 Header/@msg_type:3", "12 Header/Sender/@sys_id:4", "12 Header/Receiver[1]/@id:5"}},
		"12 what 2.1.1 added": {"letter.xml", []string{` system="СЭД А" system_details="1.0"`, "", ` kind="Письмо" pages="2"`, ""},
			[]string{"12 Header/Sender/@system:4", "12 Header/Sender/@system_details:4", "35 Body/Document/@kind:10", "35 Body/Document/@pages:10"}},
		"20 no document":              {"additions.xml", []string{`msg_type="2"`, `msg_type="1"`}, []string{"20 Body/Document:9"}},
		"20 no folders":               {"additions.xml", []string{`msg_type="2"`, `msg_type="4"`, "AddDocuments", "Expansion", "<Folder", "<Varset/><Folder"}, []string{"20 Body/AddDocuments:9"}},
		"20 no body":                  {"directory.xml", []string{"Body>", "Integrity>"}, []string{"31 Integrity:7", "20 Body:2"}},
		"20 no receipt":               {"delivered.xml", []string{"Acknowledgement", "AckResult"}, []string{"31 Body/AckResult:8", "20 Body/Acknowledgement:7"}},
		"21 an unknown zone":          {"letter.xml", []string{"<TaskList>", "<Поручения/><TaskList>"}, []string{"21 Body/Поручения:27"}},
		"22 a zone twice":             {"letter.xml", []string{"<TaskList>", "<Document/><TaskList>"}, []string{"22 Body/Document:9"}},
		"30 a foreign element":        {"letter.xml", []string{"<Confident flag=\"0\">Общий</Confident>\n      <DocTransfer", "<Confident flag=\"0\">Общий</Confident><Гриф/>\n      <DocTransfer"}, []string{"30 Body/Document/Гриф:12"}},
		"31 an element out of place":  {"letter.xml", []string{"<Confident flag=\"0\">Общий</Confident>\n      <DocTransfer", "<Confident flag=\"0\">Общий</Confident><Executor/>\n      <DocTransfer"}, []string{"31 Body/Document/Executor:12"}},
		"32 no author, two numbers":   {"letter.xml", []string{"<Author>", "<Validator attestation=\"Согласовано\">", "</Author>", "</Validator>", `<RegNumber regdate="2026-11-23">01-05/77</RegNumber>` + "\n      <Confident", `<RegNumber regdate="2026-11-23">1</RegNumber><RegNumber regdate="2026-11-23">2</RegNumber><Confident`}, []string{"32 Body/Document/RegNumber:10", "32 Body/Document/Author:10"}},
		"32 a task without reference": {"letter.xml", []string{`<Referred idnumber="A-1001" retype="1">` + "\n          " + `<RegNumber regdate="2026-11-23">01-05/77</RegNumber>` + "\n        </Referred>", ""}, []string{"32 Body/TaskList/Task[1]/Referred:28", "32 Body/TaskList/Task[2]/Referred:48"}},
		"32 additions to nothing":     {"additions.xml", []string{`<Referred idnumber="A-1001" retype="1">` + "\n          " + `<RegNumber regdate="2026-11-23">01-05/77</RegNumber>` + "\n        </Referred>", ""}, []string{"32 Body/AddDocuments/Folder/Referred:9"}},
		"32 author of two kinds":      {"letter.xml", []string{"</OrganizationWithSign>\n      </Author>", "</OrganizationWithSign><PrivatePersonWithSign><Name>И</Name></PrivatePersonWithSign></Author>"}, []string{"32 Body/Document/Author[1]/OrganizationWithSign:17"}},
		"33 values": {"letter.xml", []string{`type="0"`, `type="9"`, `pages="2"`, `pages="два"`, `flag="0"`, `flag="да"`, `deadline="2026-12-01"`, `deadline="31.02.2026"`, `responsible="1"`, `responsible="2"`},
			[]string{"33 Body/Document/@type:10", "33 Body/Document/@pages:10", "33 Body/Document/Confident/@flag:12", "33 Body/TaskList/Task[1]/@deadline:28", "33 Body/TaskList/Task[1]/Confident/@flag:30", "33 Body/TaskList/Task[1]/Executor[1]/@responsible:42", "33 Body/TaskList/Task[2]/@deadline:50", "33 Body/TaskList/Task[2]/Confident/@flag:52", "33 Body/TaskList/Task[2]/Executor[1]/@responsible:64"}},
		"33 a huge number":         {"letter.xml", []string{`pages="2"`, `pages="99999999999999999999999999"`}, []string{"33 Body/Document/@pages:10"}},
		"33 a day that is none":    {"letter.xml", []string{`dtstamp="2026-11-23T08:15:00Z"`, `dtstamp="вчера"`}, []string{"33 @dtstamp:2"}},
		"34 contents":              {"letter.xml", []string{`<Data referenceid="attach1"/>`, `<Data>не base64</Data>`, `<SignDate>2026-11-23`, `<SignDate>вчера`}, []string{"34 Body/Document/DocTransfer[1]/Data:14", "34 Body/Document/Author[1]/OrganizationWithSign/OfficialPersonWithSign[1]/SignDate:22"}},
		"34 neither file nor name": {"letter.xml", []string{`<Data referenceid="attach1"/>`, `<Data/>`}, []string{"34 Body/Document/DocTransfer[1]/Data:14"}},
		"35 attributes": {"letter.xml", []string{` idnumber="A-1001" type="0"`, "", ` name="Письмо.pdf"`, "", ` task_text="Подписать и вернуть"`, ""},
			[]string{"35 Body/Document/@idnumber:10", "35 Body/Document/@type:10", "35 Body/Document/DocTransfer[1]/@name:13", "35 Body/TaskList/Task[1]/@task_text:28"}},
		"-21 a signature that is none": {"letter.xml", []string{"MIIH/DCCB", "не CMS"}, []string{"-21 Body/Document/DocTransfer[1]/Signature[1]:15"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := altered(t, c.of, c.replace...)
			m, err := Decode(text, Options{})
			faults, _ := err.(document.Faults)
			got, want := told(faults), slices.Clone(c.want)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), text)
			}
			if c.want[0] != "-1 " && (m == nil || m.Version == "" && name[0] != '1') {
				t.Error("nothing was read beside the faults")
			}
		})
	}
}

func told(faults document.Faults) (list []string) {
	for i := range faults {
		list = append(list, fmt.Sprintf("%d %s", faults[i].SDIP(), faults[i].Field))
	}
	return list
}

// A file without a signature decodes: what then is to be said, the packet's own validation knows (-22), as it knows of
// signatures beside the message. All is told at once.
func TestUnsignedFilesAndOthersAreToldByThePacket(t *testing.T) {
	text := altered(t, "letter.xml", `<Signature signtime="2026-11-23T08:10:00Z">MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/DCCB/wwggf8MIIH/A==</Signature>`, "", `pages="2"`, `pages="0"`)
	m, err := Decode(text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.Packet.Document.Files[0].Size = 900
	got := told(m.Packet.Validate(document.DefaultLimits()))
	if want := []string{"35 document.sheets", "-22 document.files[0]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The twin has no lines; its faults name the same paths.
func TestFaultsOfTheTwin(t *testing.T) {
	for name, c := range map[string]struct {
		replace []string
		want    []string
	}{
		"several": {[]string{`"pages": 2`, `"pages": 2.5`, `"type": 0`, `"type": [1,2]`, `"flag": 0`, `"flag": {"x":1}`}, []string{
			"33 Body/Document/@pages", "35 Body/Document/@type", "30 Body/Document/type", "30 Body/Document/type", "35 Body/Document/Confident/@flag", "30 Body/Document/Confident/flag",
			"35 Body/TaskList/Task[1]/Confident/@flag", "30 Body/TaskList/Task[1]/Confident/flag", "35 Body/TaskList/Task[2]/Confident/@flag", "30 Body/TaskList/Task[2]/Confident/flag"}},
		"a document that is a text": {[]string{`"msg_type": 1`, `"msg_type": 2`, `"taskList"`, `"expansion": "x", "taskList"`}, nil},
		"no envelope":               {[]string{`"envelop"`, `"message"`}, []string{"20 body/envelop"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodePackage(altered(t, "letter.json", c.replace...), Options{})
			faults, _ := err.(document.Faults)
			if got := told(faults); !slices.Equal(sorted(got), sorted(c.want)) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func sorted(list []string) []string { slices.Sort(list); return list }

// Receipts of every type decode, those of the router and the reserved ones too; others are no receipts.
func TestTypesOfReceipts(t *testing.T) {
	known := []int{1, 2, 3, 4, 100, 101, 102, 103, 104, 105}
	for n := range 110 {
		_, err := Decode(altered(t, "delivered.xml", `ack_type="1"`, fmt.Sprintf(`ack_type="%d"`, n)), Options{})
		faults, _ := err.(document.Faults)
		var want []string
		if !slices.Contains(known, n) {
			want = []string{"33 Body/Acknowledgement/@ack_type:8"}
		}
		if got := told(faults); !slices.Equal(got, want) {
			t.Errorf("ack_type %d: got %q, want %q", n, got, want)
		}
	}
}
