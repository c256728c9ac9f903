package openapi

import (
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Packet is a packet in its JSON form: the fields of document.Packet in snake case, in the order of the form,
// empty ones left out. The sender and msg_id of its name stand as two fields.
type Packet document.Packet

// Task is a task in its JSON form.
type Task document.Task

// MarshalJSON writes the JSON form.
func (p Packet) MarshalJSON() ([]byte, error) { return encode((*document.Packet)(&p)) }

// UnmarshalJSON reads the JSON form. It returns document.Faults, PKT-01 for everything that cannot be
// read; a field that is not known is refused, since nobody would notice that it had no effect.
func (p *Packet) UnmarshalJSON(text []byte) error {
	read := document.Packet{Kind: document.Main, Acknow: document.AcknowAlways, Edition: document.Edition}
	if err := decode(text, &read); err != nil {
		return err
	}
	*p = Packet(read)
	return nil
}

// MarshalJSON writes the JSON form.
func (t Task) MarshalJSON() ([]byte, error) { return encode((*document.Task)(&t)) }

// UnmarshalJSON reads the JSON form, like Packet's.
func (t *Task) UnmarshalJSON(text []byte) error {
	var read document.Task
	if err := decode(text, &read); err != nil {
		return err
	}
	*t = Task(read)
	return nil
}

// KindName is the word of a kind of packet.
func KindName(k document.PacketKind) string { return word(packetKinds, int(k)) }

// KindOf is the kind that a word names.
func KindOf(name string) (document.PacketKind, bool) {
	n, ok := number(packetKinds, name)
	return document.PacketKind(n), ok
}
