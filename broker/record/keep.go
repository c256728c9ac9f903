package record

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// KeptKey names something that an adapter keeps.
type KeptKey struct {
	Adapter string               // who keeps it: "smdo", "medo"
	Contour document.ContourCode // for whom; empty: for itself
	Key     string               // lists go by it, octet by octet
}

// Kept is what an adapter remembers of its work with an outside system: a draft that it composes there call by call, how
// far it has read, what waits to be fetched. It is the adapter's alone; the hub does not look into it.
type Kept struct {
	KeptKey
	Version int64 // grows by one with each change; of a new one, as of one that is not there, 0
	Value   []byte
	At      time.Time // of the last change
	Until   time.Time // when Maintain may forget it; zero: never
}

// MaxKept is how many bytes a value may have: files belong into the blob store.
const MaxKept = 4 << 20

// Keeper keeps what adapters remember.
type Keeper interface {
	// Keep stores put and removes drop, all or nothing. Each of put names the Version that it was read with: when
	// another is there now, or one is there for Version 0, nothing is stored and the error is ErrStale. What is to be
	// dropped may be absent. A key comes once.
	Keep(ctx context.Context, put []Kept, drop []KeptKey) error

	// Kept returns one, or ErrNotFound.
	Kept(ctx context.Context, key KeptKey) (Kept, error)

	// KeptBy returns those of an adapter for a contour with keys above after and below before (empty: no end), by key.
	KeptBy(ctx context.Context, adapter string, contour document.ContourCode, after, before string, limit int) ([]Kept, error)

	// KeptCount counts them, up to most.
	KeptCount(ctx context.Context, adapter string, contour document.ContourCode, after, before string, most int) (int, error)
}

// CompareKept is the order of keys in lists, and of locks (D10).
func CompareKept(a, b KeptKey) int {
	return cmp.Or(strings.Compare(a.Adapter, b.Adapter), strings.Compare(string(a.Contour), string(b.Contour)), strings.Compare(a.Key, b.Key))
}
