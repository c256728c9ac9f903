package gost53898

import (
	"encoding/xml"
	"fmt"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
)

// plain is the same message for the standard library to decode: what the codec is measured beside.
type plain struct {
	MsgType   int    `xml:"msg_type,attr"`
	MsgID     string `xml:"msg_id,attr"`
	MsgAcknow int    `xml:"msg_acknow,attr"`
	Time      string `xml:"time,attr"`
	FromOrgID string `xml:"from_org_id,attr"`
	FromOrg   string `xml:"from_organization,attr"`
	FromSysID string `xml:"from_sys_id,attr"`
	FromSys   string `xml:"from_system,attr"`
	ToOrgID   string `xml:"to_org_id,attr"`
	ToOrg     string `xml:"to_organization,attr"`
	Document  struct {
		IDNumber  string      `xml:"idnumber,attr"`
		Type      int         `xml:"type,attr"`
		Kind      string      `xml:"kind,attr"`
		Pages     int         `xml:"pages,attr"`
		Title     string      `xml:"title,attr"`
		RegNumber plainNumber `xml:"RegNumber"`
		Confident plainAccess
		Addressee []struct{ Organization plainOrg }
		Transfer  []struct {
			OS           string `xml:"os,attr"`
			Type         string `xml:"type,attr"`
			Description  string `xml:"description,attr"`
			TransferType int    `xml:"transfertype,attr"`
			Value        string `xml:",chardata"`
		} `xml:"DocTransfer"`
		Author []struct {
			Organization plainOrg `xml:"OrganizationWithSign"`
		}
	}
	Task []struct {
		IDNumber  string      `xml:"idnumber,attr"`
		TaskReg   int         `xml:"task_reg,attr"`
		TaskCopy  int         `xml:"task_copy,attr"`
		Kind      string      `xml:"kind,attr"`
		TaskText  string      `xml:"task_text,attr"`
		Deadline  string      `xml:"deadline,attr"`
		Number    plainNumber `xml:"TaskNumber"`
		Confident plainAccess
		Referred  []struct {
			IDNumber  string `xml:"idnumber,attr"`
			Retype    int    `xml:"retype,attr"`
			RegNumber plainNumber
		}
		Author []struct {
			Organization plainOrg `xml:"OrganizationWithSign"`
		} `xml:"AuthorOrganization"`
		Executor []struct {
			Responsible  int `xml:"responsible,attr"`
			Organization plainOrg
		}
	} `xml:"TaskList>Task"`
}

type plainNumber struct {
	RegDate  string `xml:"regdate,attr"`
	TaskDate string `xml:"taskDate,attr"`
	Value    string `xml:",chardata"`
}

type plainAccess struct {
	Flag  int    `xml:"flag,attr"`
	Value string `xml:",chardata"`
}

type plainOrg struct {
	String    string        `xml:"organization_string,attr"`
	Officials []plainPerson `xml:"OfficialPerson"`
	Signers   []plainPerson `xml:"OfficialPersonWithSign"`
}

type plainPerson struct {
	Name     string
	Official []string
	SignDate string
}

// BenchmarkCodec decodes and encodes an ordinary message, and one with 1 MiB of base64, and lets encoding/xml decode the same
// bytes. What counts is the quotient within one run.
func BenchmarkCodec(b *testing.B) {
	for _, size := range []int{900, 768 << 10} {
		m := Of(documenttest.Letter(size), 0)
		text, _ := Encode(m, Options{})
		for name, do := range map[string]func() error{
			"decode":              func() error { _, err := Decode(text, Options{}); return err },
			"encode":              func() error { Encode(m, Options{}); return nil },
			"encoding-xml-decode": func() error { return xml.Unmarshal(text, new(plain)) },
		} {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if err := do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
