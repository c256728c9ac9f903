package medo

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Party is who is named on a document or in a notification: an organisation, an official of it, or a person (addressee,
// signatory, correspondent, executor and so on, which differ in what they may leave out).
type Party struct {
	Organization string
	Person       string
	Department   string
	Post         string
	Contact      string
	Signed       document.Date
	Number       document.RegNumber
}

// party describes all of them. Region, comment and the ids of values are kept as they are.
func (c *codec) party(f *markup.Form, p *Party) {
	f.Keep("region")
	c.text(f, "organization", markup.Optional, maxString, &p.Organization)
	c.text(f, "person", markup.Optional, maxString, &p.Person)
	c.text(f, "department", markup.Optional, maxString, &p.Department)
	c.text(f, "post", markup.Optional, maxString, &p.Post)
	c.text(f, "contactInfo", markup.Optional, maxString, &p.Contact)
	c.date(f, "signed", markup.Optional, &p.Signed)
	c.regNumber(f, "num", markup.Optional, &p.Number)
	f.Keep("comment")
	f.KeepRest()
}

// group is an organisation with its officials, or a person alone, made of parties that follow each other.
type group struct {
	party  document.Party
	number document.RegNumber
}

// official says whether the party names more than an organisation.
func (p *Party) official() bool {
	return p.Person != "" || p.Department != "" || p.Post != "" || p.Contact != "" || !p.Signed.IsZero()
}

func (p *Party) person() document.Person {
	person := document.Person{Name: p.Person, SignDate: p.Signed}
	if p.Department != "" || p.Post != "" {
		person.Posts = []document.Post{{Department: p.Department, Post: p.Post}}
	}
	if p.Contact != "" {
		person.Contacts = []document.Contact{{Text: p.Contact}}
	}
	return person
}

// groups puts officials of one organisation together.
func groups(list []Party) (all []group) {
	for i := range list {
		p := &list[i]
		if p.Organization == "" {
			person := p.person()
			all = append(all, group{document.Party{Person: &person}, p.Number})
			continue
		}
		if last := len(all) - 1; i > 0 && p.official() && list[i-1].official() && list[i-1].Organization == p.Organization && all[last].number == p.Number {
			o := all[last].party.Organization
			o.Officials = append(o.Officials, p.person())
			continue
		}
		o := &document.Organization{Text: p.Organization}
		if p.official() {
			o.Officials = []document.Person{p.person()}
		}
		all = append(all, group{document.Party{Organization: o}, p.Number})
	}
	return all
}

// parties is the way back: one for each official, or one for the organisation alone.
func parties(o *document.Organization, person *document.Person, n document.RegNumber) (list []Party) {
	title := nameOf(o)
	switch {
	case o != nil && len(o.Officials) > 0:
		for i := range o.Officials {
			list = append(list, partyOf(title, &o.Officials[i], n))
		}
	case o != nil:
		list = append(list, Party{Organization: title, Number: n})
	case person != nil:
		list = append(list, partyOf("", person, n))
	}
	return list
}

func partyOf(organization string, p *document.Person, n document.RegNumber) Party {
	party := Party{Organization: organization, Person: personName(p), Signed: p.SignDate, Number: n}
	if len(p.Posts) > 0 {
		party.Department, party.Post = p.Posts[0].Department, postName(&p.Posts[0])
	}
	var contacts []string
	for i := range p.Contacts {
		contacts = append(contacts, p.Contacts[i].Text)
	}
	party.Contact = strings.Join(contacts, "; ")
	return party
}

func nameOf(o *document.Organization) string {
	switch {
	case o == nil:
		return ""
	case o.Text != "":
		return o.Text
	case o.FullName != "":
		return o.FullName
	}
	return o.ShortName
}

func personName(p *document.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return strings.Join(strings.Fields(p.LastName+" "+p.FirstName+" "+p.FathersName), " ")
}

func postName(p *document.Post) string {
	if p.Post != "" {
		return p.Post
	}
	return p.Text
}
