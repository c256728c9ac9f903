package wire

import (
	"crypto/sha256"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

// MaxPacketBytes is how large an encoded packet may be: its inline files (D15), their signatures and the
// form around them. The bus has to carry as much.
const MaxPacketBytes = 4 << 20

// MarshalPacket returns the only encoding of p. Text that is not UTF-8, a day that is not in the
// calendar or more than MaxPacketBytes is a *document.Fault.
func MarshalPacket(p *document.Packet) ([]byte, error) {
	b, fault := encode((*smdov1.Packet)(nil), p, packet)
	if fault == nil {
		fault = tooLarge(len(b), MaxPacketBytes)
	}
	if fault != nil {
		return nil, fault
	}
	return b, nil
}

// UnmarshalPacket reads a packet that somebody sent; what is wrong with the bytes is a *document.Fault.
// Inline files and signatures alias b: keep b unchanged as long as the packet is in use.
func UnmarshalPacket(b []byte) (*document.Packet, error) {
	p := new(document.Packet)
	if fault := decode((*smdov1.Packet)(nil), b, MaxPacketBytes, p, packet); fault != nil {
		return nil, fault
	}
	return p, nil
}

// ContentDigest is the SHA-256 over the encoding of p: packets with one id are the same packet exactly
// when their digests are equal (D6). How the bytes were written that p was read from does not matter. Of a packet that MarshalPacket refuses it means nothing.
func ContentDigest(p *document.Packet) [sha256.Size]byte {
	b, _ := encode((*smdov1.Packet)(nil), p, packet)
	return sha256.Sum256(b)
}

func packet(c *coder, p *document.Packet) {
	one(c, 1, &p.ID, packetID)
	text(c, 2, &p.Edition)
	integer(c, 3, &p.Kind)
	integer(c, 4, &p.Acknow)
	moment(c, 5, &p.Sent)
	text(c, 6, &p.Subject)
	one(c, 7, &p.From, system)
	text(c, 8, &p.Author)
	many(c, 9, &p.To, document.MaxReceivers, receiver)
	maybe(c, 10, &p.Document, requisites)
	many(c, 11, &p.Tasks, document.MaxTasks, task)
	maybe(c, 12, &p.Answer, taskAnswer)
	many(c, 13, &p.Folders, maxList, folder)
	maybe(c, 14, &p.Expansion, expansion)
}

func packetID(c *coder, id *document.PacketID) {
	text(c, 1, &id.Sender)
	text(c, 2, &id.MsgID)
}

func system(c *coder, s *document.System) {
	text(c, 1, &s.Name)
	text(c, 2, &s.SysID)
	text(c, 3, &s.System)
	text(c, 4, &s.Details)
}

func receiver(c *coder, r *document.Receiver) {
	text(c, 1, &r.Contour)
	one(c, 2, &r.System, system)
	maybe(c, 3, &r.Organization, organization)
	maybe(c, 4, &r.Person, person)
	many(c, 5, &r.Referred, maxList, reference)
}

func folder(c *coder, f *document.Folder) {
	text(c, 1, &f.Contents)
	integer(c, 2, &f.Kind)
	many(c, 3, &f.Files, document.MaxFiles, attachment)
	texts(c, 4, &f.Notes)
	many(c, 5, &f.Referred, maxList, reference)
}

func expansion(c *coder, e *document.Expansion) {
	text(c, 1, &e.Supplement)
	text(c, 2, &e.Version)
	day(c, 3, &e.Date)
	text(c, 4, &e.Notes)
	many(c, 5, &e.Variables, maxList, variable)
}

func variable(c *coder, v *document.Variable) {
	text(c, 1, &v.Name)
	text(c, 2, &v.Value)
}
