// Package gost53898 is the codec of ГОСТ Р 53898 («Системы электронного документооборота. Взаимодействие систем управления
// документами»), in the edition of 2010 that the field still writes.
//
// A message is one XML element, Header, which holds the zones (package zones) and says in flat attributes who sends it to
// whom: one receiver a message. The standard knows no signatures; each is sent as a DocTransfer of the type
// application/pkcs7-signature behind its file, and read so. It knows no reference of an answer to a message: an answer
// refers to the document, and whoever receives it has to know which message brought that.
//
// The published schema has known defects: ask_type for ack_type, no Folder/@contents, no negative error codes. This codec
// reads both and writes what the text of the standard says. What it writes keeps to the schema so corrected, but for names of
// files (Options.Links): the schema wants base64 even there.
package gost53898

import (
	"errors"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// The mandatory attributes that name the standard.
const (
	Standard = "Стандарт системы управления документами"
	Version  = "1.0"
)

// Message is one Header. One of Packet and Receipt is set; after faults perhaps none.
type Message struct {
	ID     document.MsgID
	Sent   time.Time
	Kind   document.PacketKind
	Acknow document.Acknow
	From   Party
	To     Party

	Packet  *document.Packet
	Receipt *zones.Acknowledgement
}

// Party is one end of a message.
type Party struct {
	Code document.ContourCode // from_org_id, to_org_id
	document.System
}

// Losses are what a writer could not say in the format, by path.
type Losses struct {
	Lost    []string // of the vocabulary, without a place in the format
	Missing []string // demanded by the format, and nobody said it
	Made    []string // demanded by the format, and made up
}

// Options are what a reader or writer may be told. The zero value will do.
type Options struct {
	Names  zones.Names
	Limits markup.Limits // of reading; DefaultLimits when zero
	Links  bool          // write names of files (transfertype 1) and not the files; the hub's references (zones.References)
}

// Of is the message that carries a packet to one of its receivers.
func Of(p *document.Packet, receiver int) *Message {
	to := p.To[receiver]
	one := *p
	one.To = []document.Receiver{to}
	return &Message{
		ID: p.ID.MsgID, Sent: p.Sent, Kind: p.Kind, Acknow: p.Acknow,
		From: Party{Code: p.ID.Sender, System: p.From}, To: Party{Code: to.Contour, System: to.System}, Packet: &one,
	}
}

type codec struct {
	zones.Codec
	kindless bool // msg_type is missing or unknown
}

// Decode reads a message. The error is document.Faults, everything that is wrong with it; the message beside it holds what
// could be read, and is nil when the text is no message at all.
func Decode(data []byte, o Options) (*Message, error) {
	limits := o.Limits
	if limits == (markup.Limits{}) {
		limits = markup.DefaultLimits()
	}
	root, err := markup.Parse(data, limits)
	var s *markup.SyntaxError
	if errors.As(err, &s) {
		return nil, document.Faults{document.NewFault(document.PacketMalformed, "", s.Error())}
	}
	if !strings.EqualFold(root.Name, "Header") {
		return nil, document.Faults{document.NewFault(document.PacketMalformed, "", "the root element is not Header")}
	}
	c := &codec{Codec: zones.Codec{Names: o.Names, Format: zones.GOST}}
	m := new(Message)
	pass := markup.ReadForm(root, zones.Elements, m, c.header)
	if m.Packet != nil {
		c.Keep(m.Packet, pass.Extras)
	}
	if len(pass.Faults) > 0 {
		return m, pass.Faults
	}
	return m, nil
}

// Encode writes a message.
func Encode(m *Message, o Options) ([]byte, Losses) {
	c := &codec{Codec: zones.Codec{Names: o.Names, Format: zones.GOST, Inline: !o.Links}}
	e, pass := markup.WriteForm("Header", c.Extras(m.Packet), m, c.header)
	return e.Document(), Losses{pass.Lost, pass.Missing, pass.Made}
}

func (c *codec) header(f *markup.Form, m *Message) {
	f.Missed = document.FormatHeader
	standard, version := Standard, Version
	f.Attr("standart", markup.Required, &standard)
	f.Attr("version", markup.Required, &version)
	if f.Reading() {
		if !strings.EqualFold(markup.Clean(standard), Standard) {
			f.Fault(document.FormatStandard, "@standart", markup.Clip(standard))
		}
		if version = strings.TrimSpace(version); version != Version && version != "" {
			f.Fault(document.PacketEdition, "@version", markup.Clip(version), Version)
		}
	}
	f.Time("time", markup.Required, &m.Sent)
	c.kind(f, m)
	markup.Text(f, "msg_id", markup.Required, &m.ID)
	markup.Choice(f, "msg_acknow", markup.Optional, &m.Acknow, document.AcknowNone, document.AcknowOnError, document.AcknowAlways)
	c.party(f, "from_", &m.From, markup.Required)
	c.party(f, "to_", &m.To, markup.Optional)
	f.Missed = document.FormatAttribute
	c.zones(f, m)
}

func (c *codec) kind(f *markup.Form, m *Message) {
	known := len(f.Faults)
	markup.Choice(f, "msg_type", markup.Required, &m.Kind, document.Notification, document.Main, document.Additions, document.Answer, document.AdditionsToAnswer)
	c.kindless = len(f.Faults) > known
	if c.kindless && f.Faults[known].Code == document.FormatAttributeType {
		f.Faults = f.Faults[:known]
		given, _ := f.Element().Attr("msg_type")
		f.Fault(document.PacketKindUnknown, "@msg_type", markup.Clip(given))
	}
}

// party describes the attributes of one end. The sender has to name itself; of the receiver the organisation suffices.
func (c *codec) party(f *markup.Form, end string, p *Party, need markup.Need) {
	markup.Text(f, end+"org_id", need, &p.Code)
	f.Attr(end+"organization", markup.Required, &p.Name)
	f.Attr(end+"sys_id", need, &p.SysID)
	f.Attr(end+"system", need, &p.System.System)
	f.Attr(end+"system_details", markup.Optional, &p.Details)
}

func (c *codec) zones(f *markup.Form, m *Message) {
	if c.kindless {
		m.Kind = zones.KindOf(f)
	}
	if m.Receipt != nil || f.Reading() && m.Kind == document.Notification {
		if m.Receipt == nil {
			m.Receipt = new(zones.Acknowledgement)
		}
		markup.One(f, "Acknowledgement", markup.Required, true, m.Receipt, c.Acknowledgement)
		f.Ignore("Expansion") // allowed beside it by table 3
		return
	}
	if m.Packet == nil {
		m.Packet = &document.Packet{
			ID: document.PacketID{Sender: m.From.Code, MsgID: m.ID}, Edition: document.Edition, Kind: m.Kind, Acknow: m.Acknow, Sent: m.Sent,
			From: m.From.System, To: []document.Receiver{{Contour: m.To.Code, System: m.To.System}},
		}
	}
	f.Drop("subject", m.Packet.Subject != "")
	if len(m.Packet.To) > 0 && (m.Packet.Document == nil) {
		r := &m.Packet.To[0]
		f.Drop("to", r.Organization != nil || r.Person != nil || len(r.Referred) > 0)
	}
	c.Begin(m.Packet)
	c.Body(f, m.Packet)
}
