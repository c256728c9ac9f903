package documenttest

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// RoundTrips tests what a format does to packets. random makes one of a seed; written writes one in the format, reads it
// again, and says whether nothing was reported as lost or made up.
func RoundTrips(t *testing.T, random func(seed uint64) *document.Packet, written func(*document.Packet) (read *document.Packet, whole bool)) {
	t.Run("what was read from the format is written without loss, whatever the first packet held", func(t *testing.T) {
		for seed := range uint64(300) {
			p := random(seed)
			read, whole := written(p)
			if whole {
				if diff := Diff(p, read); diff != "" {
					t.Fatalf("seed %d: nothing was reported as lost:\n%s", seed, diff)
				}
			}
			again, whole := written(read)
			if diff := Diff(read, again); diff != "" || !whole {
				t.Fatalf("seed %d: reported as whole %t:\n%s", seed, whole, diff)
			}
		}
	})
	t.Run("whatever one thing of a packet is changed, it is either carried or reported", func(t *testing.T) {
		n, lost := 0, 0
		for seed := range uint64(8) {
			p, _ := written(random(seed))
			for path := range Changes(p) {
				read, whole := written(p)
				if n++; !whole {
					lost++
				} else if diff := Diff(p, read); diff != "" {
					t.Errorf("seed %d: %s is not carried and not reported:\n%s", seed, path, diff)
				}
			}
		}
		t.Logf("%d changes, %d of them reported", n, lost)
	})
}
