package sdip

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
)

// The same messages as plain structures, for the standard library to decode: what the codecs are measured beside.
type plainEnvelope struct {
	Type    string `xml:"type,attr"`
	MsgID   string `xml:"msg_id,attr" json:"msg_id"`
	Dtstamp string `xml:"dtstamp,attr"`
	Subject string `xml:"subject,attr"`
	Header  struct {
		MsgType   int          `xml:"msg_type,attr" json:"msg_type"`
		MsgAcknow int          `xml:"msg_acknow,attr" json:"msg_acknow"`
		Sender    plainParty   `xml:"Sender"`
		Receiver  []plainParty `xml:"Receiver"`
	} `xml:"Header"`
	Body struct {
		Document struct {
			IDNumber    string        `xml:"idnumber,attr"`
			Type        int           `xml:"type,attr"`
			Kind        string        `xml:"kind,attr"`
			Pages       int           `xml:"pages,attr"`
			Title       string        `xml:"title,attr"`
			RegNumber   plainNumber   `xml:"RegNumber"`
			Confident   plainAccess   `xml:"Confident"`
			DocTransfer []plainFile   `xml:"DocTransfer"`
			Author      []plainAuthor `xml:"Author"`
		} `xml:"Document"`
		TaskList struct {
			Task []plainTask `xml:"Task"`
		} `xml:"TaskList"`
	} `xml:"Body"`
}

type plainParty struct {
	ID            string    `xml:"id,attr"`
	Name          string    `xml:"name,attr"`
	SysID         string    `xml:"sys_id,attr" json:"sys_id"`
	System        string    `xml:"system,attr"`
	SystemDetails string    `xml:"system_details,attr" json:"system_details"`
	Organization  *plainOrg `xml:"Organization"`
}

type plainOrg struct {
	String                 string        `xml:"organization_string,attr" json:"organization_string"`
	OfficialPerson         []plainPerson `xml:"OfficialPerson"`
	OfficialPersonWithSign []plainPerson `xml:"OfficialPersonWithSign"`
}

type plainPerson struct {
	Name     plainText   `xml:"Name"`
	Official []plainText `xml:"Official"`
	SignDate plainText   `xml:"SignDate"`
}

type plainText struct {
	Value string `xml:",chardata"`
}

type plainNumber struct {
	RegDate  string `xml:"regdate,attr"`
	TaskDate string `xml:"taskDate,attr"`
	Value    any    `xml:"-"`
	Text     string `xml:",chardata" json:"-"`
}

type plainAccess struct {
	Flag  int    `xml:"flag,attr"`
	Value string `xml:",chardata"`
}

type plainFile struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
	Data struct {
		ReferenceID string `xml:"referenceid,attr"`
		Value       string `xml:",chardata"`
	} `xml:"Data"`
	Signature []struct {
		SignTime string `xml:"signtime,attr"`
		Value    string `xml:",chardata"`
	} `xml:"Signature"`
}

type plainAuthor struct {
	Organization plainOrg `xml:"OrganizationWithSign" json:"organizationWithSign"`
}

type plainTask struct {
	IDNumber           string        `xml:"idnumber,attr"`
	TaskReg            int           `xml:"task_reg,attr" json:"task_reg"`
	TaskCopy           int           `xml:"task_copy,attr" json:"task_copy"`
	Kind               string        `xml:"kind,attr"`
	TaskText           string        `xml:"task_text,attr" json:"task_text"`
	Deadline           string        `xml:"deadline,attr"`
	TaskNumber         plainNumber   `xml:"TaskNumber"`
	Confident          plainAccess   `xml:"Confident"`
	Referred           []plainRef    `xml:"Referred"`
	AuthorOrganization []plainAuthor `xml:"AuthorOrganization"`
	Executor           []struct {
		Responsible  int      `xml:"responsible,attr"`
		Organization plainOrg `xml:"Organization"`
	} `xml:"Executor"`
}

type plainRef struct {
	IDNumber  string      `xml:"idnumber,attr"`
	Retype    string      `xml:"retype,attr"`
	RegNumber plainNumber `xml:"RegNumber"`
}

// BenchmarkCodec decodes and encodes an ordinary message, and one with 1 MiB of base64, and lets the standard library
// decode the same bytes. What counts is the quotient within one run.
func BenchmarkCodec(b *testing.B) {
	for _, size := range []int{900, 768 << 10} {
		m := Of(documenttest.Letter(size))
		text, _ := Encode(m, Options{Inline: true})
		twin, _ := EncodePackage(&Package{Message: m}, Options{Inline: true})
		measure(b, fmt.Sprintf("xml/%d/decode", size), text, func() error { _, err := Decode(text, Options{}); return err })
		measure(b, fmt.Sprintf("xml/%d/encode", size), text, func() error { Encode(m, Options{Inline: true}); return nil })
		measure(b, fmt.Sprintf("xml/%d/encoding-xml-decode", size), text, func() error { return xml.Unmarshal(text, new(plainEnvelope)) })
		measure(b, fmt.Sprintf("json/%d/decode", size), twin, func() error { _, err := DecodePackage(twin, Options{}); return err })
		measure(b, fmt.Sprintf("json/%d/encode", size), twin, func() error { EncodePackage(&Package{Message: m}, Options{Inline: true}); return nil })
		measure(b, fmt.Sprintf("json/%d/encoding-json-decode", size), twin, func() error {
			var p struct {
				Body struct{ Envelop plainEnvelope }
			}
			return json.Unmarshal(twin, &p)
		})
	}
}

func measure(b *testing.B, name string, text []byte, do func() error) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
