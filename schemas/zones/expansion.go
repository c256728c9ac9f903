package zones

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// expansion describes Expansion: in SDIP a control set and a set of variables, in ГОСТ whose it is, contacts, and any data.
// Sources disagree about its inside in SDIP, so all that is unknown there is kept as it is.
func (c *Codec) expansion(f *markup.Form, p *document.Packet) {
	x := p.Expansion
	if f.Reading() {
		markup.Maybe(f, "Expansion", &p.Expansion, c.zone)
		if x := p.Expansion; x != nil && x.Supplement == "" && x.Version == "" && x.Date.IsZero() && x.Notes == "" {
			p.Expansion = nil // it says nothing, or only what is kept
		}
		return
	}
	if x == nil {
		return
	}
	f.Drop("expansion.variables", len(x.Variables) > len(c.Extras(p)))
	says := x.Supplement != "" || x.Version != "" || !x.Date.IsZero() || x.Notes != ""
	for _, v := range c.Extras(p) {
		says = says || strings.HasPrefix(v.Name, f.Path("Expansion")+"/")
	}
	markup.One(f, "Expansion", markup.Optional, says, x, c.zone)
}

func (c *Codec) zone(f *markup.Form, x *document.Expansion) {
	if c.Format == GOST {
		f.Attr("organization", markup.Required, &x.Supplement)
		f.Attr("exp_ver", markup.Required, &x.Version)
		f.Drop("date", !x.Date.IsZero())
		f.Drop("notes", x.Notes != "")
		f.Keep("Econtact")
		f.Keep("AnyData")
		return
	}
	need := markup.Need(!f.Reading()) // some leave one of them out
	markup.One(f, "Controlset", need, true, x, func(f *markup.Form, x *document.Expansion) {
		text := func(f *markup.Form, s *string) { f.Content(s) }
		markup.One(f, "Supplement", markup.Optional, x.Supplement != "", &x.Supplement, text)
		markup.One(f, "Version", markup.Optional, x.Version != "", &x.Version, text)
		markup.One(f, "Date", markup.Optional, !x.Date.IsZero(), &x.Date, func(f *markup.Form, d *document.Date) { f.ContentDate(d) })
		f.KeepRest()
	})
	markup.One(f, "Varset", need, true, x, func(f *markup.Form, x *document.Expansion) {
		f.Attr("notes", markup.Optional, &x.Notes)
		f.KeepRest()
	})
	f.KeepRest()
}

// addressee describes Addressee of ГОСТ: the receiver with its people, which in SDIP stands in Header/Receiver. The hub's
// message has one receiver; further addressees, for information, are kept as they are.
func (c *Codec) addressee(f *markup.Form) {
	if len(c.packet.To) == 0 {
		c.packet.To = make([]document.Receiver, 1) // the header names none, which is a fault of its own
	}
	r := &c.packet.To[0]
	if !f.Reading() {
		one := *r
		if r = &one; r.Organization != nil {
			f.Drop("to.person", r.Person != nil) // one of the two
			r.Person = nil
		}
		f.Drop("to.referred", len(r.Referred) > 0 && r.Organization == nil && r.Person == nil)
	}
	markup.First(f, "Addressee", r.Organization != nil || r.Person != nil, r, c.ReceiverParty)
	f.Keep("Addressee")
}

// ReceiverParty describes who at the receiver is addressed.
func (c *Codec) ReceiverParty(f *markup.Form, r *document.Receiver) {
	markup.Maybe(f, "Organization", &r.Organization, c.Organization)
	markup.Maybe(f, "PrivatePerson", &r.Person, c.PrivatePerson)
	c.referred(f, &r.Referred)
}
