package medo

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// document describes the document of versions until 2.6, in the order of the schema.
func (c *codec) document(f *markup.Form, d *document.Document) {
	c.uid(f, markup.Required, &d.ID)
	f.Keep("mjregistration") // of a practitioner's schema, like urgency
	c.text(f, "kind", markup.Required, maxString, &d.Kind)
	c.regNumber(f, "num", markup.Required, &d.Number)
	c.classification(f, &d.Confidential)
	c.keepAll(f, "insteadOfDistributed", "urgency")
	c.signatories(f, d)
	c.addressees(f)
	c.number(f, "pages", &d.Sheets)
	f.Keep("enclosuresPages")
	c.annotation(f, d)
	c.keepAll(f, "enclosures", "correspondents")
	c.links(f, d)
	f.Keep("clauses")
	c.executor(f, &d.Writer)
	f.Keep("comment")
	f.KeepRest()
}

// annotation stands for the title as well: МЭДО has only one of the two.
func (c *codec) annotation(f *markup.Form, d *document.Document) {
	text := d.Annotation
	if text == "" {
		text = d.Title
	}
	c.text(f, "annotation", markup.Required, maxShort, &text)
	if f.Reading() {
		d.Annotation, d.Title = text, text
	}
}

// Access marks as МЭДО writes them (2.7.1: DC00000000 and DC00000001).
const (
	openMark       = "Обычная информация"
	restrictedMark = "Информация ограниченного распространения"
	openID         = "DC00000000"
	restrictedID   = "DC00000001"
)

// restricted reads an access mark.
func restricted(id, text string) bool {
	text = strings.ToLower(text)
	return id == restrictedID || strings.Contains(text, "ограничен") || strings.Contains(text, "служебн") || text == "дсп"
}

// classification never lets a mark of restriction get lost: a text that does not say it is replaced.
func (c *codec) classification(f *markup.Form, v *document.Confidential) {
	text, id := v.Text, ""
	if !f.Reading() {
		id = c.classificationID(v)
		switch {
		case v.Restricted && !restricted("", text):
			text = restrictedMark
		case text == "" && id == openID:
			text = openMark
		}
	}
	if !f.Reading() && text == "" {
		return
	}
	markup.One(f, "classification", markup.Optional, true, &text, func(f *markup.Form, s *string) {
		c.attr(f, "id", markup.Optional, &id)
		c.hold(f, "@id", id)
		f.Content(s)
	})
	if f.Reading() {
		*v = document.Confidential{Restricted: restricted(id, text), Text: text}
	}
}

// classificationID is the id that was read, unless it contradicts the mark; in 2.7.1 one of the two that are known.
func (c *codec) classificationID(v *document.Confidential) string {
	if id := c.kept["requisites/classification/@id"]; id != "" && (id == restrictedID) == v.Restricted {
		return id
	}
	switch {
	case c.version != V271 || !v.Restricted && v.Text == "":
		return ""
	case v.Restricted:
		return restrictedID
	}
	return openID
}

// signatories are the authors, one entry for each of their officials.
func (c *codec) signatories(f *markup.Form, d *document.Document) {
	var list []Party
	for i := range d.Authors {
		a := &d.Authors[i]
		list = append(list, parties(a.Party.Organization, a.Party.Person, a.OutNumber)...)
	}
	c.parties(f, "signatories", "signatory", &list)
	if f.Reading() {
		for _, g := range groups(list) {
			d.Authors = append(d.Authors, document.Author{Party: g.party, OutNumber: g.number})
		}
	}
}

// addressees are the receivers, as the document names them.
func (c *codec) addressees(f *markup.Form) {
	p := c.packet
	var list []Party
	for i := range p.To {
		r := &p.To[i]
		o := r.Organization
		if o == nil && r.Person == nil && c.version != V271 {
			o = &document.Organization{Text: c.Options.source(r.Contour, r.System).Organization}
		}
		list = append(list, parties(o, r.Person, document.RegNumber{})...)
	}
	c.parties(f, "addressees", "addressee", &list)
	if f.Reading() {
		for _, g := range groups(list) {
			p.To = append(p.To, document.Receiver{Organization: g.party.Organization, Person: g.party.Person})
		}
	}
}

func (c *codec) parties(f *markup.Form, name, each string, list *[]Party) {
	if !f.Reading() && len(*list) == 0 {
		return
	}
	markup.One(f, name, markup.Optional, true, list, func(f *markup.Form, list *[]Party) {
		markup.Many(f, each, 0, markup.Unbounded, list, c.party)
		f.KeepRest()
	})
}

// executor is who prepared the document: the writer.
func (c *codec) executor(f *markup.Form, w **document.Party) {
	var list []Party
	if *w != nil {
		list = parties((*w).Organization, (*w).Person, document.RegNumber{})
	}
	if len(list) > 1 {
		list = list[:1]
	}
	markup.Many(f, "executor", 0, 1, &list, func(f *markup.Form, p *Party) { c.party(f, p) })
	if g := groups(list); f.Reading() && len(g) > 0 {
		*w = &g[0].party
	}
}

// answering is the link's type that tells what a document answers.
const answering = "В ответ на"

// link is a connection of one document with another.
type link struct {
	kind   string
	id     string
	number document.RegNumber
}

// linksOf are the links of a document: first what it answers.
func linksOf(d *document.Document) (list []link) {
	if p := d.Parent; p != nil {
		list = append(list, link{answering, p.DocumentID, p.Number})
	}
	for _, r := range d.Referred {
		list = append(list, link{"", r.ID, r.Number})
	}
	return list
}

func takeLinks(d *document.Document, list []link) {
	for i, l := range list {
		if l.kind == answering && i == 0 {
			d.Parent = &document.Parent{DocumentID: l.id, Number: l.number}
			continue
		}
		d.Referred = append(d.Referred, document.Reference{ID: l.id, Number: l.number})
	}
}

// links describes the links of versions until 2.6. A link that is no answer keeps its type as it is.
func (c *codec) links(f *markup.Form, d *document.Document) {
	list := linksOf(d)
	if f.Reading() || len(list) > 0 {
		markup.One(f, "links", markup.Optional, true, &list, func(f *markup.Form, list *[]link) {
			markup.Many(f, "link", 1, markup.Unbounded, list, c.link)
			f.KeepRest()
		})
	}
	if f.Reading() {
		takeLinks(d, list)
		if d.Parent != nil {
			c.packet.Kind = document.Answer
		}
	}
}

func (c *codec) link(f *markup.Form, l *link) {
	if e := f.Element().Child("linkType"); l.kind == answering || f.Reading() && e != nil && strings.TrimSpace(e.Text) == answering {
		c.text(f, "linkType", markup.Required, maxString, &l.kind)
	} else {
		f.Keep("linkType")
	}
	markup.One(f, "document", markup.Optional, true, l, func(f *markup.Form, l *link) {
		c.reference(f, l)
		f.KeepRest()
	})
	f.Keep("reference")
	f.KeepRest()
}

// reference describes how one document names another: by its number, and by its identifier where that is known.
func (c *codec) reference(f *markup.Form, l *link) {
	c.uid(f, markup.Optional, &l.id)
	c.keepAll(f, "region", "organization", "person", "department", "post", "contactInfo", "signed")
	c.regNumber(f, "num", markup.Optional, &l.number)
}
