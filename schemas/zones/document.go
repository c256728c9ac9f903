package zones

import (
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

func (c *Codec) document(f *markup.Form, d *document.Document) {
	reference := c.packet.Kind == document.Additions || c.packet.Kind == document.AdditionsToAnswer
	needed := markup.Need(c.Format == SDIP2 && !reference)
	f.Attr("idnumber", markup.Required, &d.ID)
	markup.Choice(f, "type", markup.Required, &d.Type, document.Outgoing, document.Incoming, document.Internal)
	f.Attr("kind", needed, &d.Kind)
	markup.Number(f, "pages", needed, 0, &d.Sheets)
	if !f.Reading() && bool(needed) && d.Sheets == 0 {
		f.Missing = append(f.Missing, f.Path("@pages"))
	}
	f.Attr("title", markup.Optional, &d.Title)
	annotation := d.Annotation
	if reason := c.declines(); !f.Reading() && annotation == "" && reason != "" {
		annotation, f.Made = reason, append(f.Made, f.Path("@annotation"))
	}
	f.Attr("annotation", markup.Optional, &annotation)
	if f.Reading() {
		d.Annotation = annotation
	}
	f.Flag("collection", markup.Optional, &d.Collection)

	markup.One(f, "RegNumber", markup.Required, true, &d.Number, RegNumber)
	if c.Format.SDIP() {
		markup.Maybe(f, "DocParent", &d.Parent, docParent)
		if d.Parent != nil && *d.Parent == (document.Parent{}) {
			f.Drop("parent", true)
			d.Parent = nil // delivery_type 9, or 0 with nothing in it
		}
	}
	markup.One(f, "Confident", markup.Required, true, &d.Confidential, c.confident)
	referred, authors, validators := d.Referred, d.Authors, d.Validators
	if !f.Reading() {
		referred, authors, validators = c.answered(f, d), c.authors(f, d), c.attested(f, d)
	}
	c.referred(f, &referred)
	markup.Many(f, "DocNumber", 0, markup.Unbounded, &d.Numbers, c.docNumber)
	if c.Format == GOST {
		c.addressee(f)
		c.transfers(f, 0, ofDocument(), &d.Files)
		markup.Many(f, "RegHistory", 0, markup.Unbounded, &d.History, c.regHistory)
	} else {
		markup.Many(f, "RegHistory", 0, markup.Unbounded, &d.History, c.regHistory)
		files := 1
		if reference {
			files = 0
		}
		c.transfers(f, files, ofDocument(), &d.Files)
	}
	markup.Many(f, "Author", 1, markup.Unbounded, &authors, c.author)
	markup.Many(f, "Validator", 0, markup.Unbounded, &validators, c.validator)
	markup.Maybe(f, "Writer", &d.Writer, c.writer)
	if f.Reading() {
		d.Referred, d.Authors, d.Validators = referred, authors, validators
	}
}

// authors are the document's, of whom the formats demand one.
func (c *Codec) authors(f *markup.Form, d *document.Document) []document.Author {
	if len(d.Authors) > 0 {
		return d.Authors
	}
	f.Made = append(f.Made, f.Path("Author"))
	return []document.Author{{Party: document.Party{Organization: &document.Organization{Text: c.packet.From.Name}}}}
}

// answered are the document's references, with those that say what an answer answers: its task, and in ГОСТ, which has no
// DocParent, the document.
func (c *Codec) answered(f *markup.Form, d *document.Document) []document.Reference {
	list := slices.Clone(d.Referred)
	if p := d.Parent; p != nil && c.Format == GOST {
		r := document.Reference{ID: p.DocumentID, Number: p.Number}
		if !slices.Contains(list, r) {
			list, f.Made = slices.Insert(list, 0, r), append(f.Made, f.Path("Referred"))
		}
		f.Drop("parent", p.LastMsgID != "" || p.FirstMsgID != "" || p.Contour != "")
	}
	a := c.packet.Answer
	if a == nil {
		return list
	}
	names := slices.ContainsFunc(list, func(r document.Reference) bool { return r.IsTask && r.ID == a.Task })
	if a.Task != "" && !names {
		f.Made = append(f.Made, f.Path("Referred"))
		list = append(list, document.Reference{ID: a.Task, IsTask: true, Number: document.RegNumber{Number: a.Task, Date: c.day()}})
	}
	return list
}

// declines is why the packet declines a task; empty when it does not, or does not say.
func (c *Codec) declines() string {
	if a := c.packet.Answer; a != nil && a.Outcome == document.Declined && a.Task != "" {
		return a.Reason
	}
	return ""
}

// attested are the document's attestations, with the one that says that an answer declines its task.
func (c *Codec) attested(f *markup.Form, d *document.Document) []document.Validator {
	a := c.packet.Answer
	if a == nil {
		return d.Validators
	}
	f.Drop("answer.executor", a.Executor != "")
	f.Drop("answer.reason", a.Reason != "" && (c.declines() == "" || d.Annotation != "" && d.Annotation != a.Reason))
	f.Drop("answer.outcome", a.Outcome != "" && (a.Outcome != document.Declined || a.Task == ""))
	rejected := slices.ContainsFunc(d.Validators, func(v document.Validator) bool { return v.Attestation == Rejected })
	if a.Outcome != document.Declined || rejected {
		return d.Validators
	}
	f.Made = append(f.Made, f.Path("Validator"))
	return append(slices.Clone(d.Validators), document.Validator{Attestation: Rejected, Party: c.authors(f, d)[0].Party})
}

// RegNumber describes RegNumber and IncNumber.
func RegNumber(f *markup.Form, n *document.RegNumber) {
	f.Date("regdate", markup.Required, &n.Date)
	f.Content(&n.Number)
}

// looseNumber is a number of which the day may be absent: where a refusal for want of it would help nobody.
func looseNumber(f *markup.Form, n *document.RegNumber) {
	f.Date("regdate", markup.Need(!f.Reading()), &n.Date)
	f.Content(&n.Number)
}

// docParent describes DocParent. Of a parent that came by СМДО all identifiers are mandatory; a reader can do with
// lastmsg_id.
func docParent(f *markup.Form, p *document.Parent) {
	first := p.FirstMsgID
	if !f.Reading() && first == "" && p.LastMsgID != "" {
		first, f.Made = p.LastMsgID, append(f.Made, f.Path("@parmsg_id"))
	}
	all := markup.Need(p.ByHub && !f.Reading())
	f.Attr("idnumber", all, &p.DocumentID)
	markup.Text(f, "lastmsg_id", all, &p.LastMsgID)
	markup.Text(f, "parmsg_id", all, &first)
	markup.Text(f, "parorg_id", all, &p.Contour)
	delivery := 0
	if p.ByHub {
		delivery = 1
	}
	markup.Choice(f, "delivery_type", markup.Required, &delivery, 0, 1, 9)
	if f.Reading() {
		p.ByHub, p.FirstMsgID = delivery == 1, first
		if p.ByHub && p.LastMsgID == "" {
			f.Fault(document.FormatAttribute, "@lastmsg_id", "lastmsg_id")
		}
		if p.FirstMsgID == "" {
			p.FirstMsgID = p.LastMsgID
		}
	}
	markup.One(f, "RegNumber", markup.Need(p.ByHub || !f.Reading()), true, &p.Number, looseNumber)
}

func (c *Codec) confident(f *markup.Form, x *document.Confidential) {
	f.Flag("flag", markup.Required, &x.Restricted)
	if c.Format.SDIP() {
		f.Attr("numcopy", markup.Optional, &x.NumCopy)
	} else {
		f.Drop("num_copy", x.NumCopy != "")
	}
	f.Content(&x.Text)
}

func (c *Codec) referred(f *markup.Form, list *[]document.Reference) {
	markup.Many(f, "Referred", 0, markup.Unbounded, list, reference)
}

// reference describes Referred. Its number is a RegNumber or a TaskNumber, by the type.
func reference(f *markup.Form, r *document.Reference) {
	f.Attr("idnumber", markup.Optional, &r.ID)
	kind := 1
	if r.IsTask {
		kind = 2
	}
	typed := kind
	if f.Reading() {
		typed = 0
	}
	markup.Choice(f, "retype", markup.Optional, &typed, 1, 2)
	f.TextInTwin("retype")
	task := r.IsTask
	if f.Reading() {
		task = typed == 2 || typed == 0 && f.Element().Child("TaskNumber") != nil
		r.IsTask = task
	}
	if task {
		markup.One(f, "TaskNumber", markup.Required, true, &r.Number, taskNumber)
	} else {
		markup.One(f, "RegNumber", markup.Required, true, &r.Number, RegNumber)
	}
}

func taskNumber(f *markup.Form, n *document.RegNumber) {
	f.Date("taskDate", markup.Required, &n.Date)
	f.Content(&n.Number)
	f.Element().Number = true
}

// docNumber describes DocNumber. SDIP's senders leave the organisation out.
func (c *Codec) docNumber(f *markup.Form, n *document.DocNumber) {
	f.Attr("kind", markup.Required, &n.Kind)
	c.registrar(f, &n.Organization)
	markup.One(f, "RegNumber", markup.Required, true, &n.Number, RegNumber)
}

// registrar is the organisation that gave a number. ГОСТ demands it.
func (c *Codec) registrar(f *markup.Form, o **document.Organization) {
	if !f.Reading() && *o == nil && c.Format == GOST {
		f.Made = append(f.Made, f.Path("OrganizationOnly"))
		unknown := &document.Organization{Text: unsaid}
		o = &unknown
	}
	markup.Maybe(f, "OrganizationOnly", o, c.organization(""))
}

// unsaid stands where ГОСТ demands a text and there is none.
const unsaid = "не указана"

func (c *Codec) regHistory(f *markup.Form, h *document.RegHistory) {
	f.Attr("idnumber", markup.Optional, &h.ID)
	c.registrar(f, &h.Organization)
	markup.One(f, "RegNumber", markup.Required, true, &h.Number, RegNumber)
}

func (c *Codec) folder(f *markup.Form, x *document.Folder) {
	if c.Format.SDIP() {
		f.Present("contents", &x.Contents)
	} else {
		f.Attr("contents", markup.Optional, &x.Contents) // mandatory by table 20, unknown to the schema
	}
	markup.Choice(f, "add_type", markup.Required, &x.Kind, document.Enclosure, document.Information, document.Link)
	c.transfers(f, 0, ofDocument(), &x.Files)
	f.Texts("Note", &x.Notes)
	c.referred(f, &x.Referred)
}
