package broker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// doorWidth is how many requests of the bus doors wait for custody at one time, in this process.
const doorWidth = 1024

// serveBus answers the requests of connectors that speak NATS: submit, report, mailbox. The server lets a
// contour request under its own code only; the subject says who asks. The reply to a submission means what
// its standing says: that the bus took a message is never custody.
func (h *Hub) serveBus(ctx context.Context) error {
	slots := make(chan struct{}, doorWidth)
	doors := map[string]func(context.Context, document.ContourCode, *nats.Msg) proto.Message{
		submitRequest: h.submitDoor, reportRequest: h.reportDoor, mailboxRequest: h.mailboxDoor,
	}
	for prefix, door := range doors {
		sub, err := h.bus.nc.QueueSubscribe(prefix+"*", "hub", func(m *nats.Msg) {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			go func() {
				defer func() { <-slots }()
				reply(m, door(ctx, contourOf(m.Subject), m))
			}()
		})
		if err != nil {
			return fmt.Errorf("serve %s: %w", prefix, err)
		}
		defer func() { _ = sub.Unsubscribe() }()
	}
	seal, err := h.bus.nc.Subscribe(sealSubject, func(*nats.Msg) { h.sealer.Look() })
	if err != nil {
		return fmt.Errorf("serve %s: %w", sealSubject, err)
	}
	defer func() { _ = seal.Unsubscribe() }()
	sealed, err := h.bus.nc.Subscribe(sealedSubject, func(m *nats.Msg) {
		if leaves, err := strconv.ParseInt(string(m.Data), 10, 64); err == nil && leaves > h.announce.Sealed() {
			h.sealer.Follow()
		}
	})
	if err != nil {
		return fmt.Errorf("serve %s: %w", sealedSubject, err)
	}
	defer func() { _ = sealed.Unsubscribe() }()
	<-ctx.Done()
	return nil
}

func reply(m *nats.Msg, answer proto.Message) {
	if m.Reply == "" || !strings.HasPrefix(m.Reply, InboxPrefix(contourOf(m.Subject))+".") {
		return // nobody waits, or the answer would go to somebody else
	}
	if body, err := proto.Marshal(answer); err == nil {
		_ = m.Respond(body)
	}
}

// foreign lists headers of the bus itself, which a contour must not set.
func foreign(m *nats.Msg) document.Faults {
	for name := range m.Header {
		if strings.HasPrefix(strings.ToLower(name), "nats-") || strings.EqualFold(name, cardHeader) {
			return document.Faults{document.NewFault(document.PacketHeaders, "headers", name)}
		}
	}
	return nil
}

var standings = map[Standing]smdov1.Standing{
	Custody: smdov1.Standing_STANDING_CUSTODY, Waiting: smdov1.Standing_STANDING_QUEUED, Refused: smdov1.Standing_STANDING_REFUSED, Pending: smdov1.Standing_STANDING_HELD,
}

func (h *Hub) submitDoor(ctx context.Context, from document.ContourCode, m *nats.Msg) proto.Message {
	faults := foreign(m)
	var o Outcome
	if len(faults) == 0 {
		p, err := wire.UnmarshalPacket(m.Data)
		if err == nil {
			o, err = h.Submit(ctx, from, p)
		}
		if faults = faultsOf(err); err != nil && faults == nil {
			h.log.Warn("a submission waits with its sender", "contour", from, "error", err)
			return &smdov1.SubmitReply{Standing: smdov1.Standing_STANDING_QUEUED}
		}
	}
	if len(faults) > 0 {
		return &smdov1.SubmitReply{Standing: smdov1.Standing_STANDING_REFUSED, Faults: wire.Faults(faults)}
	}
	id := &smdov1.PacketId{Sender: string(o.Packet.Sender), MsgId: string(o.Packet.MsgID)}
	return &smdov1.SubmitReply{Standing: standings[o.Standing], Packet: id, Receipts: seal(o.Receipts), Faults: wire.Faults(o.Faults)}
}

func (h *Hub) reportDoor(ctx context.Context, from document.ContourCode, m *nats.Msg) proto.Message {
	faults := foreign(m)
	var o Outcome
	var id string
	if len(faults) == 0 {
		r, err := wire.UnmarshalReport(m.Data)
		if err == nil {
			id = r.ID
			o, err = h.Report(ctx, from, r)
		}
		if faults = faultsOf(err); err != nil && faults == nil {
			h.log.Warn("a report waits with its sender", "contour", from, "error", err)
			return &smdov1.ReportReply{Standing: smdov1.Standing_STANDING_QUEUED, Report: id}
		}
	}
	if len(faults) > 0 {
		return &smdov1.ReportReply{Standing: smdov1.Standing_STANDING_REFUSED, Report: id, Faults: wire.Faults(faults)}
	}
	return &smdov1.ReportReply{Standing: standings[o.Standing], Report: id, Receipts: seal(o.Receipts), Faults: wire.Faults(o.Faults)}
}

func (h *Hub) mailboxDoor(ctx context.Context, from document.ContourCode, m *nats.Msg) proto.Message {
	var request smdov1.MailboxRequest
	if err := proto.Unmarshal(m.Data, &request); err != nil || len(request.GetAfter()) > len(record.Key{}) || len(request.GetConfirm()) > 1000 {
		return &smdov1.MailboxReply{Faults: wire.Faults(document.Faults{document.NewFault(document.PacketMalformed, "request", "MailboxRequest")})}
	}
	var answer smdov1.MailboxReply
	for _, id := range request.GetConfirm() {
		packet := document.PacketID{Sender: document.ContourCode(id.GetSender()), MsgID: document.MsgID(id.GetMsgId())}
		if err := h.Confirm(ctx, from, packet); err != nil {
			answer.Faults = append(answer.Faults, wire.Faults(orUnknown(faultsOf(err)))...)
			continue
		}
		answer.Confirmed = append(answer.Confirmed, id)
	}
	if request.GetLimit() <= 0 {
		return &answer
	}
	var after record.Key
	copy(after[:], request.GetAfter())
	items, err := h.Mailbox(ctx, from, after, min(int(request.GetLimit()), 100))
	if err != nil {
		h.log.Warn("a mailbox cannot be read", "contour", from, "error", err)
		return &answer
	}
	for i, total := 0, 0; i < len(items) && total < maxMessage; i++ {
		body, err := wire.MarshalPacket(items[i].Packet)
		if err != nil {
			continue // it came out of the record
		}
		total += len(body)
		id := items[i].Packet.ID
		answer.Items = append(answer.Items, &smdov1.MailboxItem{Id: &smdov1.PacketId{Sender: string(id.Sender), MsgId: string(id.MsgID)}, Packet: body})
		answer.Next = items[i].Key[:]
	}
	return &answer
}

// Confirm settles a mailbox item: the contour's system has the packet (ack 1, code 0).
func (h *Hub) Confirm(ctx context.Context, from document.ContourCode, packet document.PacketID) error {
	if _, err := h.exchangeOf(ctx, packet, from); err != nil {
		if notFound(err) {
			return document.Faults{document.NewFault(document.PacketUnknown, "packet", packet.String())}
		}
		return err
	}
	o, err := h.Report(ctx, from, &document.Report{ID: "confirm-" + string(packet.MsgID), Packet: packet, Stage: document.Deliver, At: h.Clock()})
	if err == nil && o.Standing != Custody {
		err = fmt.Errorf("%w: the confirmation of %s is queued", ErrBusy, packet)
	}
	return err
}

func seal(rs []*document.Receipt) []*smdov1.SealedReceipt {
	out := make([]*smdov1.SealedReceipt, len(rs))
	for i, r := range rs {
		out[i] = wire.Seal(r)
	}
	return out
}

func faultsOf(err error) document.Faults {
	var many document.Faults
	var one *document.Fault
	switch {
	case errors.As(err, &many):
		return many
	case errors.As(err, &one):
		return document.Faults{*one}
	}
	return nil
}

func orUnknown(f document.Faults) document.Faults {
	if len(f) == 0 {
		f = document.Faults{document.NewFault(document.PacketUnknown, "confirm")}
	}
	return f
}
