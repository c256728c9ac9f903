package medo

import (
	"slices"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// About is what a notification says of the document that it is about, and a report of the hub does not.
type About struct {
	Document     string // document/@uid, or container/@uid
	Organization string // its author
	Number       document.RegNumber
}

// IsReport says whether the message is an acknowledgment or a notification.
func (m *Message) IsReport() bool { return m.Acknowledgment != nil || m.Notification != nil }

// Report is what an acknowledgment or a notification says in the hub's words, with what it says beyond them in Lost.
//
// A notification names a document, not a message: packet tells which packet brought that document to the reporter; with nil
// the identifier of the document stands for that of the packet. When the gateway could not read a message (Unreadable), the
// report names packet 00000000-…, and which one it was only the caller may know.
func (m *Message) Report(o Options, packet func(document string) document.PacketID) (*document.Report, Losses) {
	var r document.Report
	switch {
	case m.Acknowledgment != nil:
		r = m.Acknowledgment.report()
	case m.Notification != nil:
		r = m.Notification.report()
		if packet != nil {
			r.Packet = packet(m.Notification.Document)
		}
	default:
		return nil, Losses{Missing: []string{ofMessage + "notification"}}
	}
	r.ID, r.Reporter = m.UID, o.contour(m.Source)
	if note := []rune(r.Note); len(note) > document.MaxNote {
		r.Note = string(note[:document.MaxNote])
	}
	return &r, m.beyond(&r)
}

// beyond compares a message with what is left of it when only the report is known.
func (m *Message) beyond(r *document.Report) (l Losses) {
	again := MessageOf(r, About{}, m.Version)
	switch {
	case m.Acknowledgment != nil:
		l.compare(*m.Acknowledgment, *again.Acknowledgment)
	case again.Notification != nil:
		n := *m.Notification
		n.Document, again.Notification.Document = "", ""
		l.compare(n, *again.Notification)
	}
	for _, x := range m.Extras {
		l.Lost = append(l.Lost, ofMessage+x.Name)
	}
	l.Made = nil
	return l
}

func (n *Notification) report() document.Report {
	r := document.Report{Packet: document.PacketID{MsgID: document.MsgID(n.Document)}, Stage: document.Register, At: n.Time, Note: n.Comment}
	switch n.Event {
	case DocumentAccepted:
		r.Number = n.Number
	case DocumentRefused:
		r.Code, r.Number = document.CodeRefused, n.Number
		if strings.EqualFold(n.Reason, NotSubject) {
			r.Code = document.CodeNotSubject
			break
		}
		if r.Note = n.Reason; n.Comment != "" {
			r.Note += "\n" + n.Comment
		}
	default:
		r.Stage, r.Note = document.UserNote, n.note()
	}
	return r
}

// MessageOf is the message that tells a report: an acknowledgment of a delivery, a notification of the rest. The caller sets
// Source, and may set Created. What of the report is lost LossesOf tells; Encode knows only the message.
func MessageOf(r *document.Report, about About, v Version) *Message {
	m := &Message{Version: v, Kind: KindNotification, UID: r.ID, Created: r.At}
	if r.Stage == document.Deliver {
		m.Kind, m.Acknowledgment = KindAcknowledgment, acknowledgmentOf(r)
		return m
	}
	n, ok := ParseNote(r.Note)
	if !ok || r.Stage != document.UserNote {
		n = Notification{Comment: comment(r)}
	}
	if n.Foundation == (Party{}) {
		n.Foundation = Party{Organization: about.Organization, Number: about.Number}
	}
	n.Document, n.Time = about.Document, r.At
	switch {
	case r.Stage == document.Register && r.Code == document.CodeRegistered:
		n.Event, n.Number = DocumentAccepted, r.Number
	case r.Stage == document.Register:
		n.Event, n.Number = DocumentRefused, r.Number
		n.Reason, n.Comment = reason(r, n.Comment)
		n.Reason = clipTo(n.Reason, maxShort)
	case !ok:
		n.Event, n.Course, n.Comment = CourseChanged, n.Comment, ""
	}
	n.Comment = clipTo(n.Comment, maxComment)
	m.Notification = &n
	return m
}

// reason tells a refusal in the format's words where it has some, and what is left for the comment.
func reason(r *document.Report, text string) (reason, rest string) {
	if r.Code == document.CodeNotSubject {
		return NotSubject, text
	}
	first, rest, _ := strings.Cut(text, "\n")
	switch {
	case slices.Contains(Reasons()[1:], first):
		return first, rest
	case document.Faults(r.Faults).Has(document.SignatureMissing):
		return "Нет подписи", text
	case document.Faults(r.Faults).Has(document.FileNone):
		return "Отсутствует текст", text
	case text == "" && r.Code == document.CodeUntrusted:
		return "Нет доверия ЭЦП", ""
	case text == "":
		return "Отказ в регистрации, код " + strconv.Itoa(r.Code), ""
	}
	return text, ""
}

// LossesOf is what of a report a reader of its message will not get back.
func LossesOf(r *document.Report, m *Message, o Options) Losses {
	data, losses := Encode(m, o)
	again, _ := Decode(data, o) // what is wrong with it is in losses.Unfit
	if again == nil || !again.IsReport() {
		losses.Lost = append(losses.Lost, "stage")
		return losses
	}
	var got *document.Report
	if again.Notification != nil {
		again.Notification.Document = string(r.Packet.MsgID) // the caller knows which packet brought the document
	}
	got, _ = again.Report(o, nil)
	losses.compare(*r, *got)
	return losses
}
