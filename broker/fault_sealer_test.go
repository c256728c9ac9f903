package broker_test

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// pair starts two instances of the hub on one record and one bus, each with a ledger of its own.
func pair(t *testing.T) (hubs [2]*brokertest.Env, seams [2]*seam) {
	t.Helper()
	open := openPostgres(pgtest.Start(t))
	o := broker.Options{Lease: 300 * time.Millisecond, Republish: 300 * time.Millisecond, ReconcileEvery: 50 * time.Millisecond, Custody: 20 * time.Second}
	hubs[0] = brokertest.Start(t, brokertest.Options{Open: through(&seams[0], open), Broker: o})
	hubs[1] = brokertest.Start(t, brokertest.Options{Open: through(&seams[1], open), Broker: o, Beside: hubs[0]})
	return hubs, seams
}

// sameLedgers demands that both ledgers are whole and hold the same receipts in the same order.
func sameLedgers(t *testing.T, hubs [2]*brokertest.Env) {
	t.Helper()
	var leaves [2][][]byte
	for i, e := range hubs {
		sound(t, e)
		_, err := ledger.Verify(e.LedgerDir(), e.Checker, func(_ int64, leaf []byte) error {
			leaves[i] = append(leaves[i], slices.Clone(leaf))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := min(len(leaves[0]), len(leaves[1])); n == 0 || !slices.EqualFunc(leaves[0][:n], leaves[1][:n], bytes.Equal) {
		t.Errorf("the ledgers differ within %d receipts", n)
	}
}

func TestTwoHubsShareTheWorkAndNumberWithoutGaps(t *testing.T) {
	t.Parallel()
	hubs, _ := pair(t)
	packets := make([]*document.Packet, 100)
	together(20, func(lane int) {
		for i := lane; i < len(packets); i += 20 {
			packets[i] = signing(hubs[0])
			accepted(t, hubs[i%2], packets[i])
			accepted(t, hubs[(i+1)%2], packets[i]) // and again through the other one's door
		}
	})
	for i, p := range packets {
		registered(t, hubs[i%2], p, "sub-a1")
	}
	numbered(t, hubs[0], len(packets))
	sameLedgers(t, hubs)
}

// What one instance seals, the doors of the other know at once, though neither looks for minutes.
func TestTheOtherHubKnowsWhatWasSealedAtOnce(t *testing.T) {
	t.Parallel()
	open := openPostgres(pgtest.Start(t))
	o := broker.Options{Lease: 10 * time.Minute, Republish: 10 * time.Minute, ReconcileEvery: time.Minute, Custody: 20 * time.Second}
	one := brokertest.Start(t, brokertest.Options{Open: open, Broker: o})
	two := brokertest.Start(t, brokertest.Options{Open: open, Broker: o, Beside: one})
	for i := range 40 { // of both halves of the partitions
		e := []*brokertest.Env{one, two}[i%2]
		accepted(t, e, signing(e))
	}
	sameLedgers(t, [2]*brokertest.Env{one, two})
}

// A sealer that is stopped for longer than its lease, before it numbers or after, and then goes on.
func TestAPausedSealerThatWakesUpNeitherNumbersTwiceNorForks(t *testing.T) {
	t.Parallel()
	for what, after := range map[string]bool{"before it numbered": false, "after it numbered": true} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			hubs, seams := pair(t)
			var holder atomic.Int64
			asleep, wake := make(chan struct{}), make(chan struct{})
			var once sync.Once
			for i, s := range seams {
				s.set(func(s *seam) {
					s.late = true
					s.number = func(seqs []int64, run func() (record.Head, []record.Leaf, error)) (head record.Head, leaves []record.Leaf, err error) {
						if len(seqs) > 0 && after {
							head, leaves, err = run()
						}
						pause := false
						if len(seqs) > 0 && (!after || err == nil) {
							once.Do(func() { pause = true })
						}
						if pause {
							holder.Store(int64(i))
							close(asleep)
							<-wake
						}
						if len(seqs) > 0 && after {
							return head, leaves, err
						}
						return run()
					}
				})
			}
			first := signing(hubs[0])
			var told sync.WaitGroup
			told.Go(func() { accepted(t, hubs[0], first) })
			<-asleep
			other := hubs[1-holder.Load()]
			for range 20 {
				accepted(t, other, signing(other)) // the other one took over
			}
			close(wake)
			told.Wait()
			for range 20 {
				accepted(t, hubs[0], signing(hubs[0]))
				accepted(t, hubs[1], signing(hubs[1]))
			}
			numbered(t, other, 61)
			sameLedgers(t, hubs)
		})
	}
}

// A hub that is stopped in the middle of a registration: its connection to the bus is lost, another one registers,
// then it goes on with what it had in hand.
func TestAPausedRegistrarThatWakesUpGivesNoSecondNumber(t *testing.T) {
	t.Parallel()
	hubs, seams := pair(t)
	var sleeper atomic.Int64
	asleep, wake, woken := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var once sync.Once
	for i, s := range seams {
		s.set(func(s *seam) {
			s.update = func(reads record.Reads, run func() error) error {
				pause := false
				if len(reads.Journals) > 0 {
					once.Do(func() { pause = true })
				}
				if pause {
					sleeper.Store(int64(i))
					close(asleep)
					<-wake
					defer close(woken)
				}
				return run()
			}
		})
	}
	p := signing(hubs[0])
	go func() { _, _ = hubs[0].Submit(bounded(t), "head-a", p) }()
	<-asleep
	hubs[sleeper.Load()].Conn.Close()
	other := hubs[1-sleeper.Load()]
	before := registered(t, other, p, "sub-a1")
	close(wake)
	<-woken
	after := registered(t, other, p, "sub-a1")
	if after.Tasks[0].Number != before.Tasks[0].Number || sound(t, other).Cards != 1 {
		t.Errorf("number %v, then %v", before.Tasks[0].Number, after.Tasks[0].Number)
	}
	if got := stages(t, other, p.ID, "sub-a1"); !slices.Equal(got, []document.Stage{document.Accept, document.Forward, document.Deliver, document.Register}) {
		t.Errorf("receipts %v", got)
	}
}
