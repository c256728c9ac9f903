package record

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Key is the record's own name of a row: a UUIDv7 given by the hub, so that rows of one time stand
// together and no insert has to be read back. Outside the hub packets are named by document.PacketID.
type Key [16]byte

// NewKey returns a new key, later than all that this process made before.
func NewKey() Key { return Key(uuid.Must(uuid.NewV7())) }

// ParseKey reads the form that String writes, with or without hyphens.
func ParseKey(s string) (Key, error) {
	u, err := uuid.Parse(s)
	if err != nil {
		return Key{}, fmt.Errorf("key %q: %w", s, err)
	}
	return Key(u), nil
}

// String is the usual text of a UUID.
func (k Key) String() string { return uuid.UUID(k).String() }

// Hex is the key as 32 hexadecimal digits.
func (k Key) Hex() string { return hex.EncodeToString(k[:]) }

// Time is the moment in the key, to the millisecond.
func (k Key) Time() time.Time {
	sec, nsec := uuid.UUID(k).Time().UnixTime()
	return time.Unix(sec, nsec).UTC().Truncate(time.Millisecond)
}

// IsZero says whether the key is absent.
func (k Key) IsZero() bool { return k == Key{} }

// KeyAt returns the smallest key of the millisecond of t: keys made before t are smaller. Lists by time
// are ranges of keys, by the moment at which the hub took the row in hand.
func KeyAt(t time.Time) (k Key) {
	ms := max(t.UnixMilli(), 0)
	for i := range 6 {
		k[i] = byte(ms >> (40 - 8*i))
	}
	return k
}
