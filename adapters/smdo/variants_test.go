package smdo_test

import (
	"testing"

	"github.com/smdo-hub/smdo-hub/adapters/adaptertest"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
)

// Whatever stands in whatever place of a package, the router answers, and never that it is its own fault.
func TestNoPackageIsTheRoutersFault(t *testing.T) {
	s := start(t, brokertest.Options{})
	head := s.subscriber("head-a")
	letter := head.letter("sub-a1", "1", task("t-1", "Подписание", "Филиал А1", "Иванов Иван Иванович"))
	n := 0
	for _, p := range []object{letter, head.receipt(letter, 2, 0, "1")} {
		for what, variant := range adaptertest.Variants(p) {
			n++
			status, draft := head.call("POST", toRouter, variant)
			if status == 201 {
				id, _ := draft["packageId"].(string)
				status, draft = head.call("GET", toRouter+"/"+id+"/send", nil)
				head.call("DELETE", toRouter+"/"+id, nil)
			}
			if status >= 500 {
				t.Errorf("%s: %d %v", what, status, draft)
			}
		}
	}
	t.Logf("%d variants", n)
}
