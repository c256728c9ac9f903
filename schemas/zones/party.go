package zones

import (
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// organization describes OrganizationOnly, Organization and OrganizationWithSign, which differ in the officials.
func (c *Codec) organization(official string) func(*markup.Form, *document.Organization) {
	return func(f *markup.Form, o *document.Organization) {
		f.Attr("organization_string", markup.Required, &o.Text)
		f.Attr("fullname", markup.Optional, &o.FullName)
		f.Attr("shortname", markup.Optional, &o.ShortName)
		f.Attr("ownership", markup.Optional, &o.Ownership)
		c.reach(f, &o.Address, &o.Contacts)
		if official == "" {
			f.Drop("officials", len(o.Officials) > 0)
			return
		}
		markup.Many(f, official, 0, markup.Unbounded, &o.Officials, c.person(official == "OfficialPersonWithSign", true))
	}
}

// Organization describes Organization, of receivers, executors and writers.
func (c *Codec) Organization(f *markup.Form, o *document.Organization) {
	c.organization("OfficialPerson")(f, o)
}

// PrivatePerson describes PrivatePerson.
func (c *Codec) PrivatePerson(f *markup.Form, p *document.Person) { c.person(false, false)(f, p) }

// person describes OfficialPerson and PrivatePerson, with and without a day of signing.
func (c *Codec) person(signs, official bool) func(*markup.Form, *document.Person) {
	return func(f *markup.Form, p *document.Person) {
		markup.One(f, "Name", markup.Required, true, p, func(f *markup.Form, p *document.Person) {
			f.Attr("secname", markup.Optional, &p.LastName)
			f.Attr("firstname", markup.Optional, &p.FirstName)
			f.Attr("fathersname", markup.Optional, &p.FathersName)
			f.Content(&p.Name)
		})
		if official {
			markup.Many(f, "Official", 0, markup.Unbounded, &p.Posts, post)
		} else {
			f.Drop("posts", len(p.Posts) > 0)
		}
		f.Texts("Rank", &p.Ranks)
		c.reach(f, &p.Address, &p.Contacts)
		if !signs {
			f.Drop("sign_date", !p.SignDate.IsZero())
			return
		}
		markup.One(f, "SignDate", markup.Optional, !p.SignDate.IsZero(), &p.SignDate, func(f *markup.Form, d *document.Date) { f.ContentDate(d) })
	}
}

func post(f *markup.Form, p *document.Post) {
	f.Attr("department", markup.Optional, &p.Department)
	f.Attr("post", markup.Optional, &p.Post)
	f.Attr("separator", markup.Optional, &p.Separator)
	f.Content(&p.Text)
}

func (c *Codec) reach(f *markup.Form, a **document.Address, contacts *[]document.Contact) {
	markup.Maybe(f, "Address", a, c.address)
	markup.Many(f, "Econtact", 0, markup.Unbounded, contacts, contact)
}

func contact(f *markup.Form, x *document.Contact) {
	markup.Choice(f, "type", markup.Optional, &x.Type, 0, 1, 2, 3, 4, 5, 6)
	f.Content(&x.Text)
}

// postcode is the attribute as the schemas of ГОСТ Р 53898 and of SDIP spell it: with a Cyrillic «с».
const postcode = "postсode"

func (c *Codec) address(f *markup.Form, a *document.Address) {
	f.Attr("street", markup.Optional, &a.Street)
	f.Attr("house", markup.Optional, &a.House)
	f.Attr("building", markup.Optional, &a.Building)
	f.Attr("flat", markup.Optional, &a.Flat)
	f.Attr("settlement", markup.Optional, &a.Settlement)
	f.Attr("district", markup.Optional, &a.District)
	f.Attr("region", markup.Optional, &a.Region)
	f.Attr("country", markup.Optional, &a.Country)
	switch {
	case f.Reading():
		f.Attr(postcode, markup.Optional, &a.PostCode)
		f.Attr("postcode", markup.Optional, &a.PostCode)
	case c.JSON:
		f.Attr("postcode", markup.Optional, &a.PostCode)
	default:
		f.Attr(postcode, markup.Optional, &a.PostCode)
	}
	f.Attr("postbox", markup.Optional, &a.PostBox)
	f.Attr("nontypical", markup.Optional, &a.NonTypical)
	f.Content(&a.Text)
}

// withSign describes an organisation or a private person that signs: exactly one of the two.
func (c *Codec) withSign(f *markup.Form, p *document.Party) {
	markup.Maybe(f, "OrganizationWithSign", &p.Organization, c.organization("OfficialPersonWithSign"))
	markup.Maybe(f, "PrivatePersonWithSign", &p.Person, c.person(true, false))
}

// oneOf notes a choice of which nothing, or more than one, was taken.
func oneOf(f *markup.Form, name string, taken ...bool) {
	n := 0
	for _, t := range taken {
		if t {
			n++
		}
	}
	switch {
	case n == 1:
	case f.Reading():
		f.Fault(document.FormatCount, name, name, strconv.Itoa(n), "1")
	default:
		f.Missing = append(f.Missing, f.Path(name))
	}
}

func (c *Codec) author(f *markup.Form, a *document.Author) {
	c.withSign(f, &a.Party)
	markup.One(f, "OutNumber", markup.Optional, a.OutNumber != (document.RegNumber{}), &a.OutNumber, func(f *markup.Form, n *document.RegNumber) {
		markup.One(f, "RegNumber", markup.Required, true, n, RegNumber)
	})
	oneOf(f, "OrganizationWithSign", a.Party.Organization != nil, a.Party.Person != nil)
}

func (c *Codec) validator(f *markup.Form, v *document.Validator) {
	f.Attr("attestation", markup.Required, &v.Attestation)
	c.withSign(f, &v.Party)
	markup.Maybe(f, "DocNumber", &v.Number, c.docNumber)
	oneOf(f, "OrganizationWithSign", v.Party.Organization != nil, v.Party.Person != nil, v.Number != nil)
}

func (c *Codec) writer(f *markup.Form, p *document.Party) {
	markup.Maybe(f, "Organization", &p.Organization, c.Organization)
	markup.Maybe(f, "PrivatePerson", &p.Person, c.PrivatePerson)
	oneOf(f, "Organization", p.Organization != nil, p.Person != nil)
}
