package adapters

import (
	"context"
	"errors"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// memoryLife is how long it is known which packet a document came with.
const memoryLife = 3 * 365 * 24 * time.Hour

func memoryKey(p contours.Protocol, receiver, sender document.ContourCode, documentID string) record.KeptKey {
	return record.KeptKey{Adapter: string(p), Contour: receiver, Key: "document/" + string(sender) + "/" + documentID}
}

// Memory is what to keep when a packet is handed to a system whose answers name the document alone: which packet brought it.
func Memory(ctx context.Context, k record.Keeper, p contours.Protocol, receiver document.ContourCode, packet *document.Packet, now time.Time) ([]record.Kept, error) {
	if packet.Document == nil || packet.Document.ID == "" {
		return nil, nil
	}
	key := memoryKey(p, receiver, packet.ID.Sender, packet.Document.ID)
	known, err := k.Kept(ctx, key)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	if string(known.Value) == string(packet.ID.MsgID) {
		return nil, nil
	}
	return []record.Kept{{KeptKey: key, Version: known.Version, Value: []byte(packet.ID.MsgID), At: now, Until: now.Add(memoryLife)}}, nil
}

// Remember keeps it at once.
func Remember(ctx context.Context, k record.Keeper, p contours.Protocol, receiver document.ContourCode, packet *document.Packet, now time.Time) error {
	memory, err := Memory(ctx, k, p, receiver, packet, now)
	if err != nil || memory == nil {
		return err
	}
	return k.Keep(ctx, memory, nil)
}

// Remembered is the packet that brought a document of sender to receiver; record.ErrNotFound when none did.
func Remembered(ctx context.Context, k record.Keeper, p contours.Protocol, receiver, sender document.ContourCode, documentID string) (document.PacketID, error) {
	known, err := k.Kept(ctx, memoryKey(p, receiver, sender, documentID))
	if err != nil {
		return document.PacketID{}, err
	}
	return document.PacketID{Sender: sender, MsgID: document.MsgID(known.Value)}, nil
}

// Given says whether a packet in that state is, or was, handed to its receiver.
func Given(s document.State) bool {
	switch s {
	case document.Queued, document.Held, document.Accepted, document.Rejected, document.Blocked, document.OldFormatted, document.Withdrawn:
		return false
	}
	return true
}
