package zones

import (
	"strconv"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Acknowledgement is a receipt as the formats carry it (SDIP, Acknowledgement; ГОСТ Р 53898, «Уведомление»). It is read with
// patience: a receipt is never answered with a receipt, so nobody would be told what is wrong with it.
type Acknowledgement struct {
	MsgID     document.MsgID     // of the message that it speaks of
	Type      document.Stage     // ack_type: 1, 2, 4; from the router 100–105
	RegNumber document.RegNumber // SDIP: the sender's own number of the document, repeated; ГОСТ: the receiver's incoming number
	IncNumber document.RegNumber // SDIP: the receiver's incoming number, or of a refusal a phrase
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
	// SDIP says that RegNumber is mandatory; a receipt for what could not be parsed has none to repeat.
	markup.One(f, "RegNumber", markup.Optional, a.RegNumber != (document.RegNumber{}), &a.RegNumber, looseNumber)
	if c.Format.SDIP() {
		markup.One(f, "IncNumber", markup.Optional, a.IncNumber != (document.RegNumber{}), &a.IncNumber, looseNumber)
	} else {
		f.Drop("inc_number", a.IncNumber != (document.RegNumber{}))
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
			markup.Many(f, "Signature", 0, markup.Unbounded, &x.Signatures, signature)
		}
	})
	f.Ignore("Expansion") // the REST router writes it, empty
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
// It goes by the error codes and never by the texts: who refuses writes a phrase in place of a number. A receipt of the
// router (100–105) becomes a report of that stage, which is for the adapter to understand: no contour may report it.
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
		if code != 0 && a.Type != document.Register && a.Type != document.UserNote && len(r.Faults) < document.MaxFaults {
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
	if r.Stage == 3 || r.Stage == 102 { // reserved, and «none»
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

// fault is the hub's word for a code that a receiver told; what and where it is stands only in the receiver's own text.
func fault(code int) document.Fault {
	if f, ok := byCode[code]; ok {
		return document.NewFault(f, "", "…", "…", "…")
	}
	return document.NewFault(document.FormatOther, "", strconv.Itoa(code))
}
