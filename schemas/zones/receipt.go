package zones

import (
	"fmt"
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

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
// end the packet, as the router's refusal (103). ГОСТ knows delivery and registration alone: there what ends a packet is a
// failed delivery, and of all else nothing can be told: nil.
func (c *Codec) FromReceipt(r *document.Receipt, number document.RegNumber, lang document.Lang) *Acknowledgement {
	a := &Acknowledgement{MsgID: r.Packet.MsgID, Type: c.ackTypeOf(r.Stage)}
	if a.Type == 0 {
		return nil
	}
	if c.Format.SDIP() {
		a.RegNumber = number
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
	if r.Bad() && (a.Type == document.Deliver || a.Type == document.Reject) && a.Results[0].Code == 0 {
		a.Results[0].Code = -int(r.Stage) // negative codes are a system's own; none of a refusal may look like success
	}
	return a
}

// ackTypeOf is the type of receipt that tells of a stage; 0 when the format has none.
func (c *Codec) ackTypeOf(s document.Stage) document.Stage {
	switch s {
	case document.Deliver, document.Register:
		return s
	case document.Reject, document.Block, document.OldFormat, document.Conflict, document.EditRefused, document.Expire:
		if c.Format == GOST {
			return document.Deliver
		}
		if s == document.Block || s == document.OldFormat {
			return s
		}
		return document.Reject
	}
	switch {
	case c.Format == GOST:
		return 0
	case s == document.Accept || s == document.Forward:
		return s
	}
	return document.UserNote
}

// Rewrite is a receipt of one format for another one: the receiver's number stands in another place. lost is what the other
// one cannot say; the receipt is nil when it has no receipt of that type.
func (a *Acknowledgement) Rewrite(from, to Format) (r *Acknowledgement, lost []string) {
	out := *a
	switch {
	case from.SDIP() == to.SDIP():
	case from.SDIP():
		if out.Type != document.Deliver && out.Type != document.Register {
			return nil, []string{"ack_type " + strconv.Itoa(int(out.Type))}
		}
		if out.RegNumber, out.IncNumber = a.IncNumber, (document.RegNumber{}); a.RegNumber != (document.RegNumber{}) {
			lost = append(lost, "RegNumber")
		}
	default:
		out.RegNumber, out.IncNumber = document.RegNumber{}, a.RegNumber
	}
	return &out, lost
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
