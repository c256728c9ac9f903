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

func memoryKey(p contours.Protocol, contour document.ContourCode, alias string) record.KeptKey {
	return record.KeptKey{Adapter: string(p), Contour: contour, Key: "alias/" + alias}
}

// Memory is what to keep when a packet is handed to a system that will speak of it by other names than the hub's: the
// identifiers of its document, or of the message that carried it.
func Memory(ctx context.Context, k record.Keeper, p contours.Protocol, contour document.ContourCode, packet document.PacketID, aliases []string, now time.Time) (rows []record.Kept, err error) {
	for _, alias := range aliases {
		key := memoryKey(p, contour, alias)
		known, err := k.Kept(ctx, key)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return nil, err
		}
		if string(known.Value) != packet.String() {
			rows = append(rows, record.Kept{KeptKey: key, Version: known.Version, Value: []byte(packet.String()), At: now, Until: now.Add(memoryLife)})
		}
	}
	return rows, nil
}

// Remember keeps it at once.
func Remember(ctx context.Context, k record.Keeper, p contours.Protocol, contour document.ContourCode, packet document.PacketID, aliases []string, now time.Time) error {
	rows, err := Memory(ctx, k, p, contour, packet, aliases, now)
	if err != nil || len(rows) == 0 {
		return err
	}
	return k.Keep(ctx, rows, nil)
}

// Remembered is the packet that a contour calls so; record.ErrNotFound when it was handed none of that name.
func Remembered(ctx context.Context, k record.Keeper, p contours.Protocol, contour document.ContourCode, alias string) (document.PacketID, error) {
	known, err := k.Kept(ctx, memoryKey(p, contour, alias))
	if err != nil {
		return document.PacketID{}, err
	}
	return document.ParsePacketID(string(known.Value))
}

// Given says whether a packet in that state is, or was, handed to its receiver.
func Given(s document.State) bool {
	switch s {
	case document.Queued, document.Held, document.Accepted, document.Rejected, document.Blocked, document.OldFormatted, document.Withdrawn:
		return false
	}
	return true
}
