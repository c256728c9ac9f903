package smdo

import (
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Identifiers in the router are GUIDs. Those of this hub are made of what they stand for, so that none need be kept:
// of a package that somebody sends, of its packet; of a packet that waits, of its row; of a receipt, of its leaf.

// space is the name space of the hub's GUIDs (RFC 9562, version 5).
var space = uuid.MustParse("5f0c8a52-6a0e-4f4b-9f3b-1c1f5d7c2a10")

// sentID is the packageId by which a subscriber knows what it sends.
func sentID(id document.PacketID) string {
	return uuid.NewSHA1(space, []byte("packet/"+id.String())).String()
}

// subscriberID is idAbonent of a contour.
func subscriberID(c document.ContourCode) string {
	return uuid.NewSHA1(space, []byte("contour/"+string(c))).String()
}

// receiptMsgID is the msg_id of the message that carries a receipt.
func receiptMsgID(id document.ReceiptID) document.MsgID {
	return document.MsgID(uuid.NewSHA1(space, []byte("receipt/"+string(id))).String())
}

// packetID is the identifier of a packet that waits: the key of its row.
func packetID(k record.Key) string { return uuid.UUID(k).String() }

// leafMark begins the identifiers of receipts: no UUIDv7 of this age begins so.
const leafMark = 0xffff_ffff_0000_8000

// leafID is the identifier of a receipt that waits (UUIDv8).
func leafID(leaf int64) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], leafMark)
	binary.BigEndian.PutUint64(u[8:], uint64(leaf)|1<<63)
	return u.String()
}

// parseID tells what an identifier stands for: a leaf, or else the key of a packet.
func parseID(text string) (key record.Key, leaf int64, isLeaf, ok bool) {
	u, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return record.Key{}, 0, false, false
	}
	if binary.BigEndian.Uint64(u[:8]) == leafMark {
		return record.Key{}, int64(binary.BigEndian.Uint64(u[8:]) &^ (1 << 63)), true, true
	}
	return record.Key(u), 0, false, true
}

// fileID is the identifier of a file within its package: its place, from 1.
func fileID(n int) string {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], leafMark)
	binary.BigEndian.PutUint64(u[8:], uint64(n)|1<<63)
	return u.String()
}
