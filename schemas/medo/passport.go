package medo

import (
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Passport is passport.xml: the requisites of the document in a transport container, and the names of all its files.
type Passport struct {
	Version Version
	Packet  *document.Packet // document, receivers and files, without what stands in the message around
	Parts   []Part           // every file that the passport names, in its order
}

// passportElements are the elements of the schema: one of them in a wrong place is another fault than a foreign one.
func passportElements() []string {
	return []string{
		"requisites", "documentKind", "documentPlace", "classification", "annotation", "links", "link", "authors", "author", "addressees", "addressee", "document",
		"attachments", "attachment", "containerSignature", "organization", "department", "registration", "sign", "person", "documentSignature", "executor",
	}
}

// DecodePassport reads passport.xml. The error is Problems (e67); the passport beside it holds what could be read, and is
// nil when the text is none.
func DecodePassport(data []byte, o Options) (*Passport, error) {
	root, space, err := parse(data, o.Limits)
	if err != nil {
		return nil, malformed(PassportSchema, err)
	}
	if root.Name != "container" {
		return nil, problemsOf(PassportSchema, document.Faults{document.NewFault(document.FormatStandard, "", "container")})
	}
	p := &Passport{Version: V27, Packet: &document.Packet{Document: new(document.Document)}}
	if space == spaceContainer {
		p.Version = V271
	}
	c := newCodec(o, p.Version, p.Packet, nil)
	pass := markup.ReadForm(root, passportElements(), p, c.container)
	problems := problemsOf(PassportSchema, pass.Faults)
	if space != spacePassport && space != spaceContainer {
		problems = append(problems, problemsOf(PassportSchema, document.Faults{document.NewFault(document.FormatStandard, "", "xmlns")})...)
	}
	p.Parts = c.parts
	problems = append(problems, twice(PassportSchema, p.Parts)...)
	keep(p.Packet, ofPassport, pass.Extras)
	return p, problems.orNil()
}

// twice finds names that stand for more than one file. A picture may be used again.
func twice(code Code, parts []Part) (problems Problems) {
	roles := map[string]Role{passportName: RoleDocument}
	for _, part := range parts {
		role, taken := roles[part.Name]
		picture := part.Role == role && (role == RoleRegistrationStamp || role == RoleSignatureStamp)
		if taken && !picture && part.Name != "" {
			fault := document.NewFault(document.FileTwice, clip(part.Name), clip(part.Name))
			problems = append(problems, Problem{Code: code, Field: clip(part.Name), Fault: &fault})
		}
		roles[part.Name] = part.Role
	}
	return problems
}

// EncodePassport writes the passport of a packet in 2.7 or 2.7.1, and returns the files that the container must hold.
// Losses are those of the passport together with the message that carries the container (Of).
func EncodePassport(p *document.Packet, v Version, o Options) ([]byte, []Part, Losses) {
	data, c, losses := checkedPassport(p, v, o)
	return data, c.parts, losses
}

// checkedPassport writes a passport, reads it again, and compares.
func checkedPassport(p *document.Packet, v Version, o Options) ([]byte, *codec, Losses) {
	data, c, losses := encodePassport(p, v, o)
	read, err := DecodePassport(data, o)
	if problems, ok := err.(Problems); ok {
		losses.Unfit = problems
	}
	losses.leftOver(p, ofMessage, ofPassport, ofContainer)
	message, _ := encode(Of(p, v), o)
	if around, _ := Decode(message, o); around != nil && read != nil { // its problems are told by Encode
		around.Take(&Container{Passport: *read}, o)
		losses.compare(p, around.Packet)
	}
	return data, c, losses
}

func encodePassport(p *document.Packet, v Version, o Options) ([]byte, *codec, Losses) {
	extras := kept(p, ofPassport)
	c := newCodec(o, v, p, extras)
	c.names = nameFiles(p, c.kept, true)
	copied := *p
	if p.Document == nil {
		copied.Document = new(document.Document)
	} else {
		d := *p.Document
		copied.Document = &d
	}
	c.packet = &copied
	e, pass := markup.WriteForm("container", extrasForForm(extras), &Passport{Version: v, Packet: &copied}, c.container)
	space, prefix, _ := v.passport()
	qualify(e, space, prefix)
	return e.Document(), c, lossesOf(pass, ofPassport)
}
