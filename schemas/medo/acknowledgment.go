package medo

import (
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Acknowledgment is «Квитанция»: a message came and could be read, or not. It is never acknowledged itself.
type Acknowledgment struct {
	Message  string // @uid: header/@uid of the message
	Time     time.Time
	Accepted bool
	Comment  string

	// Extensions of gateways.
	Content          string // @content, for instance "MEDOErrorAcknowledgment"
	ErrorCode        string
	ErrorFileMessage string // the name of a file with what could not be read
}

// Unreadable says whether the gateway could not tell which message it was: then Message names none.
func (a *Acknowledgment) Unreadable() bool { return a.Message == noGUID }

func (c *codec) acknowledgment(f *markup.Form, a *Acknowledgment) {
	c.uid(f, markup.Required, &a.Message)
	c.attr(f, "content", markup.Optional, &a.Content)
	c.time(f, "time", markup.Required, &a.Time)
	accepted := strconv.FormatBool(a.Accepted)
	c.leaf(f, "accepted", markup.Required, &accepted, func(s string) bool {
		a.Accepted = s == "true" || s == "1"
		return a.Accepted || s == "false" || s == "0"
	})
	c.text(f, "comment", markup.Optional, maxComment, &a.Comment)
	c.text(f, "errorCode", markup.Optional, maxString, &a.ErrorCode)
	c.text(f, "errorFileMessage", markup.Optional, maxString, &a.ErrorFileMessage)
	f.KeepRest()
}

// report is what an acknowledgment says: delivered, or why not. A refusal without a number is 1.
func (a *Acknowledgment) report() document.Report {
	r := document.Report{Packet: document.PacketID{MsgID: document.MsgID(a.Message)}, Stage: document.Deliver, At: a.Time, Note: a.Comment}
	if a.Accepted {
		return r
	}
	code, err := strconv.Atoi(a.ErrorCode)
	if err != nil || code == 0 {
		code = 1
	}
	r.Code = code
	if r.Note == "" {
		r.Faults = []document.Fault{document.NewFault(document.FormatOther, "", strconv.Itoa(code))}
	}
	return r
}

func acknowledgmentOf(r *document.Report) *Acknowledgment {
	a := &Acknowledgment{Message: string(r.Packet.MsgID), Time: r.At, Accepted: r.Code == 0, Comment: clipTo(comment(r), maxComment)}
	if r.Code != 0 && r.Code != 1 {
		a.ErrorCode = strconv.Itoa(r.Code)
	}
	return a
}

// comment is what a report says in words: its note, else its faults. Faults that only repeat the code say nothing.
func comment(r *document.Report) string {
	if r.Note != "" {
		return r.Note
	}
	var text string
	for i := range r.Faults {
		if r.Faults[i].Code == document.FormatOther {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += string(r.Faults[i].Code) + " " + r.Faults[i].Text(document.Russian)
	}
	return text
}

// Refuse is the acknowledgment of a message that was not accepted. One that nobody can name is told as gateways do.
func Refuse(m *Message, problems Problems, at time.Time) *Acknowledgment {
	a := &Acknowledgment{Message: noGUID, Time: at, Comment: clipTo(problems.text(document.Russian), maxComment)}
	if m != nil && IsGUID(m.UID) {
		a.Message = m.UID
	}
	if a.Unreadable() {
		a.Content = "MEDOErrorAcknowledgment"
	}
	if problems.Has(HeaderUID) {
		a.ErrorCode = string(HeaderUID)
	}
	return a
}
