package sdip

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// HeaderID is Package.HeaderID of СМДО's packages.
const HeaderID = "SMDO~1.0.0"

// Router is Abonent.ID of packages that the router itself sends.
const Router = "ROUTER"

// Package is a message as the REST router carries it: the twin of an envelope, who it goes from and to by the router's own
// identifiers, and the files, which are uploaded one by one under the names by which the message refers to them.
type Package struct {
	HeaderID  string
	PackageID string // as its sender knows it
	ID        string // as its receiver does
	ConfirmID string // to confirm it with
	ParentID  string // of a receipt: the package that it speaks of
	Sent      time.Time
	Received  time.Time // dateIn
	Size      int
	Ack       bool // a receipt
	From      *Abonent
	To        []Abonent

	Message *Message       // absent in packages of the router
	Text    string         // body.message: an error text of the router
	Results []zones.Result // body.ackResult: what the router says

	Attachments []PackageFile
}

// Abonent is an end of the exchange by its identifier in the router.
type Abonent struct {
	ID            string // GUID, or Router; senders leave blanks behind it
	Type          string // SMDO
	Name          string
	OrgID         string
	ApplicationID string
}

// PackageFile is an uploaded file with its signatures.
type PackageFile struct {
	ID         string
	Name       string // equal to Data/@referenceid of its DocTransfer
	Size       int
	Signatures []document.Signature
}

// DecodePackage reads a package. Errors are those of Decode. Signatures stand in the message, or beside the files, or both:
// the packet gets them all, once each.
func DecodePackage(data []byte, o Options) (*Package, error) {
	root, err := parseTwin(data, o.limits())
	if err != nil {
		return nil, malformed(err)
	}
	return decodePackage(root, o)
}

// DecodePage reads an answer of the router with several packages, and whether there are more. A package that is not
// well-formed comes without its message; its faults are in the list at its place.
func DecodePage(data []byte, o Options) (packages []*Package, faults []document.Faults, more bool, err error) {
	root, err := parseTwin(data, o.limits())
	if err != nil {
		return nil, nil, false, malformed(err)
	}
	var next bool
	markup.ReadForm(root, nil, &next, func(f *markup.Form, next *bool) {
		f.Bool("hasNext", next)
		f.IgnoreRest()
	})
	for _, e := range root.Children {
		if !strings.EqualFold(e.Name, "content") {
			continue
		}
		p, err := decodePackage(e, o)
		var wrong document.Faults
		if err != nil {
			wrong = err.(document.Faults)
		}
		packages, faults = append(packages, p), append(faults, wrong)
	}
	return packages, faults, next, nil
}

func decodePackage(root *markup.Element, o Options) (*Package, error) {
	p := new(Package)
	pass := markup.ReadForm(root, nil, p, func(f *markup.Form, p *Package) {
		describe(f, p)
		f.IgnoreRest()
	})
	faults := pass.Faults
	body := root.Child("body")
	if body == nil {
		return p, append(faults, document.NewFault(document.PacketZone, "body", "body"))
	}
	if envelope := cmp.Or(body.Child("envelop"), body.Child("envelope")); envelope != nil {
		m, err := decode(envelope, o, true)
		if p.Message = m; err != nil {
			faults = append(faults, err.(document.Faults)...)
		}
		p.join()
	} else if p.Text == "" && len(p.Results) == 0 {
		faults = append(faults, document.NewFault(document.PacketZone, "body/envelop", "envelop"))
	}
	if len(faults) > 0 {
		return p, faults
	}
	return p, nil
}

// EncodePackage writes a package.
func EncodePackage(p *Package, o Options) ([]byte, Losses) {
	e, losses := encodePackage(p, o)
	return twin(make([]byte, 0, e.Size()), e), losses
}

// EncodePage writes packages as an answer of the router: page number, the most that a page holds, and whether there are more.
func EncodePage(packages []*Package, number, size int, more bool, o Options) []byte {
	root := markup.New("page")
	next := "false"
	if more {
		next = "true"
	}
	for name, n := range map[string]int{"number": number, "size": size, "numberOfElements": len(packages)} {
		root.Attrs = append(root.Attrs, markup.Attr{Name: name, Value: strconv.Itoa(n), Number: true})
	}
	slices.SortFunc(root.Attrs, func(a, b markup.Attr) int { return strings.Compare(a.Name, b.Name) })
	root.Attrs = append(root.Attrs, markup.Attr{Name: "hasNext", Value: next, Number: true})
	for _, p := range packages {
		e, _ := encodePackage(p, o)
		e.Name, e.Many = "content", true
		root.Add(e)
	}
	if len(packages) == 0 {
		out := twin(nil, root)
		return append(out[:len(out)-1], `,"content":[]}`...)
	}
	return twin(make([]byte, 0, root.Size()), root)
}

func encodePackage(p *Package, o Options) (*markup.Element, Losses) {
	e, pass := markup.WriteForm("package", nil, p, describe)
	losses := Losses{pass.Lost, pass.Missing, pass.Made}
	body := e.Child("body")
	if body == nil {
		body = e.Add(markup.New("body"))
	}
	if p.Message != nil {
		envelope, lost := encode(p.Message, o, true)
		body.Add(envelope)
		losses = Losses{append(losses.Lost, lost.Lost...), append(losses.Missing, lost.Missing...), append(losses.Made, lost.Made...)}
	}
	return e, losses
}

// describe is the package without its envelope.
func describe(f *markup.Form, p *Package) {
	f.Attr("headerId", markup.Optional, &p.HeaderID)
	f.Attr("packageId", markup.Optional, &p.PackageID)
	f.Attr("id", markup.Optional, &p.ID)
	f.Attr("confirmId", markup.Optional, &p.ConfirmID)
	f.Attr("parentId", markup.Optional, &p.ParentID)
	f.Time("dateSent", markup.Optional, &p.Sent)
	f.Time("dateIn", markup.Optional, &p.Received)
	markup.Number(f, "size", markup.Optional, 0, &p.Size)
	f.Bool("ack", &p.Ack)
	markup.Maybe(f, "from", &p.From, abonent)
	markup.Many(f, "to", 0, markup.Unbounded, &p.To, abonent)
	markup.One(f, "body", markup.Optional, p.Text != "" || len(p.Results) > 0, p, func(f *markup.Form, p *Package) {
		f.Attr("message", markup.Optional, &p.Text)
		markup.Many(f, "ackResult", 0, markup.Unbounded, &p.Results, func(f *markup.Form, r *zones.Result) {
			markup.Number(f, "errorcode", markup.Optional, -1000, &r.Code)
			f.Content(&r.Text)
		})
		f.IgnoreRest()
	})
	markup.Many(f, "attachments", 0, markup.Unbounded, &p.Attachments, packageFile)
}

func abonent(f *markup.Form, a *Abonent) {
	f.Attr("idAbonent", markup.Optional, &a.ID)
	if f.Reading() {
		a.ID = strings.TrimSpace(a.ID)
	}
	f.Attr("typeAbonent", markup.Optional, &a.Type)
	f.Attr("name", markup.Optional, &a.Name)
	f.Attr("orgId", markup.Optional, &a.OrgID)
	f.Attr("applicationId", markup.Optional, &a.ApplicationID)
	f.IgnoreRest()
}

func packageFile(f *markup.Form, a *PackageFile) {
	f.Attr("id", markup.Optional, &a.ID)
	f.Attr("name", markup.Required, &a.Name)
	markup.Number(f, "size", markup.Optional, 0, &a.Size)
	markup.Many(f, "sign", 0, document.MaxSignatures, &a.Signatures, sign)
	f.IgnoreRest()
}

// sign is a signature beside a file. One client spells origSignatire, the samples origSignature.
func sign(f *markup.Form, s *document.Signature) {
	f.Attr("keyId", markup.Optional, &s.KeyID)
	f.Attr("signer", markup.Optional, &s.Signer)
	f.Time("signtime", markup.Optional, &s.SignedAt)
	f.Attr("operationType", markup.Optional, &s.Operation)
	f.Attr("origSignature", markup.Optional, &s.Original)
	if f.Reading() && s.Original == "" {
		f.Attr("origSignatire", markup.Optional, &s.Original)
	}
	text := base64.StdEncoding.EncodeToString(s.CMS)
	if f.Reading() {
		text = ""
	}
	f.Attr("data", markup.Required, &text)
	if f.Reading() {
		cms, ok := zones.Base64(text)
		if !ok && text != "" { // absent is a fault of its own
			f.Fault(document.SignatureMalformed, "data")
		}
		s.CMS = cms
		f.IgnoreRest()
	}
}

// DecodeSignatures reads the body of a call that signs a file: an array of signatures.
func DecodeSignatures(data []byte, l markup.Limits) ([]document.Signature, error) {
	root, err := parseTwin(append(append([]byte(`{"sign":`), data...), '}'), l)
	if err != nil {
		return nil, malformed(err)
	}
	var list []document.Signature
	pass := markup.ReadForm(root, nil, &list, func(f *markup.Form, list *[]document.Signature) {
		markup.Many(f, "sign", 0, document.MaxSignatures, list, sign)
	})
	if len(pass.Faults) > 0 {
		return nil, pass.Faults
	}
	return list, nil
}

// join brings what stands beside the files into the packet: sizes, and signatures that the message does not repeat.
func (p *Package) join() {
	if p.Message == nil || p.Message.Packet == nil {
		return
	}
	byName := make(map[string]*PackageFile, len(p.Attachments))
	for i := range p.Attachments {
		byName[p.Attachments[i].Name] = &p.Attachments[i]
	}
	for _, a := range p.Message.Packet.Files {
		file := byName[a.ReferenceID]
		if file == nil || a.ReferenceID == "" {
			continue
		}
		if a.Inline == nil {
			a.Size = int64(file.Size)
		}
		for _, s := range file.Signatures {
			if !slices.ContainsFunc(a.Signatures, func(have document.Signature) bool { return bytes.Equal(have.CMS, s.CMS) }) {
				a.Signatures = append(a.Signatures, s)
			}
		}
	}
}
