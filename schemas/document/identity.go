package document

import (
	"fmt"
	"regexp"
	"strings"
)

// ContourCode names a contour: one EDMS of one organisation, the unit of addressing and trust.
// In СМДО such codes are free strings («Org4968», «s_window»); here they are also a token of a bus
// subject and a part of a URL, so they keep to 1–64 Latin letters, digits, '_' and '-'.
type ContourCode string

// MsgID is the sender's own identifier of a packet (SDIP Envelop/@msg_id, a GUID in good senders),
// unique within the sender.
type MsgID string

// PacketID names a packet for ever: who sent it and under which identifier (D6).
type PacketID struct {
	Sender ContourCode
	MsgID  MsgID
}

var (
	contourCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	msgID       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	participant = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// Valid says whether the code may name a contour.
func (c ContourCode) Valid() bool { return contourCode.MatchString(string(c)) }

// Valid says whether the identifier may name a packet.
func (m MsgID) Valid() bool { return msgID.MatchString(string(m)) }

// String is the form that people and programs pass on: "<sender>:<msg_id>".
func (p PacketID) String() string { return string(p.Sender) + ":" + string(p.MsgID) }

// IsZero says whether the identifier is absent.
func (p PacketID) IsZero() bool { return p == PacketID{} }

// ParsePacketID reads the form that String writes.
func ParsePacketID(s string) (PacketID, error) {
	sender, id, found := strings.Cut(s, ":")
	p := PacketID{ContourCode(sender), MsgID(id)}
	if !found || !p.Sender.Valid() || !p.MsgID.Valid() {
		return PacketID{}, fmt.Errorf("packet id %q: want <contour>:<msg_id>", s)
	}
	return p, nil
}

// ParticipantCode names a user of a contour who may send or execute tasks across contours. It is a
// code, not a person's name: receipts and logs carry it, never the name (D17).
type ParticipantCode string

// Valid says whether the code may name a participant.
func (p ParticipantCode) Valid() bool { return participant.MatchString(string(p)) }
