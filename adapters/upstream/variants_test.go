package upstream_test

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/adapters/adaptertest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Whatever stands in whatever place of a package, it is taken, or put aside and answered: none stays at the router, and what
// comes behind it is registered.
func TestNoPackageStaysAtTheRouter(t *testing.T) {
	s := start(t)
	n := 0
	for to, p := range map[string]object{"head-a": s.remote("sub-a1", "head-a"), "sub-a2": s.ack(s.remote("sub-a2", "sub-a1"), "sub-a1", 2, 0, "1")} {
		for _, variant := range adaptertest.Variants(p) {
			if n++; n%100 == 0 { // the machine may be slow: the wait is for a hundred
				s.confirmed()
			}
			if _, err := s.fake.Give("sub-a1", to, variant); err != nil {
				t.Fatal(err)
			}
		}
	}
	good, _ := s.give()
	s.stands(good, "head-a", document.Registered)
	s.confirmed()
	t.Logf("%d variants", n)
}
