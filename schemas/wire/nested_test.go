package wire

import (
	"bytes"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Sizes are measured first and used in the same order: a message that is left out, with all that it
// contains, must not shift those of its neighbours.
func TestAnEmptyMessageInsideAnEmptyMessageLeavesNoTrace(t *testing.T) {
	inner := func(c *coder, r *document.Reference) { one(c, 3, &r.Number, regNumber) }
	outer := func(c *coder, pair *[2]document.Reference) {
		one(c, 1, &pair[0], inner)
		one(c, 2, &pair[1], inner)
	}
	pair := [2]document.Reference{1: {Number: document.RegNumber{Number: "77"}}}
	got, _ := encode(nil, &pair, outer)
	if want := lv(2, lv(3, lv(1, []byte("77")))); !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}
