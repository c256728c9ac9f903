package adapters

import (
	"slices"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Names lets participants, who are codes in the hub, appear as persons in messages, and the other way. Two participants of
// one name cannot be told apart: then nobody is meant, and admission says so.
func Names(book *contours.Book) zones.Names {
	return zones.Names{
		Person: func(c document.ContourCode, code document.ParticipantCode) *document.Person {
			if p := book.Participant(c, code); p != nil {
				return &document.Person{Name: p.Name}
			}
			return nil
		},
		Code: func(c document.ContourCode, person *document.Person) document.ParticipantCode {
			return called(book, c, person)
		},
	}
}

func called(book *contours.Book, c document.ContourCode, person *document.Person) (code document.ParticipantCode) {
	contour := book.Contour(c)
	if contour == nil {
		return ""
	}
	name := zones.Called(person)
	for i := range contour.Participants {
		p := &contour.Participants[i]
		if name == "" || zones.Called(&document.Person{Name: p.Name}) != name {
			continue
		}
		if code != "" {
			return ""
		}
		code = p.Code
	}
	return code
}

// Author is the participant who signed the document for the sender's organisation; empty when none of them is known: then
// the contour sends on behalf of whom its rules name.
func Author(book *contours.Book, sender document.ContourCode, d *document.Document) document.ParticipantCode {
	for i := range d.Authors {
		o := d.Authors[i].Party.Organization
		for j := 0; o != nil && j < len(o.Officials); j++ {
			if code := called(book, sender, &o.Officials[j]); code != "" && book.Can(sender, code, contours.MaySend) {
				return code
			}
		}
	}
	return ""
}

// ProductID and Product name the hub where it stands in for the system of a contour that it hosts: an identifier of its own in
// place of one that the operator of the national system issues.
const (
	ProductID = "6c8f6f4e-2f3c-4f6e-9a57-0d1b4b1c9a01"
	Product   = "smdo-hub"
)

// System is a contour's system as it names itself, with what the format demands where it does not.
func System(book *contours.Book, c document.ContourCode, s document.System) document.System {
	if s.Name == "" {
		s.Name = Organisation(book, c)
	}
	if s.SysID == "" {
		s.SysID = ProductID
	}
	if s.System == "" {
		s.System = Product
	}
	if s.Details == "" {
		s.Details = "1"
	}
	return s
}

// Named is a copy of a packet in which both ends are called by name, as formats demand.
func Named(book *contours.Book, p *document.Packet) *document.Packet {
	named := *p
	named.From = System(book, p.ID.Sender, p.From)
	named.To = slices.Clone(p.To)
	for i := range named.To {
		if to := &named.To[i]; to.System.Name == "" {
			to.System.Name = Organisation(book, to.Contour)
		}
	}
	return &named
}

// Organisation is the name of the organisation that a contour belongs to, or the code of a contour that nobody knows.
func Organisation(book *contours.Book, c document.ContourCode) string {
	contour := book.Contour(c)
	if contour == nil {
		return string(c)
	}
	if o := book.Organisation(contour.Organisation); o != nil {
		return o.Name.Text(document.Russian)
	}
	return contour.Title.Text(document.Russian)
}
