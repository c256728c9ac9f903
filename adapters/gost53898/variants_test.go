package gost53898_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/smdo-hub/smdo-hub/adapters/adaptertest"
)

// Whatever stands in whatever place of a message, the door answers, and never that it is its own fault.
func TestNoMessageIsTheDoorsFault(t *testing.T) {
	w := startWeb(t)
	n := 0
	for _, text := range []string{w.letter("sub-a2", uuid.NewString(), "8", []byte("%PDF eight"), "petrov"), receipt("head-a", "sub-a2", uuid.NewString(), 2, "5")} {
		for what, variant := range adaptertest.XMLVariants([]byte(text)) {
			n++
			if status, answer := w.post("head-a", string(variant)); status >= 500 {
				t.Errorf("%s: %d %s", what, status, answer)
			}
		}
	}
	t.Logf("%d variants", n)
}
