package smdo

import (
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// names lets participants, who are codes in the hub, appear as persons in messages, and the other way. Two participants of
// one name cannot be told apart: then nobody is meant, and admission says so.
func names(book *contours.Book) zones.Names {
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

// author is the participant who signed the document for the sender's organisation; empty when none of them is known: then
// the contour sends on behalf of whom its rules name.
func author(book *contours.Book, sender document.ContourCode, d *document.Document) document.ParticipantCode {
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

// product names the hub where it stands in for the system of a contour that it hosts: an identifier of its own in place of
// one that the operator of the national system issues.
const (
	productID = "6c8f6f4e-2f3c-4f6e-9a57-0d1b4b1c9a01"
	product   = "smdo-hub"
)

// system is a contour's system as it names itself, with what the format demands where it does not.
func system(book *contours.Book, c document.ContourCode, s document.System) document.System {
	if s.Name == "" {
		s.Name = organisation(book, c)
	}
	if s.SysID == "" {
		s.SysID = productID
	}
	if s.System == "" {
		s.System = product
	}
	if s.Details == "" {
		s.Details = "1"
	}
	return s
}

func organisation(book *contours.Book, c document.ContourCode) string {
	contour := book.Contour(c)
	if contour == nil {
		return string(c)
	}
	if o := book.Organisation(contour.Organisation); o != nil {
		return o.Name.Text(document.Russian)
	}
	return contour.Title.Text(document.Russian)
}

func abonent(book *contours.Book, c document.ContourCode) sdip.Abonent {
	return sdip.Abonent{ID: subscriberID(c), Type: "SMDO", Name: organisation(book, c)}
}

// router is who speaks in packages that the hub itself sends.
func router() (sdip.Abonent, sdip.Party) {
	return sdip.Abonent{ID: sdip.Router, Type: "SMDO", Name: product},
		sdip.Party{Code: sdip.Dispatcher, System: document.System{Name: product, SysID: productID, System: product, Details: "1"}}
}
