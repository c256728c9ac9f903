package medo

import (
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// container describes the root, in the order of the schema.
func (c *codec) container(f *markup.Form, p *Passport) {
	d := p.Packet.Document
	c.uid(f, markup.Required, &d.ID)
	_, _, version := p.Version.passport()
	c.attr(f, "version", markup.Required, &version)
	markup.One(f, "requisites", markup.Required, true, d, c.requisites)
	markup.One(f, "authors", markup.Required, true, d, c.authors)
	markup.One(f, "addressees", markup.Required, true, p.Packet, c.receivers)
	c.text0(f, d)
	c.attachments(f, d)
	f.Keep("containerSignature")
	c.part(f, "containerSignature", RoleContainerSignature)
	c.rest(f)
}

// rest keeps what may stand beside the elements that are known: the schema of 2.7 is published and closed, that of 2.7.1
// is not.
func (c *codec) rest(f *markup.Form) {
	if c.version == V271 {
		f.KeepRest()
	}
}

// part notes the file of an element that is kept as it is.
func (c *codec) part(f *markup.Form, name string, role Role) {
	e := f.Element().Child(name)
	if e == nil {
		return
	}
	local, _ := e.Attr("localName")
	if !fits(local, false) && f.Reading() {
		f.Fault(document.FormatAttributeType, name+"/@localName", "localName")
	}
	c.parts = append(c.parts, Part{local, role, -1, -1})
}

// localName is the attribute with the name of a file.
func (c *codec) localName(f *markup.Form, name *string, pdf bool, part Part) {
	c.attr(f, "localName", markup.Required, name)
	if f.Reading() && *name != "" && !fits(*name, pdf) {
		f.Fault(document.FormatAttributeType, "@localName", "localName")
	}
	part.Name = *name
	c.parts = append(c.parts, part)
}

func (c *codec) requisites(f *markup.Form, d *document.Document) {
	c.coded(f, "documentKind", markup.Required, &d.Kind)
	f.Keep("documentPlace")
	c.classification(f, &d.Confidential)
	c.annotation(f, d)
	list := linksOf(d)
	for i := range list {
		list[i].kind = ""
	}
	if f.Reading() || len(list) > 0 {
		markup.One(f, "links", markup.Optional, true, &list, func(f *markup.Form, list *[]link) {
			markup.Many(f, "link", 1, markup.Unbounded, list, c.linked)
		})
	}
	if f.Reading() {
		takeLinks(d, list)
	}
	c.rest(f)
}

// coded is a text with an id of a directory, which 2.7.1 demands.
func (c *codec) coded(f *markup.Form, name string, need markup.Need, v *string) {
	c.text(f, name, need, maxString, v)
	e := f.Element().Child(name)
	if f.Reading() || e == nil || c.version != V271 || c.kept[f.Path(name+"/@id")] != "" {
		return
	}
	id := ""
	if c.Code != nil {
		id = c.Code(name, *v)
	}
	if id == "" {
		f.Missing = append(f.Missing, f.Path(name+"/@id"))
		return
	}
	e.Set("id", id)
}

// linked describes a link of a passport. Its organisation is kept, the vocabulary has none.
func (c *codec) linked(f *markup.Form, l *link) {
	c.uid(f, markup.Optional, &l.id)
	if f.Keep("organization"); !f.Reading() && f.Element().Child("organization") == nil {
		f.Missing = append(f.Missing, f.Path("organization"))
	}
	f.Keep("department")
	c.regNumber(f, "registration", markup.Required, &l.number)
	f.Keep("signer")
	c.rest(f)
}

// receivers describes addressees.
func (c *codec) receivers(f *markup.Form, p *document.Packet) {
	var list []document.Receiver
	for i := range p.To {
		r := p.To[i]
		if r.Organization == nil && r.Person == nil && c.version == V271 && IsGUID(c.Options.source(r.Contour, r.System).UID) {
			continue // the deliveryIndex of the message names it
		}
		list = append(list, r)
	}
	markup.Many(f, "addressee", 1, markup.Unbounded, &list, c.receiver)
	if f.Reading() {
		p.To = list
	}
	c.rest(f)
}

func (c *codec) receiver(f *markup.Form, r *document.Receiver) {
	var o document.Organization
	switch {
	case r.Organization != nil:
		o = *r.Organization
	case r.Person != nil:
		o.Officials = []document.Person{*r.Person}
	case !f.Reading():
		o.Text = c.Options.source(r.Contour, r.System).Organization
	}
	markup.One(f, "organization", markup.Required, true, &o, c.organization)
	f.Keep("department")
	markup.Many(f, "person", 0, markup.Unbounded, &o.Officials, func(f *markup.Form, p *document.Person) { c.person(f, p, markup.Optional) })
	if f.Reading() {
		r.Organization = &o
	}
	c.rest(f)
}

// text0 describes the document's own file, which must be a PDF.
func (c *codec) text0(f *markup.Form, d *document.Document) {
	var a document.Attachment
	name, description := "", ""
	if !f.Reading() {
		if len(d.Files) == 0 || !isPDF(&d.Files[0]) {
			f.Missing = append(f.Missing, f.Path("document/@localName"))
		}
		if len(d.Files) > 0 {
			a, name = d.Files[0], c.names.files[0]
			description = described(&a, name)
		}
	}
	markup.One(f, "document", markup.Required, true, d, func(f *markup.Form, d *document.Document) {
		c.localName(f, &name, true, Part{"", RoleDocument, 0, -1})
		c.number(f, "pagesQuantity", &d.Sheets)
		f.Keep("enclosurePagesQuantity")
		c.text(f, "description", markup.Optional, maxShort, &description)
		c.rest(f)
	})
	if f.Reading() {
		original(&a, name, description)
		a.Signatures = c.signatures
		d.Files = []document.Attachment{a}
	}
}

// attachments describes the other files.
func (c *codec) attachments(f *markup.Form, d *document.Document) {
	var list []document.Attachment
	if !f.Reading() {
		if len(d.Files) < 2 {
			return
		}
		list = d.Files[1:]
	}
	markup.One(f, "attachments", markup.Optional, true, &list, func(f *markup.Form, list *[]document.Attachment) {
		i := 0
		markup.Many(f, "attachment", 1, document.MaxFiles, list, func(f *markup.Form, a *document.Attachment) {
			i++
			c.attachment(f, a, i)
		})
		c.rest(f)
	})
	if f.Reading() {
		d.Files = append(d.Files, list...)
	}
}

func (c *codec) attachment(f *markup.Form, a *document.Attachment, i int) {
	name, description := "", ""
	if !f.Reading() {
		name = c.names.files[i]
		description = described(a, name)
	}
	c.localName(f, &name, false, Part{"", RoleAttachment, i, -1})
	order := strconv.Itoa(a.Order)
	c.leaf(f, "order", markup.Required, &order, func(s string) bool {
		n, err := strconv.Atoi(s)
		a.Order = n
		return err == nil && n >= 0
	})
	c.text(f, "description", markup.Optional, maxShort, &description)
	s := 0
	markup.Many(f, "signature", 0, document.MaxSignatures, &a.Signatures, func(f *markup.Form, _ *document.Signature) {
		local := ""
		if !f.Reading() {
			local = c.names.of(f.Path("@localName"), stem(name), ".p7s")
		}
		c.localName(f, &local, false, Part{"", RoleAttachmentSignature, i, s})
		c.hold(f, "@localName", local)
		s++
		c.rest(f)
	})
	if f.Reading() {
		original(a, name, description)
	}
	c.rest(f)
}
