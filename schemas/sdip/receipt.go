package sdip

import (
	"fmt"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Report is what a message with a receipt says, as the hub's report: reporter says it about the packet that the message's
// only receiver sent. The event is the message's id.
func (m *Message) Report(reporter document.ContourCode) *document.Report {
	c := zones.Codec{Format: zones.SDIP2}
	about := document.PacketID{MsgID: m.Receipt.MsgID}
	if len(m.To) > 0 {
		about.Sender = m.To[0].Contour
	}
	r := c.Report(m.Receipt, string(m.ID), reporter, about)
	r.At = m.Sent
	return r
}

// OfReceipt is the message that tells the sender of a packet, to, what was stated about it. number is the sender's own of
// the document; from is the receiver, or the router for what the hub itself states (ByRouter).
func OfReceipt(r *document.Receipt, id document.MsgID, number document.RegNumber, from Party, to document.Receiver, lang document.Lang) *Message {
	c := zones.Codec{Format: zones.SDIP2}
	about := lang.Pick("Уведомление о доставке документа", "Delivery of document")
	switch {
	case r.Stage == document.Register && r.Code == document.CodeRegistered:
		about = lang.Pick("Уведомление о регистрации документа", "Registration of document")
	case r.Stage == document.Register:
		about = lang.Pick("Уведомление об отказе в регистрации документа", "Refusal to register document")
	case r.Bad():
		about = lang.Pick("Уведомление об ошибке при доставке документа", "Failed delivery of document")
	case r.Stage == document.Execute || r.Stage == document.Close:
		about = lang.Pick("Уведомление об исполнении документа", "Execution of document")
	}
	subject := fmt.Sprintf("%s №%s", about, number.Number)
	if !number.Date.IsZero() {
		subject += lang.Pick(" от ", " of ") + number.Date.String()
	}
	return &Message{
		Version: V2, ID: id, Subject: subject, Sent: r.At, Kind: document.Notification, Acknow: document.AcknowNone, Sender: from, To: []document.Receiver{to},
		Receipt: c.FromReceipt(r, number, lang),
	}
}

// ByRouter says whether a receipt is the router's own word, and not the receiver's.
func ByRouter(r *document.Receipt) bool {
	switch r.Stage {
	case document.Deliver, document.Register, document.UserNote, document.Execute, document.Close, document.AnswerPacket:
		return false
	}
	return true
}
