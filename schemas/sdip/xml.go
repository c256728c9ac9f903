package sdip

import (
	"errors"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// Options are what a reader or writer may be told. The zero value will do.
type Options struct {
	Names  zones.Names
	Limits markup.Limits // of reading; DefaultLimits when zero
	Inline bool          // write the files that a packet holds into the message
}

func (o Options) limits() markup.Limits {
	if o.Limits == (markup.Limits{}) {
		return markup.DefaultLimits()
	}
	return o.Limits
}

type codec struct {
	zones.Codec
	kindless bool // msg_type is missing or unknown
}

// Decode reads a message. The error is document.Faults, everything that is wrong with it; the message beside it holds what
// could be read, and is nil when the text is no SDIP at all.
//
// Contents of files are Inline, whatever their size, or named by ReferenceID.
func Decode(data []byte, o Options) (*Message, error) {
	root, err := markup.Parse(data, o.limits())
	if err != nil {
		return nil, malformed(err)
	}
	return decode(root, o, false)
}

// malformed tells why a text is no message (errorcode -1).
func malformed(err error) document.Faults {
	var s *markup.SyntaxError
	if errors.As(err, &s) {
		return document.Faults{document.NewFault(document.PacketMalformed, "", s.Error())}
	}
	return document.Faults{document.NewFault(document.PacketMalformed, "", "not SDIP")}
}

func decode(root *markup.Element, o Options, twin bool) (*Message, error) {
	if !isEnvelope(root) {
		return nil, document.Faults{document.NewFault(document.PacketMalformed, "", "the root element is not Envelop")}
	}
	c := &codec{Codec: zones.Codec{Names: o.Names, JSON: twin, Format: zones.SDIP2}}
	m := new(Message)
	pass := markup.ReadForm(root, zones.Elements, m, c.envelope)
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
	e, losses := encode(m, o, false)
	return e.Document(), losses
}

func encode(m *Message, o Options, twin bool) (*markup.Element, Losses) {
	c := &codec{Codec: zones.Codec{Names: o.Names, JSON: twin, Format: m.Version.format(), Inline: o.Inline}}
	extras, lost := c.Extras(m.Packet), []string(nil)
	if twin {
		extras, lost = inTwin(extras)
	}
	e, pass := markup.WriteForm("Envelop", extras, m, c.envelope)
	return e, Losses{append(lost, pass.Lost...), pass.Missing, pass.Made}
}

// inTwin parts the extras into those that the twin can carry and the others: it cannot tell an attribute from an element of
// the same name.
func inTwin(extras []document.Variable) (can []document.Variable, lost []string) {
	for _, x := range extras {
		name := x.Name[strings.LastIndexByte(x.Name, '@')+1:]
		if slices.ContainsFunc(zones.Elements, func(e string) bool { return strings.EqualFold(e, name) }) {
			lost = append(lost, x.Name)
		} else {
			can = append(can, x)
		}
	}
	return can, lost
}
