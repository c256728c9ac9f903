package medo

import (
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Message is one communication. It carries a document (Packet alone), the name of a transport container (Container, and
// Packet once Take has opened it), an Acknowledgment or a Notification.
type Message struct {
	Version Version
	Kind    Kind
	UID     string // header/@uid: the GUID of the message
	Created time.Time
	Source  Source
	Index   []Source // deliveryIndex: the systems that the message is for

	Packet         *document.Packet
	Container      string // the name of the zip beside the message
	Acknowledgment *Acknowledgment
	Notification   *Notification

	Parts  []Part // until 2.6: the files beside the message, as the packet names them
	Extras []document.Variable
}

// Of is the message that carries a packet. Version is what it was read from, unless another one is given.
func Of(p *document.Packet, v Version) *Message {
	m := &Message{Version: v, Kind: KindDocument, UID: string(p.ID.MsgID), Created: p.Sent, Packet: p}
	for _, x := range kept(p, ofMessage) {
		switch {
		case x.Name == "@version" && v == "":
			m.Version = Version(x.Value)
		case x.Name == "header/@type" && x.Value == string(KindLetter):
			m.Kind = KindLetter
		}
	}
	if !m.Version.Known() {
		m.Version = V271
	}
	if m.Version.Container() {
		m.Kind, m.Container = KindContainer, ContainerName
	}
	return m
}

// Decode reads a communication. The error is Problems, everything that is wrong with it; the message beside it holds what
// could be read, and is nil when the text is no communication at all.
func Decode(data []byte, o Options) (*Message, error) {
	root, space, err := parse(data, o.Limits)
	if err != nil {
		return nil, malformed(MessageSchema, err)
	}
	if root.Name != "communication" {
		return nil, problemsOf(MessageSchema, document.Faults{document.NewFault(document.FormatStandard, "", "communication")})
	}
	arrangeFiles(root)
	m := new(Message)
	c := newCodec(o, "", nil, nil)
	pass := markup.ReadForm(root, nil, m, c.communication)
	problems := problemsOf(MessageSchema, pass.Faults)
	if space != spaceOld && space != spaceMessage {
		problems = append(problems, problemsOf(MessageSchema, document.Faults{document.NewFault(document.FormatStandard, "", "xmlns")})...)
	}
	problems = append(problems, m.check()...)
	problems = append(problems, twice(MessageSchema, c.parts)...)
	m.Parts, m.Extras = c.parts, pass.Extras
	m.settle(c)
	return m, problems.orNil()
}

// check says what the schema cannot: the header must name the message, and its type must suit what it carries.
func (m *Message) check() (problems Problems) {
	if m.UID == "" {
		problems = append(problems, Problem{Code: HeaderUID, Field: "header/@uid"})
	}
	var suits bool
	switch m.Kind {
	case KindDocument, KindLetter:
		suits = m.Packet != nil && m.Container == ""
	case KindContainer:
		suits = m.Container != ""
	case KindAcknowledgment:
		suits = m.Acknowledgment != nil
	case KindNotification:
		suits = m.Notification != nil
	}
	if !suits {
		problems = append(problems, Problem{Code: HeaderType, Field: "header/@type"})
	}
	return problems
}

// settle fills the packet with what the header says, and gives it the extras.
func (m *Message) settle(c *codec) {
	p := m.Packet
	if m.Container != "" && p == nil {
		p = new(document.Packet)
		m.Packet = p
	}
	if p == nil {
		return
	}
	p.ID = document.PacketID{Sender: c.contour(m.Source), MsgID: document.MsgID(m.UID)}
	p.Edition, p.Sent, p.Acknow = document.Edition, m.Created, document.AcknowAlways
	p.From = document.System{Name: m.Source.Organization, SysID: m.Source.UID}
	if p.Kind == 0 {
		p.Kind = document.Main
	}
	if m.Container == "" {
		m.address(c, p)
	}
	keep(p, ofMessage, append([]document.Variable{{Name: "@version", Value: string(m.Version)}, {Name: "header/@type", Value: string(m.Kind)}}, m.Extras...))
	m.Extras = nil
}

// address names the receivers' systems: those of the deliveryIndex, where there is one.
func (m *Message) address(c *codec, p *document.Packet) {
	for i := range p.To {
		r := &p.To[i]
		if r.System.Name == "" && r.Organization != nil {
			r.System.Name = r.Organization.Text
		}
	}
	taken := make([]bool, len(p.To))
	for _, s := range m.Index {
		r := -1
		for i := range taken {
			if !taken[i] && r < 0 && p.To[i].Organization != nil && p.To[i].Organization.Text == s.Organization {
				r, taken[i] = i, true
			}
		}
		if r < 0 {
			r = len(p.To)
			p.To = append(p.To, document.Receiver{})
		}
		p.To[r].System = document.System{Name: s.Organization, SysID: s.UID}
	}
	for i := range p.To {
		p.To[i].Contour = c.contour(Source{p.To[i].System.SysID, p.To[i].System.Name})
	}
}

// Encode writes a communication in UTF-8, and sets m.Parts to the files that belong beside it.
func Encode(m *Message, o Options) ([]byte, Losses) {
	data, losses := encode(m, o)
	read, err := Decode(data, o)
	if problems, ok := err.(Problems); ok {
		losses.Unfit = problems
	}
	if m.Packet != nil && m.Container == "" {
		losses.leftOver(m.Packet, ofMessage)
		got := new(document.Packet)
		if read != nil && read.Packet != nil {
			got = read.Packet
		}
		losses.compare(m.Packet, got)
	}
	return data, losses
}

func encode(m *Message, o Options) ([]byte, Losses) {
	extras := append(kept(m.Packet, ofMessage), m.Extras...)
	c := newCodec(o, m.Version, m.Packet, extras)
	w := *m
	if p := m.Packet; p != nil {
		copied := *p
		c.packet, w.Packet = &copied, &copied
		if w.Source == (Source{}) {
			w.Source = o.source(p.ID.Sender, p.From)
		}
		c.names = nameFiles(p, c.kept, false)
	}
	if w.Version == V271 && w.Packet != nil && w.Index == nil {
		w.Index = o.index(w.Packet)
	}
	e, pass := markup.WriteForm("communication", extrasForForm(extras), &w, c.communication)
	m.Parts = c.parts
	space, prefix := m.Version.message()
	qualify(e, space, prefix)
	return e.Document(), lossesOf(pass, ofMessage)
}

func lossesOf(pass *markup.Pass, of string) Losses {
	var l Losses
	for _, path := range pass.Missing {
		l.Missing = append(l.Missing, strings.TrimPrefix(of, prefix)+path)
	}
	for _, path := range pass.Lost {
		l.Lost = append(l.Lost, of+path)
	}
	return l
}

// index are the receivers whose system's GUID is known.
func (o *Options) index(p *document.Packet) (list []Source) {
	for i := range p.To {
		if s := o.source(p.To[i].Contour, p.To[i].System); IsGUID(s.UID) {
			list = append(list, s)
		}
	}
	return list
}

// clip keeps what a stranger sent short.
func clip(s string) string { return clipTo(strings.ToValidUTF8(s, "\ufffd"), 64) }

func clipTo(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
