package medo

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Code is the stable code of something that is wrong with a message or a container. The numbers are those that checkers and
// gateways of МЭДО use.
type Code string

// The codes.
const (
	SignatureForeign    Code = "e51" // found by whoever verifies signatures: this package does not
	RegistrationStamp   Code = "e62"
	SignatureStamp      Code = "e63"
	SignatureAbsent     Code = "e64" // of the document
	AttachmentSignature Code = "e65"
	FileAbsent          Code = "e66"
	PassportSchema      Code = "e67"
	PassportAbsent      Code = "e68"
	NotZip              Code = "e69"
	HeaderType          Code = "e77"
	MessageSchema       Code = "e78"
	HeaderUID           Code = "248"

	// Codes of this package, for what the checkers have none.
	ZipLimit          Code = "z01"
	ZipName           Code = "z02"
	ZipTwice          Code = "z03"
	EnvelopeMalformed Code = "i01"
	EnvelopeAddressee Code = "i02"
)

// Problem is one thing that is wrong.
type Problem struct {
	Code  Code
	Field string          // where: a path in the XML, or the name of a file
	Fault *document.Fault // what exactly, where a schema is not kept
	Note  string          // what exactly, elsewhere: names of files and numbers, never content
}

// Text says what is wrong.
func (p *Problem) Text(l document.Lang) string {
	text := p.Code.Text(l)
	switch {
	case p.Fault != nil:
		text += ": " + p.Fault.Text(l)
	case p.Note != "":
		text += ": " + p.Note
	}
	return text
}

// Error is the text in English.
func (p *Problem) Error() string {
	return string(p.Code) + " " + p.Field + ": " + p.Text(document.English)
}

// Problems is an error made of everything that is wrong.
type Problems []Problem

func (p Problems) Error() string { return p.text(document.English) }

// text is all of them, in l.
func (p Problems) text(l document.Lang) string {
	parts := make([]string, len(p))
	for i := range p {
		parts[i] = string(p[i].Code) + " " + p[i].Field + ": " + p[i].Text(l)
	}
	return strings.Join(parts, "; ")
}

// Has says whether something with the code is among them.
func (p Problems) Has(c Code) bool {
	for i := range p {
		if p[i].Code == c {
			return true
		}
	}
	return false
}

// Faults are the problems as the hub tells them.
func (p Problems) Faults() document.Faults {
	var faults document.Faults
	for i := range p {
		f := document.NewFault(p[i].Code.fault(), p[i].Field, string(p[i].Code))
		if p[i].Fault != nil {
			f = *p[i].Fault
		}
		if len(faults) < document.MaxFaults {
			faults = append(faults, f)
		}
	}
	return faults
}

// orNil is p as an error.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

func problemsOf(code Code, faults document.Faults) Problems {
	list := make(Problems, len(faults))
	for i := range faults {
		list[i] = Problem{Code: code, Field: faults[i].Field, Fault: &faults[i]}
	}
	return list
}

// fault is the code of the hub's own catalogue.
func (c Code) fault() document.FaultCode {
	switch c {
	case SignatureForeign:
		return document.SignatureInvalid
	case SignatureAbsent, AttachmentSignature:
		return document.SignatureMissing
	case FileAbsent:
		return document.FileMissing
	case NotZip, PassportAbsent, EnvelopeMalformed:
		return document.PacketMalformed
	case EnvelopeAddressee:
		return document.PacketNoReceiver
	case HeaderUID:
		return document.PacketMsgID
	case ZipLimit:
		return document.PacketTooLarge
	case ZipTwice:
		return document.FileTwice
	case ZipName:
		return document.FileName
	}
	return document.FormatOther
}
