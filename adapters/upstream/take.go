package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// take takes one package and says whether it may be confirmed. After an error that is not its sender's fault it stays.
func (l *Link) take(ctx context.Context, a *account, raw []byte, name label) (bool, error) {
	p, err := sdip.DecodePackage(raw, sdip.Options{Names: adapters.Names(l.Hub.Book())})
	if err == nil {
		err = l.understand(ctx, a, p, name)
	}
	var faults document.Faults
	if !errors.As(err, &faults) {
		return err == nil, err
	}
	return l.reject(ctx, a, p, raw, name, faults)
}

// understand does what a package says.
func (l *Link) understand(ctx context.Context, a *account, p *sdip.Package, name label) error {
	m := p.Message
	if fromRouter(p) && (m == nil || m.Packet == nil && m.Changed == nil) {
		return l.heard(ctx, a, p)
	}
	if m == nil { // a bare text, which the router alone may send
		return document.Faults{document.NewFault(document.PacketZone, "body/envelop", "envelop")}
	}
	if m.Changed != nil && (fromRouter(p) || m.Sender.Code == sdip.Directory) {
		l.Log.Info("a directory of the router has a new edition", "directory", m.Changed.Directory())
		return l.changedDirectories(ctx)
	}
	if err := l.vouch(ctx, p); err != nil {
		return err
	}
	switch {
	case m.Receipt != nil:
		return l.told(ctx, a, m)
	case m.Packet != nil:
		return l.submit(ctx, a, p, name)
	}
	return document.Faults{document.NewFault(document.PacketZone, "body", "document")}
}

func fromRouter(p *sdip.Package) bool {
	return p.From != nil && strings.EqualFold(p.From.ID, sdip.Router)
}

// vouch checks that who speaks lives beyond the router, and is whom the router says it is: who it let in stands in «from»,
// and in the message anybody may write anything.
func (l *Link) vouch(ctx context.Context, p *sdip.Package) error {
	sender := p.Message.Sender.Code
	if !l.beyond(sender) {
		return document.Faults{document.NewFault(document.ContourUnknown, "header.sender.id", string(sender))}
	}
	known, err := l.known(ctx)
	if err != nil {
		return err
	}
	id := ""
	if p.From != nil {
		id = strings.ToLower(p.From.ID)
	}
	code, ok := known.code[id]
	switch {
	case !ok && id != "":
		return l.unknown(ctx, document.NewFault(document.PacketSender, "from.idAbonent"))
	case code != sender:
		return document.Faults{document.NewFault(document.PacketSender, "header.sender.id")}
	}
	return nil
}

// submit gives the hub a packet. What the hub refuses with a receipt is told to its sender by that receipt.
func (l *Link) submit(ctx context.Context, a *account, p *sdip.Package, name label) error {
	packet := p.Message.Packet
	if err := l.address(a, packet); err != nil {
		return err
	}
	if err := l.fetchFiles(ctx, a, p, name); err != nil {
		return err
	}
	if packet.Author == "" && packet.Document != nil {
		packet.Author = adapters.Author(l.Hub.Book(), packet.ID.Sender, packet.Document)
	}
	if err := l.remember(ctx, a, packet.ID, origin{cmp.Or(name.PackageID, name.ID), p.From.ID}); err != nil {
		return err
	}
	o, err := l.Hub.Submit(ctx, packet.ID.Sender, packet)
	if err == nil && o.Standing == broker.Waiting {
		err = broker.ErrBusy
	}
	return err
}

// address leaves the receivers that have an account here; the router itself brings the packet to the others. The same message
// in another of our accounts then makes the same packet.
func (l *Link) address(a *account, packet *document.Packet) error {
	if !packet.Receives(a.Contour) {
		return document.Faults{document.NewFault(document.FormatReceiver, "header.receiver", string(a.Contour))}
	}
	var to []document.Receiver
	for _, r := range packet.To {
		if l.account(r.Contour) != nil {
			to = append(to, r)
		}
	}
	packet.To = to
	packet.Tasks = tasksFor(packet)
	return nil
}

// tasksFor returns the tasks of a packet that have executors among its receivers, with these executors alone. What is asked
// of organisations to whom another way leads travels there.
func tasksFor(p *document.Packet) []document.Task {
	var tasks []document.Task
	for _, task := range p.Tasks {
		var ours []document.Executor
		for _, x := range task.Executors {
			if p.Receives(x.Contour) {
				ours = append(ours, x)
			}
		}
		if len(ours) == 0 && len(task.Executors) > 0 {
			continue
		}
		task.Executors = ours
		tasks = append(tasks, task)
	}
	return tasks
}

// remember keeps where a packet came from, before the hub can say anything about it.
func (l *Link) remember(ctx context.Context, a *account, id document.PacketID, from origin) error {
	value, err := json.Marshal(from)
	if err != nil {
		return err
	}
	k := key(a.Contour, originKey(id))
	row, err := l.Record.Kept(ctx, k)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return err
	}
	if string(row.Value) == string(value) {
		return nil
	}
	now := l.Clock()
	return l.Record.Keep(ctx, []record.Kept{{KeptKey: k, Version: row.Version, Value: value, At: now, Until: now.Add(keepFor)}}, nil)
}

// originOf is where a packet came from; record.ErrNotFound when it was not in the account.
func (l *Link) originOf(ctx context.Context, a *account, id document.PacketID) (o origin, err error) {
	row, err := l.Record.Kept(ctx, key(a.Contour, originKey(id)))
	if err == nil {
		err = json.Unmarshal(row.Value, &o)
	}
	return o, err
}

// reject puts a package aside that cannot be taken, and tells its sender what is wrong with it, where it can be addressed. It
// may be confirmed when it is kept, and its files are not lost with it: the sender has been told, or there are none.
func (l *Link) reject(ctx context.Context, a *account, p *sdip.Package, raw []byte, name label, faults document.Faults) (bool, error) {
	x := aside{ID: cmp.Or(name.ID, name.PackageID), Faults: faults, Package: raw}
	if p != nil && p.From != nil {
		x.From = p.From.ID
	}
	if err := l.putAside(ctx, a, x); err != nil {
		return false, err
	}
	if m := addressed(p); m != nil {
		if err := l.complain(ctx, a, p, m, name, faults); err != nil {
			return false, err
		}
		if x.Answered = true; l.putAside(ctx, a, x) != nil {
			return false, nil // the next turn finds that it was answered
		}
	}
	return (x.Answered || len(name.Attachments) == 0) && len(raw) <= record.MaxKept, nil
}

// addressed is the message of a package whose sender can be told what is wrong with it: it is none of the router's, and no
// receipt, for those are never receipted.
func addressed(p *sdip.Package) *sdip.Message {
	if p == nil || p.From == nil || p.From.ID == "" || fromRouter(p) || p.Ack {
		return nil
	}
	if m := p.Message; m != nil && m.ID != "" && m.Kind != document.Notification && m.Receipt == nil && m.Changed == nil {
		return m
	}
	return nil
}

// complain tells the sender of a package that it was delivered with errors (ack_type 1), all of them.
func (l *Link) complain(ctx context.Context, a *account, p *sdip.Package, m *sdip.Message, name label, faults document.Faults) error {
	code := faults[0].SDIP()
	if code == 0 {
		code = -int(document.Reject)
	}
	about := document.PacketID{Sender: m.Sender.Code, MsgID: m.ID}
	r := &document.Receipt{Packet: about, Receiver: a.Contour, Stage: document.Deliver, Code: code, Faults: faults, At: l.Clock()}
	var number document.RegNumber
	if m.Packet != nil && m.Packet.Document != nil {
		number = m.Packet.Document.Number
	}
	id := uuid.NewSHA1(space, fmt.Appendf(nil, "refused/%s/%s/%s", a.Contour, cmp.Or(name.PackageID, name.ID), m.ID))
	return l.deliver(ctx, l.receipt(a, r, document.MsgID(id.String()), number, m.Sender.Code, origin{cmp.Or(name.PackageID, name.ID), p.From.ID}))
}
