package broker

import (
	"crypto/sha256"
	"fmt"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
)

// delivery is a message of the DELIVERIES stream: which exchange is due, and the claims that its
// registration will make, so that they can be looked up under the journal's lock in one round trip.
type delivery struct {
	exchange record.ExchangeKey
	claims   []record.ClaimKey
	isAnswer bool // it may bring signatures for the receiver's own card
}

const deliveryType = "by.smdo.delivery.v1"

func deliveryOf(ex *record.Exchange) *nats.Msg {
	m := &smdov1.Delivery{Packet: &smdov1.PacketId{Sender: string(ex.ID.Sender), MsgId: string(ex.ID.MsgID)}, Receiver: string(ex.Receiver), Key: ex.Packet[:], Answer: ex.Doc.Kind == document.Answer}
	for _, c := range claimsOf(ex) {
		m.Claims = append(m.Claims, c[:])
	}
	body, err := proto.Marshal(m)
	if err != nil {
		panic(err) // strings that came out of the record are UTF-8
	}
	return &nats.Msg{Subject: deliverSubject + string(ex.Receiver), Data: body, Header: headers(deliveryType, ex.Packet.Hex(), ex.ID.Sender)}
}

func readDelivery(b []byte) (delivery, error) {
	var m smdov1.Delivery
	if err := proto.Unmarshal(b, &m); err != nil {
		return delivery{}, fmt.Errorf("delivery: %w", err)
	}
	id := document.PacketID{Sender: document.ContourCode(m.GetPacket().GetSender()), MsgID: document.MsgID(m.GetPacket().GetMsgId())}
	d := delivery{exchange: record.ExchangeKey{Packet: id, Receiver: document.ContourCode(m.GetReceiver())}, isAnswer: m.GetAnswer()}
	for _, c := range m.GetClaims() {
		if len(c) != len(record.ClaimKey{}) {
			return delivery{}, fmt.Errorf("delivery: a claim of %d octets", len(c))
		}
		d.claims = append(d.claims, record.ClaimKey(c))
	}
	return d, nil
}

// claimsOf returns what registering the exchange claims, in the order of its tasks (D7).
func claimsOf(ex *record.Exchange) []record.ClaimKey {
	if len(ex.Tasks) == 0 {
		return []record.ClaimKey{claimOf(ex, "")}
	}
	claims := make([]record.ClaimKey, len(ex.Tasks))
	for i := range ex.Tasks {
		claims[i] = claimOf(ex, ex.Tasks[i].ID)
	}
	return claims
}

// claimOf is what may be registered once: this document of this sender with this task at this receiver. A
// document is known by the sender's identifier, or by its number and day.
func claimOf(ex *record.Exchange, task string) record.ClaimKey {
	doc := ex.Doc.DocumentID
	if doc == "" {
		doc = ex.Doc.Number.Number + "\x00" + ex.Doc.Number.Date.String()
	}
	if doc == "\x00" {
		doc = "\x00packet " + ex.ID.String() // additions carry no document of their own
	}
	sum := sha256.Sum256([]byte(string(ex.Receiver) + "\x00" + string(ex.ID.Sender) + "\x00" + doc + "\x00\x00" + task))
	return record.ClaimKey(sum[:16])
}
