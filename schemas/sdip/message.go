package sdip

import (
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Version is Envelop/@type.
type Version string

// The versions.
const (
	V1 Version = "SDIP-1.0"
	V2 Version = "SDIP-2.1.1" // since 2017-10-01
)

func (v Version) format() zones.Format {
	if v == V1 {
		return zones.SDIP1
	}
	return zones.SDIP2
}

// Ends of the exchange that are not subscribers.
const (
	Dispatcher = "SMDO_DISPATCHER" // the router, in Sender/@id
	Directory  = "pkinci"          // the service of the directories
)

// Message is one Envelop. Exactly one of Packet, Receipt and Changed is set; after faults perhaps none.
type Message struct {
	Version Version
	ID      document.MsgID
	Subject string
	Sent    time.Time
	Kind    document.PacketKind // msg_type
	Acknow  document.Acknow
	Sender  Party
	To      []document.Receiver

	Packet  *document.Packet // From, To and the like are those of the message
	Receipt *zones.Acknowledgement
	Changed *Changed
}

// Party is a sender.
type Party struct {
	Code document.ContourCode // @id: the subscriber's code
	document.System
}

// Changed is the notice of the directory service that a directory has a new edition (Body/Datadir).
type Changed struct {
	Type string
	Text string // contains the directory's GUID in brackets
}

// Directory is the GUID between the brackets, or empty.
func (c *Changed) Directory() string {
	_, rest, _ := strings.Cut(c.Text, "[")
	id, _, ok := strings.Cut(rest, "]")
	if !ok {
		return ""
	}
	return strings.TrimSpace(id)
}

// Losses are what a writer could not say in the format, by path.
type Losses struct {
	Lost    []string // of the vocabulary, without a place in the format
	Missing []string // demanded by the format, and nobody said it
	Made    []string // demanded by the format, and made up
}

// envelope describes Envelop; body is what stands in Body.
func (c *codec) envelope(f *markup.Form, m *Message) {
	f.Missed = document.FormatHeader
	markup.Text(f, "type", markup.Required, &m.Version)
	if f.Reading() {
		c.version(f, m)
	}
	markup.Text(f, "msg_id", markup.Required, &m.ID)
	f.Time("dtstamp", markup.Required, &m.Sent)
	f.Present("subject", &m.Subject)
	markup.One(f, "Header", markup.Required, true, m, c.header)
	f.Missed = document.FormatAttribute
	markup.One(f, "Body", markup.Required, true, m, c.body)
}

// version says which codec reads the zones. Letters and blanks are not minded.
func (c *codec) version(f *markup.Form, m *Message) {
	switch {
	case strings.EqualFold(string(m.Version), string(V1)):
		m.Version, c.Format = V1, zones.SDIP1
	case strings.EqualFold(string(m.Version), string(V2)):
		m.Version, c.Format = V2, zones.SDIP2
	case strings.HasPrefix(strings.ToUpper(string(m.Version)), "SDIP-"):
		f.Fault(document.PacketEdition, "@type", markup.Clip(string(m.Version)), string(V2))
	case m.Version != "":
		f.Fault(document.FormatStandard, "@type", markup.Clip(string(m.Version)))
	}
}

func (c *codec) header(f *markup.Form, m *Message) {
	f.Missed = document.FormatHeader
	if f.Reading() {
		m.Acknow = document.AcknowAlways // when it is absent, as receivers of СМДО take it
	}
	kind, known := m.Kind, len(f.Faults)
	markup.Choice(f, "msg_type", markup.Required, &kind, document.Notification, document.Main, document.Additions, document.Answer, document.AdditionsToAnswer)
	if f.Reading() {
		m.Kind, c.kindless = kind, len(f.Faults) > known
		if c.kindless && f.Faults[known].Code == document.FormatAttributeType {
			f.Faults = f.Faults[:known]
			given, _ := f.Element().Attr("msg_type")
			f.Fault(document.PacketKindUnknown, "@msg_type", markup.Clip(given))
		}
	}
	c.acknow(f, m)
	markup.One(f, "Sender", markup.Required, true, &m.Sender, func(f *markup.Form, s *Party) {
		markup.Text(f, "id", markup.Required, &s.Code)
		c.system(f, &s.System, markup.Need(c.Format == zones.SDIP2), markup.Required)
	})
	if f.Reading() && f.Element().Child("Receiver") == nil {
		f.Fault(document.PacketNoReceiver, "Receiver")
		return
	}
	markup.Many(f, "Receiver", 1, document.MaxReceivers, &m.To, c.receiver)
	f.Keep("Integrity")
}

// acknow is always written: its absence means one thing in СМДО and another in ГОСТ.
func (c *codec) acknow(f *markup.Form, m *Message) {
	markup.Choice(f, "msg_acknow", markup.Need(!f.Reading()), &m.Acknow, document.AcknowNone, document.AcknowOnError, document.AcknowAlways)
}

func (c *codec) system(f *markup.Form, s *document.System, since2, always markup.Need) {
	f.Attr("name", markup.Required, &s.Name)
	f.Attr("sys_id", always, &s.SysID)
	if since2 == markup.Required {
		f.Present("system", &s.System)
		f.Present("system_details", &s.Details)
		return
	}
	f.Attr("system", markup.Optional, &s.System)
	f.Attr("system_details", markup.Optional, &s.Details)
}

func (c *codec) receiver(f *markup.Form, r *document.Receiver) {
	markup.Text(f, "id", markup.Required, &r.Contour)
	c.system(f, &r.System, markup.Optional, markup.Optional)
	c.ReceiverParty(f, r)
}

// body describes Body. A packet's zones, a receipt and a notice exclude each other.
func (c *codec) body(f *markup.Form, m *Message) {
	if c.kindless {
		m.Kind = zones.KindOf(f)
	}
	switch {
	case m.Receipt != nil || f.Reading() && m.Kind == document.Notification && !f.Has("Datadir"):
		if m.Receipt == nil {
			m.Receipt = new(zones.Acknowledgement)
		}
		markup.One(f, "Acknowledgement", markup.Required, true, m.Receipt, c.Acknowledgement)
		f.Ignore("Expansion")
	case m.Changed != nil || f.Reading() && m.Kind == document.Notification:
		if m.Changed == nil {
			m.Changed = new(Changed)
		}
		markup.One(f, "Datadir", markup.Required, true, m.Changed, func(f *markup.Form, d *Changed) {
			f.Attr("type", markup.Optional, &d.Type)
			f.Content(&d.Text)
		})
	default:
		if m.Packet == nil {
			m.Packet = m.newPacket()
		}
		c.Begin(m.Packet)
		c.Body(f, m.Packet)
	}
}

// newPacket is a packet with what its envelope says.
func (m *Message) newPacket() *document.Packet {
	return &document.Packet{
		ID: document.PacketID{Sender: m.Sender.Code, MsgID: m.ID}, Edition: document.Edition, Kind: m.Kind, Acknow: m.Acknow,
		Sent: m.Sent, Subject: m.Subject, From: m.Sender.System, To: m.To,
	}
}

// Of is the message that carries a packet.
func Of(p *document.Packet) *Message {
	return &Message{Version: V2, ID: p.ID.MsgID, Subject: p.Subject, Sent: p.Sent, Kind: p.Kind, Acknow: p.Acknow, Sender: Party{p.ID.Sender, p.From}, To: p.To, Packet: p}
}

// isEnvelope tells the root by its name, which some write with its final e.
func isEnvelope(e *markup.Element) bool {
	return strings.EqualFold(e.Name, "Envelop") || strings.EqualFold(e.Name, "Envelope")
}
