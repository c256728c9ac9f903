package medo

import (
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Types of signatures (documentSignature/@type).
const (
	Approving = "Утверждающая" // when nothing is said
	Agreeing  = "Визирующая"
)

// authors describes the authors with what each registered and signed; the first is the sender.
func (c *codec) authors(f *markup.Form, d *document.Document) {
	var list []document.Author
	if !f.Reading() {
		list = c.authorsOf(d)
		if len(d.Files) > 0 {
			c.signatures = d.Files[0].Signatures
		}
	}
	i := 0
	markup.Many(f, "author", 1, markup.Unbounded, &list, func(f *markup.Form, a *document.Author) {
		c.author(f, a, i)
		i++
	})
	if f.Reading() {
		if d.Authors = list; len(list) > 0 {
			d.Number = list[0].OutNumber
		}
	}
	c.rest(f)
}

// authorsOf are the authors to be written: somebody must have registered the document.
func (c *codec) authorsOf(d *document.Document) []document.Author {
	list := slices.Clone(d.Authors)
	if len(list) == 0 {
		s := c.Options.source(c.packet.ID.Sender, c.packet.From)
		list = []document.Author{{Party: document.Party{Organization: &document.Organization{Text: s.Organization}}}}
	}
	if d.Number != (document.RegNumber{}) {
		list[0].OutNumber = d.Number
	}
	return list
}

func (c *codec) author(f *markup.Form, a *document.Author, i int) {
	var o document.Organization
	switch {
	case a.Party.Organization != nil:
		o = *a.Party.Organization
	case a.Party.Person != nil:
		o.Officials = []document.Person{*a.Party.Person}
	}
	markup.One(f, "organization", markup.Required, true, &o, c.organization)
	f.Keep("department")
	markup.One(f, "registration", markup.Required, true, &a.OutNumber, func(f *markup.Form, n *document.RegNumber) {
		c.regNumberBody(f, n)
		c.stamp(f, "registrationStamp", RoleRegistrationStamp, i, -1)
		c.rest(f)
	})
	s := 0
	markup.Many(f, "sign", 1, markup.Unbounded, &o.Officials, func(f *markup.Form, p *document.Person) {
		c.sign(f, p, i, s)
		s++
	})
	if f.Reading() {
		a.Party.Organization = &o
	}
	if i == 0 {
		c.preparer(f, &c.packet.Document.Writer)
	} else {
		f.Keep("executor")
	}
	c.rest(f)
}

// sign describes one signature of the document: whose it is, and its file.
func (c *codec) sign(f *markup.Form, p *document.Person, author, nth int) {
	markup.One(f, "person", markup.Required, true, p, func(f *markup.Form, p *document.Person) { c.person(f, p, markup.Required) })
	index := count(c.parts, RoleSignature)
	var s document.Signature
	if !f.Reading() {
		if len(c.signatures) == 0 {
			f.Missing = append(f.Missing, f.Path("documentSignature"))
			return
		}
		s, c.signatures = c.signatures[0], c.signatures[1:]
	}
	markup.One(f, "documentSignature", markup.Required, true, &s, func(f *markup.Form, s *document.Signature) {
		local := ""
		if !f.Reading() {
			local = c.names.of(f.Path("@localName"), "document", ".p7s")
		}
		c.localName(f, &local, false, Part{"", RoleSignature, 0, index})
		c.hold(f, "@localName", local)
		c.signatureType(f, &s.Operation)
		c.stamp(f, "signatureStamp", RoleSignatureStamp, author, nth)
		c.rest(f)
	})
	if f.Reading() {
		s.Signer = p.Name
		c.signatures = append(c.signatures, s)
	}
	c.rest(f)
}

// signatureType writes only what the schema knows.
func (c *codec) signatureType(f *markup.Form, v *string) {
	if !f.Reading() && *v != Approving && *v != Agreeing {
		return
	}
	c.attr(f, "type", markup.Optional, v)
	if f.Reading() && *v != "" && *v != Approving && *v != Agreeing {
		f.Fault(document.FormatAttributeType, "@type", "type")
	}
}
