package wire

import "github.com/smdo-hub/smdo-hub/schemas/document"

func party(c *coder, p *document.Party) {
	maybe(c, 1, &p.Organization, organization)
	maybe(c, 2, &p.Person, person)
}

func organization(c *coder, o *document.Organization) {
	text(c, 1, &o.Text)
	text(c, 2, &o.FullName)
	text(c, 3, &o.ShortName)
	text(c, 4, &o.Ownership)
	maybe(c, 5, &o.Address, address)
	many(c, 6, &o.Contacts, maxList, contact)
	many(c, 7, &o.Officials, maxList, person)
}

func person(c *coder, p *document.Person) {
	text(c, 1, &p.Name)
	text(c, 2, &p.LastName)
	text(c, 3, &p.FirstName)
	text(c, 4, &p.FathersName)
	many(c, 5, &p.Posts, maxList, post)
	texts(c, 6, &p.Ranks)
	maybe(c, 7, &p.Address, address)
	many(c, 8, &p.Contacts, maxList, contact)
	day(c, 9, &p.SignDate)
}

func post(c *coder, p *document.Post) {
	text(c, 1, &p.Text)
	text(c, 2, &p.Department)
	text(c, 3, &p.Post)
	text(c, 4, &p.Separator)
}

func contact(c *coder, o *document.Contact) {
	integer(c, 1, &o.Type)
	text(c, 2, &o.Text)
}

func address(c *coder, a *document.Address) {
	text(c, 1, &a.Text)
	text(c, 2, &a.Street)
	text(c, 3, &a.House)
	text(c, 4, &a.Building)
	text(c, 5, &a.Flat)
	text(c, 6, &a.Settlement)
	text(c, 7, &a.District)
	text(c, 8, &a.Region)
	text(c, 9, &a.Country)
	text(c, 10, &a.PostCode)
	text(c, 11, &a.PostBox)
	text(c, 12, &a.NonTypical)
}
