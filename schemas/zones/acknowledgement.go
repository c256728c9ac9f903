package zones

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Acknowledgement is a receipt as the formats carry it (SDIP 2.6; ГОСТ Р 53898, «Уведомление»).
type Acknowledgement struct {
	MsgID     document.MsgID // of the message that it speaks of
	Type      document.Stage // ack_type: 1, 2, 4; from the router 100–105
	RegNumber document.RegNumber
	IncNumber document.RegNumber // SDIP: the receiver's incoming number
	Results   []Result
	File      *document.Attachment // the message that could not be parsed
}

// Result is one AckResult: an errorcode and a text.
type Result struct {
	Code int
	Text string
}

// Acknowledgement describes the zone of that name.
func (c *Codec) Acknowledgement(f *markup.Form, a *Acknowledgement) {
	markup.Text(f, "msg_id", markup.Required, &a.MsgID)
	c.ackType(f, a)
	if c.Format == GOST {
		markup.One(f, "RegNumber", markup.Optional, a.RegNumber != (document.RegNumber{}), &a.RegNumber, RegNumber)
	} else {
		// Mandatory by the format; a receipt for what could not be parsed has none to repeat.
		markup.One(f, "RegNumber", markup.Optional, a.RegNumber != (document.RegNumber{}), &a.RegNumber, RegNumber)
		markup.One(f, "IncNumber", markup.Optional, a.IncNumber != (document.RegNumber{}), &a.IncNumber, RegNumber)
	}
	markup.Many(f, "AckResult", 1, markup.Unbounded, &a.Results, func(f *markup.Form, r *Result) {
		markup.Number(f, "errorcode", markup.Required, -1000, &r.Code)
		f.Content(&r.Text)
	})
	markup.Maybe(f, "DocTransfer", &a.File, func(f *markup.Form, x *document.Attachment) {
		if c.Format == GOST {
			c.transferGOST(f, x)
		} else {
			c.transfer(f, x)
		}
	})
	if f.Reading() {
		f.Ignore("Expansion") // the REST router writes it, empty
	}
}

// ackType is ack_type. The schema of ГОСТ spells it ask_type, its text and real systems do not.
func (c *Codec) ackType(f *markup.Form, a *Acknowledgement) {
	name := "ack_type"
	if _, ok := f.Element().Attr(name); f.Reading() && !ok {
		if _, ok := f.Element().Attr("ask_type"); ok {
			name = "ask_type"
		}
	}
	if c.Format == GOST {
		markup.Choice(f, name, markup.Required, &a.Type, document.Deliver, document.Register)
		return
	}
	markup.Choice(f, name, markup.Required, &a.Type, document.Deliver, document.Register, 3, document.UserNote, document.Accept, document.Forward,
		102, document.Reject, document.Block, document.OldFormat)
}

// Report is what the receipt says, as the hub's report. about is the packet, reporter who says it, id the source event.
//
// It goes by the error codes and never by the texts: who refuses writes a phrase in place of a number.
func (c *Codec) Report(a *Acknowledgement, id string, reporter document.ContourCode, about document.PacketID) *document.Report {
	r := &document.Report{ID: id, Reporter: reporter, Packet: about, Stage: a.Type}
	var texts []string
	for _, x := range a.Results {
		code := x.Code
		if code == 23 { // seen in the field for -23
			code = -23
		}
		if r.Code == 0 {
			r.Code = code
		}
		if code != 0 && a.Type == document.Deliver && len(r.Faults) < document.MaxFaults {
			r.Faults = append(r.Faults, fault(code))
		}
		if t := strings.TrimSpace(x.Text); t != "" {
			texts = append(texts, t)
		}
	}
	if r.Note = strings.Join(texts, "; "); len([]rune(r.Note)) > document.MaxNote {
		r.Note = string([]rune(r.Note)[:document.MaxNote])
	}
	if a.Type == document.Register && r.Code == document.CodeRegistered {
		if r.Number = a.IncNumber; c.Format == GOST {
			r.Number = a.RegNumber
		}
	}
	if r.Stage == 3 { // reserved
		r.Stage = document.UserNote
	}
	return r
}

// byCode are the hub's words for the error codes of the formats.
var byCode = map[int]document.FaultCode{
	-1: document.PacketMalformed, -21: document.SignatureInvalid, -22: document.SignatureMissing, -23: document.SignatureUntrusted,
	1: document.FormatStandard, 2: document.PacketEdition, 3: document.PacketKindUnknown, 10: document.PacketNoReceiver, 11: document.FormatReceiver, 12: document.FormatHeader,
	20: document.PacketZone, 21: document.FormatZone, 22: document.FormatZoneTwice, 30: document.FormatElement, 31: document.FormatNesting, 32: document.FormatCount,
	33: document.FormatAttributeType, 34: document.FormatContent, 35: document.FormatAttribute, 40: document.PacketConflict,
}

// fault is the hub's word for a code that a receiver told; its place is in the text only.
func fault(code int) document.Fault {
	if f, ok := byCode[code]; ok {
		return document.NewFault(f, "")
	}
	return document.NewFault(document.FormatOther, "", strconv.Itoa(code))
}

// codeOf is the formats' code of a fault.
func codeOf(f *document.Fault) int {
	if f.Code == document.FormatOther && len(f.Args) > 0 {
		if n, err := strconv.Atoi(f.Args[0]); err == nil {
			return n
		}
	}
	return f.SDIP()
}

// FromReceipt is what is told to the sender of a packet in the words of the formats. number is the sender's own of the
// document, which SDIP repeats. Stages that the formats do not know are told as user-defined (ack_type 4), or, when they
// end the packet, as the router's refusal (103).
func (c *Codec) FromReceipt(r *document.Receipt, number document.RegNumber, lang document.Lang) *Acknowledgement {
	a := &Acknowledgement{MsgID: r.Packet.MsgID, Type: r.Stage, RegNumber: number}
	switch r.Stage {
	case document.Deliver, document.Register, document.UserNote, document.Accept, document.Forward, document.Reject, document.Block, document.OldFormat:
	case document.Conflict, document.EditRefused, document.Expire:
		a.Type = document.Reject
	default:
		a.Type = document.UserNote
	}
	for i := range r.Faults {
		f := &r.Faults[i]
		text := f.Text(lang)
		if f.Field != "" {
			text = f.Field + ": " + text
		}
		a.Results = append(a.Results, Result{codeOf(f), text})
	}
	if r.Stage == document.Register {
		c.registered(a, r, lang)
	}
	if len(a.Results) == 0 {
		a.Results = []Result{{r.Code, said(r, number, lang)}}
	}
	return a
}

// registered sets the numbers of a registration result. Of a refusal senders of SDIP put a phrase in place of the number.
func (c *Codec) registered(a *Acknowledgement, r *document.Receipt, lang document.Lang) {
	texts := ""
	for _, x := range a.Results {
		texts += "; " + x.Text
	}
	a.Results = []Result{{r.Code, said(r, a.RegNumber, lang) + texts}}
	inc := r.Number
	switch r.Code {
	case document.CodeNotSubject:
		inc = document.RegNumber{Number: lang.Pick("Регистрации не подлежит", "Not subject to registration"), Date: document.DateOf(r.At)}
	case document.CodeRefused:
		inc = document.RegNumber{Number: lang.Pick("Отказ в регистрации", "Registration refused"), Date: document.DateOf(r.At)}
	case document.CodeUntrusted:
		inc = document.RegNumber{Number: lang.Pick("Нет доверия ЭЦП", "Signature not trusted"), Date: document.DateOf(r.At)}
	}
	if c.Format == GOST {
		a.RegNumber = inc
	} else {
		a.IncNumber = inc
	}
}

// said is a sentence for people about what a receipt states.
func said(r *document.Receipt, number document.RegNumber, lang document.Lang) string {
	n := number.Number
	switch r.Stage {
	case document.Deliver:
		if r.Code == 0 {
			return lang.Pick("Документ №"+n+" доставлен", "Document "+n+" was delivered")
		}
		return lang.Pick("Ошибка при доставке документа №"+n, "Document "+n+" could not be delivered")
	case document.Register:
		switch r.Code {
		case document.CodeRegistered:
			return lang.Pick(fmt.Sprintf("Документ зарегистрирован №%s от %s", r.Number.Number, r.Number.Date), fmt.Sprintf("Registered as %s on %s", r.Number.Number, r.Number.Date))
		case document.CodeNotSubject:
			return lang.Pick("Документ регистрации не подлежит", "The document is not subject to registration")
		case document.CodeUntrusted:
			return lang.Pick("В регистрации отказано: нет доверия к ЭЦП", "Registration refused: the signature is not trusted")
		}
		return lang.Pick("В регистрации отказано", "Registration was refused")
	case document.Accept:
		return lang.Pick("Пакет принят маршрутизатором", "The router has the packet")
	case document.Forward:
		return lang.Pick("Пакет направлен получателю", "The packet was sent on to the receiver")
	case document.Block:
		return lang.Pick("Доступ получателя к СМДО заблокирован", "The receiver's access is blocked")
	case document.Expire:
		return lang.Pick("Пакет не доставлен получателю в отведённый срок", "The packet could not be delivered in time")
	case document.Close:
		return lang.Pick("Исполнена. Закрыта", "Executed. Closed") + task(r)
	case document.Execute:
		if r.TaskTo == document.TaskDeclined {
			return lang.Pick("Задача отклонена исполнителем", "The executor declined the task") + task(r)
		}
		return lang.Pick("Задача исполнена", "The task was executed") + task(r)
	}
	return r.Stage.String() + task(r)
}

func task(r *document.Receipt) string {
	if r.Task == "" {
		return ""
	}
	return " (" + r.Task + ")"
}
