package medo

import (
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Event is what a notification tells: the name of its element.
type Event string

// The events, in the order of a document's life.
const (
	DocumentAccepted  Event = "documentAccepted"
	DocumentRefused   Event = "documentRefused"
	ExecutorAssigned  Event = "executorAssigned"
	ReportPrepared    Event = "reportPrepared"
	ReportSent        Event = "reportSent"
	CourseChanged     Event = "courseChanged"
	DocumentPublished Event = "documentPublished"
)

// Events are all of them.
func Events() []Event {
	return []Event{DocumentAccepted, DocumentRefused, ExecutorAssigned, ReportPrepared, ReportSent, CourseChanged, DocumentPublished}
}

// Text is notification/@type of the event.
func (e Event) Text() string {
	switch e {
	case DocumentAccepted:
		return "Зарегистрирован"
	case DocumentRefused:
		return "Отказано в регистрации"
	case ExecutorAssigned:
		return "Назначен исполнитель"
	case ReportPrepared:
		return "Доклад подготовлен"
	case ReportSent:
		return "Доклад направлен"
	case CourseChanged:
		return "Исполнение"
	case DocumentPublished:
		return "Опубликование"
	}
	return ""
}

// NotSubject is the reason that is no refusal: the document is not subject to registration.
const NotSubject = "Не подлежит регистрации"

// Reasons are the reasons of a refusal that the format lists. In practice senders write what they like.
func Reasons() []string {
	return []string{
		NotSubject, "Ошибка адресации", "Не указан корреспондент", "Нет искового заявления", "Отсутствует текст", "Нет подписи",
		"Приложение отсутствует", "Листаж приложения указан ошибочно", "Несовпадение реквизитов приложения с приложенными документами",
	}
}

// Notification is «Уведомление»: what became of a document at the receiver. Order among them is not promised.
type Notification struct {
	Type     string // @type; Event.Text when it is empty
	Document string // @uid: document/@uid, or container/@uid
	Event    Event

	Time       time.Time
	Foundation Party // the document that it is about, by its author and number

	Number      document.RegNumber // accepted, published
	Reason      string             // refused
	Secretary   Party              // executorAssigned
	Manager     Party
	Executor    Party
	Signatory   Party  // reportPrepared
	Report      Party  // reportSent: the report, by its author and number
	Course      string // courseChanged: how far the execution has got
	Publication string // publicationPoint
	Comment     string
}

func (c *codec) notification(f *markup.Form, n *Notification) {
	kind := n.Type
	if !f.Reading() && kind == "" {
		kind = n.Event.Text()
	}
	c.attr(f, "type", markup.Required, &kind)
	n.Type = kind
	c.uid(f, markup.Required, &n.Document)
	if f.Reading() {
		n.Event = ""
		for _, e := range Events() {
			if n.Event == "" && f.Element().Child(string(e)) != nil {
				n.Event = e
			}
		}
	}
	if n.Event.Text() == "" {
		f.Fault(document.FormatCount, "", "documentAccepted", "0", "1")
		f.Missing = append(f.Missing, f.Path("documentAccepted"))
		f.IgnoreRest()
		return
	}
	if f.Reading() && kind != n.Event.Text() {
		f.Fault(document.FormatAttributeType, "@type", "type")
	}
	markup.One(f, string(n.Event), markup.Required, true, n, c.event)
	c.text(f, "comment", markup.Optional, maxComment, &n.Comment)
	f.KeepRest()
}

func (c *codec) event(f *markup.Form, n *Notification) {
	c.time(f, "time", markup.Required, &n.Time)
	c.named(f, "foundation", markup.Optional, &n.Foundation)
	c.keepAll(f, "clause", "correspondent")
	switch n.Event {
	case DocumentAccepted:
		c.regNumber(f, "num", markup.Required, &n.Number)
	case DocumentRefused:
		c.regNumber(f, "num", markup.Optional, &n.Number)
		c.text(f, "reason", markup.Required, maxShort, &n.Reason)
	case ExecutorAssigned:
		c.named(f, "secretary", markup.Optional, &n.Secretary)
		c.named(f, "manager", markup.Optional, &n.Manager)
		c.named(f, "executor", markup.Required, &n.Executor)
	case ReportPrepared:
		c.named(f, "signatory", markup.Required, &n.Signatory)
	case ReportSent:
		c.named(f, "report", markup.Required, &n.Report)
	case CourseChanged:
		c.text(f, "courseText", markup.Required, maxShort, &n.Course)
		f.Keep("reference")
	case DocumentPublished:
		c.regNumber(f, "num", markup.Required, &n.Number)
		c.text(f, "publicationPoint", markup.Optional, maxString, &n.Publication)
	}
	f.KeepRest()
}

// named is a party under its name in the event.
func (c *codec) named(f *markup.Form, name string, need markup.Need, p *Party) {
	says := *p != (Party{})
	if !f.Reading() && !says && need == markup.Required {
		f.Missing = append(f.Missing, f.Path(name))
	}
	markup.One(f, name, markup.Optional, says, p, c.party)
}
