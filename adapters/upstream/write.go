package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
	"github.com/smdo-hub/smdo-hub/schemas/zones"
)

// sender hands messages over. Packet and Receipt compose one, and hand, which the hander calls next, sends it.
type sender struct {
	*Link
	next *outgoing
}

// outgoing is a package on its way to the router.
type outgoing struct {
	by    *account
	name  document.MsgID
	body  []byte // the package as JSON, without its files
	files []outgoingFile
	rows  []record.KeptKey       // where it is noted how far it has come: one for each receiver
	to    []document.ContourCode // of a packet; of receipts nobody is told that they cannot be carried
	about document.PacketID      // of a packet: itself
}

type outgoingFile struct {
	name       string
	content    *document.Attachment
	signatures json.RawMessage // as the call that sets them wants them; nil: none
}

// Packet writes a packet for all receivers beyond the router to whom it goes just now.
func (s *sender) Packet(ctx context.Context, p *document.Packet, receiver document.ContourCode) (*adapters.Message, error) {
	a := s.account(p.ID.Sender)
	if a == nil {
		return nil, document.Faults{document.NewFault(document.ContourUnknown, "sender", string(p.ID.Sender))}
	}
	o := &outgoing{by: a, name: p.ID.MsgID, about: p.ID}
	to, err := s.group(ctx, o, p, receiver)
	if err != nil {
		return nil, err
	}
	book := s.Hub.Book()
	shown := adapters.Named(book, p)
	shown.To = slices.DeleteFunc(shown.To, func(r document.Receiver) bool {
		_, is := to[r.Contour]
		return !is
	})
	shown.Tasks = tasksFor(shown)
	if d := p.Document; shown.Subject == "" && d != nil {
		shown.Subject = fmt.Sprintf("%s от %s", d.Number.Number, d.Number.Date)
	}
	pack := &sdip.Package{HeaderID: sdip.HeaderID, Sent: p.Sent, Message: sdip.Of(shown)}
	for _, r := range shown.To {
		pack.To = append(pack.To, to[r.Contour])
	}
	text, losses := sdip.EncodePackage(pack, sdip.Options{Names: adapters.Names(book)})
	o.body = text
	refs, n := zones.References(shown), 0
	for _, f := range shown.Files {
		o.files = append(o.files, outgoingFile{refs[n], f, signatures(f)})
		n++
	}
	s.next = o
	lost := losses.Lost
	if p.Document != nil && adapters.Author(book, p.ID.Sender, p.Document) == p.Author {
		lost = slices.DeleteFunc(lost, func(path string) bool { return path == "author" }) // the document names them
	}
	return &adapters.Message{Name: string(o.name), Lost: lost}, nil
}

// signatures are the signatures of a file as the router's call wants them.
func signatures(f *document.Attachment) json.RawMessage {
	type signature struct {
		KeyID     string `json:"keyId"`
		Signer    string `json:"signer"`
		Operation string `json:"operationType"`
		Original  string `json:"origSignatire"` // so spelled
		Data      []byte `json:"data"`          // base64 of the CMS
	}
	if len(f.Signatures) == 0 {
		return nil
	}
	list := make([]signature, len(f.Signatures))
	for i, s := range f.Signatures {
		list[i] = signature{s.KeyID, s.Signer, s.Operation, s.Original, s.CMS}
	}
	text, _ := json.Marshal(list) // strings and bytes
	return text
}

// space is the name space of the identifiers of receipts (RFC 9562, version 5).
var space = uuid.MustParse("7a1f0c52-93de-4b60-8a41-534d444f0002")

// Receipt writes what is stated about a packet from beyond the router, in the name of the contour that it is for. What the
// hub states as a router, the subscribers there hear from their own; what it refuses is a failed delivery (ack_type 1).
func (s *sender) Receipt(ctx context.Context, r *document.Receipt, p *document.Packet) (*adapters.Message, error) {
	a, said := s.account(r.Receiver), *r
	if sdip.ByRouter(r) {
		switch r.Stage {
		case document.Reject, document.Block, document.OldFormat, document.Expire:
			if said.Stage, said.Code = document.Deliver, -int(r.Stage); len(r.Faults) > 0 {
				said.Code = r.Faults[0].SDIP()
			}
		case document.Conflict, document.EditRefused: // the first packet is untouched: no word about its delivery
			said.Stage = document.UserNote
		default:
			return nil, nil
		}
	}
	if a == nil {
		return nil, nil
	}
	from, err := s.originOf(ctx, a, p.ID)
	if errors.Is(err, record.ErrNotFound) {
		from, err = s.elsewhere(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	var number document.RegNumber
	if p.Document != nil {
		number = p.Document.Number
	}
	name := document.MsgID(uuid.NewSHA1(space, []byte(r.ID)).String())
	s.next = s.receipt(a, &said, name, number, p.ID.Sender, from)
	if s.next == nil {
		return nil, nil
	}
	return &adapters.Message{Name: string(name)}, nil
}

// originLate is how long a message to several of our contours may take into one account after it came into another.
const originLate = 10 * time.Minute

// elsewhere is where a receipt goes whose packet has not come into the account of the contour that it is of, but into another
// of ours: in a moment it will have. One that was forgotten, or never comes, has an address all the same.
func (s *sender) elsewhere(ctx context.Context, r *document.Receipt) (origin, error) {
	if s.Clock().Sub(r.At) < originLate {
		return origin{}, fmt.Errorf("%s is not yet in the account of %s", r.Packet, r.Receiver)
	}
	id, err := s.subscriber(ctx, r.Packet.Sender)
	return origin{Abonent: id}, err
}

// receipt composes a receipt for a sender beyond the router; nil when the format has no word for it.
func (l *Link) receipt(a *account, r *document.Receipt, name document.MsgID, number document.RegNumber, to document.ContourCode, from origin) *outgoing {
	book := l.Hub.Book()
	party := sdip.Party{Code: a.Contour, System: adapters.System(book, a.Contour, document.System{})}
	receiver := document.Receiver{Contour: to, System: document.System{Name: adapters.Organisation(book, to)}}
	pack := &sdip.Package{
		HeaderID: sdip.HeaderID, ParentID: from.Package, Sent: r.At, Ack: true,
		To:      []sdip.Abonent{{ID: from.Abonent, Type: "SMDO", Name: receiver.System.Name}},
		Message: sdip.OfReceipt(r, name, number, party, receiver, document.Russian),
	}
	if pack.Message.Receipt == nil {
		return nil
	}
	text, _ := sdip.EncodePackage(pack, sdip.Options{})
	return &outgoing{by: a, name: name, body: text, rows: []record.KeptKey{key(a.Contour, "out/"+string(name))}}
}
