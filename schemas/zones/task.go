package zones

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// TaskKind says what a task asks for, by the words that senders use: first by its kind, then by its text. What nothing is
// known of is an errand.
func TaskKind(kind, text string) document.TaskKind {
	for _, s := range []string{kind, text} {
		s = strings.ToLower(s)
		for _, w := range words {
			for _, stem := range w.stems {
				if strings.Contains(s, stem) {
					return w.kind
				}
			}
		}
	}
	return document.Errand
}

var words = []struct {
	kind  document.TaskKind
	write string
	stems []string
}{
	{document.Errand, "поручение", []string{"поручен", "исполнен"}},
	{document.Agree, "на согласование", []string{"согласов", "визиров"}},
	{document.Sign, "на подпись", []string{"подпис"}},
	{document.Inform, "для информации", []string{"информац", "сведени", "ознаком"}},
}

// task describes Task. Its kinds «на подпись» and «для информации» are СМДО tasks: they have no term, and the date that
// the format demands is information (S05).
func (c *Codec) task(f *markup.Form, t *document.Task) {
	kind, deadline := t.KindText, t.Deadline
	smdo := t.Kind == document.Sign || t.Kind == document.Inform
	if !f.Reading() {
		kind, deadline = c.taskKind(f, t), c.deadline(f, t, smdo)
	}
	f.Attr("idnumber", markup.Required, &t.ID)
	f.Flag("task_reg", markup.Required, &t.Registered)
	f.Flag("task_copy", markup.Required, &t.Copy)
	f.Attr("kind", markup.Optional, &kind)
	f.Present("task_text", &t.Text)
	f.Date("deadline", markup.Required, &deadline)
	if f.Reading() {
		t.KindText, t.Kind = kind, TaskKind(kind, t.Text)
		if t.SMDO = t.Kind == document.Sign || t.Kind == document.Inform; t.SMDO {
			t.InfoDeadline = deadline
		} else {
			t.Deadline = deadline
		}
	}
	number := document.RegNumber{Number: t.Number, Date: t.Date}
	if !f.Reading() {
		number = c.taskNumber(f, t)
	}
	markup.One(f, "TaskNumber", markup.Required, true, &number, taskNumber)
	markup.One(f, "Confident", markup.Required, true, &t.Confidential, c.confident)
	referred, authors := t.Referred, t.Authors
	if !f.Reading() {
		referred, authors = c.taskReferred(f, t), c.taskAuthors(f, t)
	}
	markup.Many(f, "Referred", 1, markup.Unbounded, &referred, reference)
	markup.Many(f, "AuthorOrganization", 1, markup.Unbounded, &authors, func(f *markup.Form, o *document.Organization) {
		markup.One(f, "OrganizationWithSign", markup.Required, true, o, c.organization("OfficialPersonWithSign"))
	})
	c.transfers(f, 0, ofTask(), &t.Files)
	markup.Many(f, "Executor", 0, markup.Unbounded, &t.Executors, c.executor)
	if f.Reading() {
		t.Number, t.Date, t.Referred, t.Authors = number.Number, number.Date, referred, authors
		if t.Kind == document.Errand {
			t.Report, t.Controller = true, controller(authors)
		}
	}
}

// taskKind is what to write for the kind, so that it is read as the same.
func (c *Codec) taskKind(f *markup.Form, t *document.Task) string {
	if t.KindText != "" && TaskKind(t.KindText, t.Text) == t.Kind {
		return t.KindText
	}
	f.Drop("kind_text", true)
	for _, w := range words {
		if w.kind == t.Kind {
			return w.write
		}
	}
	return t.KindText
}

func (c *Codec) deadline(f *markup.Form, t *document.Task, smdo bool) document.Date {
	f.Drop("smdo", t.SMDO != smdo)
	f.Drop("report", t.Report != (t.Kind == document.Errand))
	term, other := t.Deadline, t.InfoDeadline
	if smdo {
		term, other = t.InfoDeadline, t.Deadline
	}
	switch {
	case !term.IsZero():
		f.Drop("deadline", !other.IsZero())
		return term
	case !other.IsZero():
		f.Drop("deadline", true)
		return other
	}
	f.Made = append(f.Made, f.Path("@deadline"))
	return c.day()
}

// day stands where a format demands a date and there is none: the document's, or the day on which the packet was made.
func (c *Codec) day() document.Date {
	if d := c.packet.Document; d != nil && !d.Number.Date.IsZero() {
		return d.Number.Date
	}
	return document.DateOf(c.packet.Sent)
}

func (c *Codec) taskNumber(f *markup.Form, t *document.Task) document.RegNumber {
	n := document.RegNumber{Number: t.Number, Date: t.Date}
	if n.Date.IsZero() {
		n.Date, f.Made = c.day(), append(f.Made, f.Path("TaskNumber/@taskDate"))
	}
	if n.Number == "" {
		n.Number, f.Made = t.ID, append(f.Made, f.Path("TaskNumber"))
	}
	return n
}

// taskReferred makes sure that the task refers to its document, as the formats demand.
func (c *Codec) taskReferred(f *markup.Form, t *document.Task) []document.Reference {
	if len(t.Referred) > 0 || c.packet.Document == nil {
		return t.Referred
	}
	f.Made = append(f.Made, f.Path("Referred"))
	return []document.Reference{{ID: c.packet.Document.ID, Number: c.packet.Document.Number}}
}

// taskAuthors are the task's authors; the first official of the first one controls an errand.
func (c *Codec) taskAuthors(f *markup.Form, t *document.Task) []document.Organization {
	authors := t.Authors
	if len(authors) == 0 {
		f.Made = append(f.Made, f.Path("AuthorOrganization"))
		authors = []document.Organization{{Text: c.packet.From.Name}}
		if t.Controller != nil {
			authors[0].Officials = []document.Person{*t.Controller}
		}
	}
	f.Drop("controller", t.Controller != nil && (t.Kind != document.Errand || !reflect.DeepEqual(t.Controller, controller(authors))))
	f.Drop("controller", t.Controller == nil && t.Kind == document.Errand && controller(authors) != nil)
	return authors
}

func controller(authors []document.Organization) *document.Person {
	if len(authors) == 0 || len(authors[0].Officials) == 0 {
		return nil
	}
	p := authors[0].Officials[0]
	return &p
}

// Called is how a person is told apart: the name as written, or made of its parts, in one case of letters.
func Called(p *document.Person) string {
	if p == nil {
		return ""
	}
	name := p.Name
	if name == "" {
		name = p.LastName + " " + p.FirstName + " " + p.FathersName
	}
	return strings.ToLower(markup.Clean(name))
}

func (c *Codec) executor(f *markup.Form, x *document.Executor) {
	f.Flag("responsible", markup.Need(c.Format.SDIP()), &x.Chief)
	f.Attr("task_specified", markup.Optional, &x.Specified)
	f.Date("deadline", markup.Optional, &x.Deadline)
	if f.Reading() {
		x.Organization = new(document.Organization)
		markup.One(f, "Organization", markup.Required, true, x.Organization, c.Organization)
		return
	}
	org := c.executorOrganization(f, x)
	markup.One(f, "Organization", markup.Required, true, &org, c.Organization)
}

// executorOrganization names an executor, who in the hub is a code, as the formats do: by the receiver's organisation and
// the person.
func (c *Codec) executorOrganization(f *markup.Form, x *document.Executor) document.Organization {
	var org document.Organization
	if x.Organization != nil {
		org = *x.Organization
	} else {
		f.Made = append(f.Made, f.Path("Organization"))
		for i := range c.packet.To {
			if c.packet.To[i].Contour == x.Contour {
				org.Text = receiverName(&c.packet.To[i])
			}
		}
	}
	if x.Participant != "" && len(org.Officials) == 0 && c.Names.Person != nil {
		if p := c.Names.Person(x.Contour, x.Participant); p != nil {
			org.Officials = []document.Person{*p}
		}
	}
	f.Drop("participant", x.Participant != "" && (c.Names.Code == nil || len(org.Officials) == 0 || c.Names.Code(x.Contour, &org.Officials[0]) != x.Participant))
	f.Drop("contour", c.contourOf(&org) != x.Contour)
	return org
}

func receiverName(r *document.Receiver) string {
	if r.Organization != nil && r.Organization.Text != "" {
		return r.Organization.Text
	}
	return r.System.Name
}

// contourOf finds the receiver that an executor's organisation is. When there is one receiver there is no doubt.
func (c *Codec) contourOf(o *document.Organization) document.ContourCode {
	if len(c.packet.To) == 1 {
		return c.packet.To[0].Contour
	}
	for i := range c.packet.To {
		r := &c.packet.To[i]
		names := []string{r.System.Name, string(r.Contour)}
		if r.Organization != nil {
			names = append(names, r.Organization.Text, r.Organization.FullName, r.Organization.ShortName)
		}
		for _, n := range names {
			if n = markup.Clean(n); n != "" && (strings.EqualFold(n, markup.Clean(o.Text)) || strings.EqualFold(n, markup.Clean(o.FullName)) || strings.EqualFold(n, markup.Clean(o.ShortName))) {
				return r.Contour
			}
		}
	}
	return ""
}

// settle says, after all was read, who the executors are and what an answer answers.
func (c *Codec) settle(p *document.Packet) {
	for t := range p.Tasks {
		for i := range p.Tasks[t].Executors {
			x := &p.Tasks[t].Executors[i]
			x.Contour = c.contourOf(x.Organization)
			if c.Names.Code != nil && x.Contour != "" && len(x.Organization.Officials) > 0 {
				x.Participant = c.Names.Code(x.Contour, &x.Organization.Officials[0])
			}
		}
	}
	if p.Kind != document.Answer || p.Document == nil {
		return
	}
	for _, r := range p.Document.Referred {
		switch {
		case r.IsTask && r.ID != "" && p.Answer == nil:
			p.Answer = &document.TaskAnswer{Task: r.ID}
		case !r.IsTask && c.Format == GOST && p.Document.Parent == nil:
			p.Document.Parent = &document.Parent{DocumentID: r.ID, Number: r.Number, ByHub: true}
		}
	}
	if p.Answer != nil {
		for _, v := range p.Document.Validators {
			if strings.EqualFold(markup.Clean(v.Attestation), Rejected) {
				p.Answer.Outcome, p.Answer.Reason = document.Declined, reasonOf(p.Document)
			}
		}
	}
}

// reasonOf is why an answer declines its task, as far as its document says.
func reasonOf(d *document.Document) string {
	return cmp.Or(d.Annotation, d.Title, Rejected)
}

// Rejected is the attestation of who does not agree; in an answer, of who declines the task (Validator/@attestation).
const Rejected = "Отклонено"
