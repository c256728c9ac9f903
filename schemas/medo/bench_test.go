package medo

import (
	"encoding/xml"
	"testing"
)

// plainMessage is what a program reads that takes a communication with encoding/xml and nothing else.
type plainMessage struct {
	Version string `xml:"version,attr"`
	Header  struct {
		Type    string `xml:"type,attr"`
		UID     string `xml:"uid,attr"`
		Created string `xml:"created,attr"`
		Source  struct {
			UID          string `xml:"uid,attr"`
			Organization string `xml:"organization"`
		} `xml:"source"`
		Operator string `xml:"operator"`
		Comment  string `xml:"comment"`
	} `xml:"header"`
	Document struct {
		UID            string       `xml:"uid,attr"`
		ID             string       `xml:"id,attr"`
		Kind           string       `xml:"kind"`
		Num            plainNumber  `xml:"num"`
		Classification string       `xml:"classification"`
		Signatories    []plainParty `xml:"signatories>signatory"`
		Addressees     []plainParty `xml:"addressees>addressee"`
		Pages          int          `xml:"pages"`
		EnclosurePages int          `xml:"enclosuresPages"`
		Annotation     string       `xml:"annotation"`
		Enclosures     string       `xml:"enclosures"`
		Correspondents []plainParty `xml:"correspondents>correspondent"`
		Links          []struct {
			Type      string     `xml:"linkType"`
			Document  plainParty `xml:"document"`
			Reference string     `xml:"reference"`
		} `xml:"links>link"`
		Clauses  []string   `xml:"clauses>clause>designation"`
		Executor plainParty `xml:"executor"`
		Comment  string     `xml:"comment"`
	} `xml:"document"`
	Files []struct {
		LocalName   string `xml:"localName,attr"`
		LocalID     string `xml:"localId,attr"`
		Group       string `xml:"group"`
		Description string `xml:"description"`
		Pages       int    `xml:"pages"`
	} `xml:"files>file"`
}

type plainNumber struct {
	Number string `xml:"number"`
	Date   string `xml:"date"`
}

type plainParty struct {
	UID          string      `xml:"uid,attr"`
	Region       string      `xml:"region"`
	Organization string      `xml:"organization"`
	Person       string      `xml:"person"`
	Department   string      `xml:"department"`
	Post         string      `xml:"post"`
	Contact      string      `xml:"contactInfo"`
	Signed       string      `xml:"signed"`
	Num          plainNumber `xml:"num"`
	Comment      string      `xml:"comment"`
}

// plainPassport is the same for a passport.
type plainPassport struct {
	UID        string `xml:"uid,attr"`
	Version    string `xml:"version,attr"`
	Requisites struct {
		Kind           string `xml:"documentKind"`
		Place          string `xml:"documentPlace"`
		Classification string `xml:"classification"`
		Annotation     string `xml:"annotation"`
		Links          []struct {
			UID          string            `xml:"uid,attr"`
			Organization plainOrganization `xml:"organization"`
			Registration plainNumber       `xml:"registration"`
			Signer       []plainPerson     `xml:"signer"`
		} `xml:"links>link"`
	} `xml:"requisites"`
	Authors []struct {
		Organization plainOrganization `xml:"organization"`
		Department   string            `xml:"department"`
		Registration struct {
			plainNumber
			Stamp plainStamp `xml:"registrationStamp"`
		} `xml:"registration"`
		Sign []struct {
			Person    plainPerson `xml:"person"`
			Signature struct {
				LocalName string     `xml:"localName,attr"`
				Type      string     `xml:"type,attr"`
				Stamp     plainStamp `xml:"signatureStamp"`
			} `xml:"documentSignature"`
		} `xml:"sign"`
		Executor plainPerson `xml:"executor"`
	} `xml:"authors>author"`
	Addressees []struct {
		Organization plainOrganization `xml:"organization"`
		Department   string            `xml:"department"`
		Person       []plainPerson     `xml:"person"`
	} `xml:"addressees>addressee"`
	Document struct {
		LocalName   string `xml:"localName,attr"`
		Pages       int    `xml:"pagesQuantity"`
		Enclosures  int    `xml:"enclosurePagesQuantity"`
		Description string `xml:"description"`
	} `xml:"document"`
	Attachments []struct {
		LocalName   string `xml:"localName,attr"`
		Order       int    `xml:"order"`
		Description string `xml:"description"`
		Signature   []struct {
			LocalName string `xml:"localName,attr"`
		} `xml:"signature"`
	} `xml:"attachments>attachment"`
	Signature struct {
		LocalName string `xml:"localName,attr"`
	} `xml:"containerSignature"`
}

type plainOrganization struct {
	Title   string `xml:"title"`
	Address string `xml:"address"`
	Phone   string `xml:"phone"`
	Email   string `xml:"email"`
	Website string `xml:"website"`
}

type plainPerson struct {
	Post  string `xml:"post"`
	Name  string `xml:"name"`
	Phone string `xml:"phone"`
	Email string `xml:"email"`
}

type plainStamp struct {
	LocalName string `xml:"localName,attr"`
	Position  struct {
		Page int `xml:"page"`
		X    int `xml:"topLeft>x"`
		Y    int `xml:"topLeft>y"`
		W    int `xml:"dimension>w"`
		H    int `xml:"dimension>h"`
	} `xml:"position"`
}

func measure(b *testing.B, data []byte, read func([]byte) error) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := read(data); err != nil {
			b.Fatal(err)
		}
	}
}

// Reading a message and a passport, beside encoding/xml reading the same bytes into plain structs: the aim is 0.7 of its
// speed or more.
func BenchmarkRead(b *testing.B) {
	message, passport := sample(b, "document_26_full.xml"), sample(b, "passport_27.xml")
	b.Run("message", func(b *testing.B) {
		measure(b, message, func(data []byte) error { _, err := Decode(data, Options{}); return err })
	})
	b.Run("message/plain", func(b *testing.B) {
		measure(b, message, func(data []byte) error { return xml.Unmarshal(data, new(plainMessage)) })
	})
	b.Run("passport", func(b *testing.B) {
		measure(b, passport, func(data []byte) error { _, err := DecodePassport(data, Options{}); return err })
	})
	b.Run("passport/plain", func(b *testing.B) {
		measure(b, passport, func(data []byte) error { return xml.Unmarshal(data, new(plainPassport)) })
	})
}
