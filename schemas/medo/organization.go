package medo

import (
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// organization describes an organisation with the means to reach it.
func (c *codec) organization(f *markup.Form, o *document.Organization) {
	title := nameOf(o)
	c.text(f, "title", markup.Required, maxString, &title)
	address := ""
	if o.Address != nil {
		address = o.Address.Text
	}
	c.text(f, "address", markup.Optional, maxString, &address)
	c.contacts(f, &o.Contacts, means{"phone", 1}, means{"email", 5}, means{"website", 6})
	if f.Reading() {
		o.Text = title
		if address != "" {
			o.Address = &document.Address{Text: address}
		}
	}
	c.rest(f)
}

// person describes a person; signers must be named with their post.
func (c *codec) person(f *markup.Form, p *document.Person, need markup.Need) {
	post, name := "", personName(p)
	if len(p.Posts) > 0 {
		post = postName(&p.Posts[0])
	}
	c.text(f, "post", need, maxString, &post)
	c.text(f, "name", need, maxString, &name)
	c.contacts(f, &p.Contacts, means{"phone", 1}, means{"email", 5})
	if f.Reading() {
		if p.Name = name; post != "" {
			p.Posts = []document.Post{{Post: post}}
		}
	}
	c.rest(f)
}

// means is an element for a contact of a type.
type means struct {
	name string
	kind int
}

// contacts writes the first contact of each type.
func (c *codec) contacts(f *markup.Form, list *[]document.Contact, all ...means) {
	for _, m := range all {
		text := ""
		if i := slices.IndexFunc(*list, func(x document.Contact) bool { return x.Type == m.kind }); i >= 0 && !f.Reading() {
			text = (*list)[i].Text
		}
		c.text(f, m.name, markup.Optional, maxString, &text)
		if f.Reading() && text != "" {
			*list = append(*list, document.Contact{Type: m.kind, Text: text})
		}
	}
}

// preparer is who prepared the document, the executor of its first author: the writer.
func (c *codec) preparer(f *markup.Form, w **document.Party) {
	var list []document.Person
	switch {
	case *w == nil:
	case (*w).Person != nil:
		list = []document.Person{*(*w).Person}
	case (*w).Organization != nil && len((*w).Organization.Officials) > 0:
		list = (*w).Organization.Officials[:1]
	}
	markup.Many(f, "executor", 0, 1, &list, func(f *markup.Form, p *document.Person) {
		c.person(f, p, markup.Optional)
		for name, says := range map[string]bool{"name": f.Element().Child("name") != nil, "phone": f.Element().Child("phone") != nil} {
			switch {
			case says:
			case f.Reading():
				f.Fault(document.FormatCount, name, name, "0", "1")
			default:
				f.Missing = append(f.Missing, f.Path(name))
			}
		}
	})
	if f.Reading() && len(list) > 0 {
		*w = &document.Party{Person: &list[0]}
	}
}
