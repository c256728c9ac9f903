package broker_test

import (
	"errors"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
)

// A contour's share of the bus bounds what waits to be admitted, and not what it sends in a day: submissions that are kept
// for a while after they were admitted give way (D15).
func TestWhatIsAdmittedKeepsNobodyFromSubmitting(t *testing.T) {
	sizes := broker.DefaultSizes()
	sizes.Share = 20
	e := brokertest.Start(t, brokertest.Options{Sizes: sizes})
	for n := range 3 * int(sizes.Share) {
		p := e.Letter("sub-a1")
		for try := 0; ; try++ {
			o, err := e.Submit(t.Context(), "head-a", p)
			if err == nil && o.Standing == broker.Custody {
				break
			}
			if !errors.Is(err, broker.ErrBusy) || try > 200 {
				t.Fatalf("packet %d: %v %v", n, o.Standing, err)
			}
			<-time.After(10 * time.Millisecond) // who is told that the hub is busy comes again
		}
	}
}
