package broker_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	smdov1 "github.com/smdo-hub/smdo-hub/schemas/proto/smdo/v1"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// signing is a letter with a task for one executor of sub-a1.
func signing(e *brokertest.Env) *document.Packet {
	return e.Letter("sub-a1", brokertest.Task("t-1", document.Sign, "sub-a1", "ivanov"))
}

func TestAThousandRepeatsThroughTwoDoorsHaveOneEffect(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		nc := e.Connector("head-a")
		p := signing(e)
		first := make([][]document.ReceiptID, 20)
		together(20, func(i int) {
			for range 50 {
				var got []document.ReceiptID
				if i%2 == 0 {
					for _, r := range accepted(t, e, p).Receipts {
						got = append(got, r.ID)
					}
				} else {
					reply := request(t, nc, p)
					if reply.GetStanding() != smdov1.Standing_STANDING_CUSTODY {
						t.Errorf("standing %s", reply.GetStanding())
					}
					for _, s := range reply.GetReceipts() {
						r, err := wire.Unseal(s)
						if err != nil {
							t.Error(err)
							return
						}
						got = append(got, r.ID)
					}
				}
				if first[i] == nil {
					first[i] = got
				}
				if len(got) != 2 || !slices.Equal(got, first[i]) {
					t.Errorf("receipts %v, before %v", got, first[i])
				}
			}
		})
		for i := range first {
			if !slices.Equal(first[i], first[0]) {
				t.Errorf("door %d was told %v, door 0 %v", i, first[i], first[0])
			}
		}
		registered(t, e, p, "sub-a1")
		want := []document.Stage{document.Accept, document.Forward, document.Deliver, document.Register}
		if got := stages(t, e, p.ID, "sub-a1"); !slices.Equal(got, want) {
			t.Errorf("receipts %v, want %v", got, want)
		}
		if a := sound(t, e); a.Cards != 1 {
			t.Errorf("%d cards", a.Cards)
		}
	})
}

func TestARepeatAfterARestartGetsTheFirstReceipts(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := signing(e)
		before := accepted(t, e, p)
		registered(t, e, p, "sub-a1")
		e.Restart()
		after := accepted(t, e, p)
		if len(after.Receipts) != len(before.Receipts) {
			t.Fatalf("%d receipts, before %d", len(after.Receipts), len(before.Receipts))
		}
		for i, r := range after.Receipts {
			if b := before.Receipts[i]; r.ID != b.ID || r.Leaf != b.Leaf || !bytes.Equal(wire.ReceiptBytes(r), wire.ReceiptBytes(b)) {
				t.Errorf("receipt %+v, before %+v", r, b)
			}
		}
		if a := sound(t, e); a.Cards != 1 {
			t.Errorf("%d cards", a.Cards)
		}
	})
}

func TestOtherContentUnderTheSameIDIsRefusedAndTheFirstIsUntouched(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := signing(e)
		accepted(t, e, p)
		registered(t, e, p, "sub-a1")
		other := *p
		other.Subject = "Другое письмо"
		for range 3 {
			o := standing(t, submit(t, e, &other), broker.Refused)
			if !slices.Equal(codes(o.Faults), []document.FaultCode{document.PacketConflict}) || len(o.Receipts) != 1 {
				t.Fatalf("faults %v, receipts %v", o.Faults, o.Receipts)
			}
		}
		o := accepted(t, e, p) // the first one's repeat is told of the first one only
		if len(o.Faults) > 0 || len(o.Receipts) != 2 {
			t.Errorf("a repeat of the first packet is told %v, %v", o.Faults, o.Receipts)
		}
		row, _, err := e.Record.Packet(bounded(t), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if row.Attempt != 1 || row.State != document.Accepted {
			t.Errorf("the first packet is now %+v", row)
		}
		body, err := e.Record.Body(bounded(t), row.Key)
		if want, _ := wire.MarshalPacket(p); err != nil || !bytes.Equal(body, want) {
			t.Errorf("the first packet's body changed (%v)", err)
		}
		if s, err := e.Standing(bounded(t), p.ID); err != nil || s.Standing != broker.Custody {
			t.Errorf("standing %s, %v", s.Standing, err)
		}
		sound(t, e)
	})
}

func TestOfTwoContentsUnderOneIDAtOnceOneIsAcceptedAndOnlyItsSenderIsToldSo(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		for range 5 {
			p := signing(e)
			outcomes := make([]broker.Outcome, 8)
			together(len(outcomes), func(i int) {
				mine := *p
				mine.Subject = fmt.Sprint("Письмо ", i%4)
				outcomes[i] = submit(t, e, &mine)
			})
			row, _, err := e.Record.Packet(bounded(t), p.ID)
			if err != nil {
				t.Fatal(err)
			}
			body, err := e.Record.Body(bounded(t), row.Key)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := wire.UnmarshalPacket(body)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range outcomes {
				want := broker.Refused
				if kept.Subject == fmt.Sprint("Письмо ", i%4) {
					want = broker.Custody
				}
				if o.Standing != want {
					t.Errorf("content %d: standing %s, want %s", i%4, o.Standing, want)
				}
			}
		}
		sound(t, e)
	})
}

func TestTheSameDocumentAndTaskUnderAnotherIDKeepsItsNumber(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := signing(e)
		accepted(t, e, p)
		first := registered(t, e, p, "sub-a1")
		again := *p
		again.ID.MsgID += "-again"
		accepted(t, e, &again)
		second := registered(t, e, &again, "sub-a1")
		if second.Tasks[0].Number != first.Tasks[0].Number || second.Tasks[0].Card != first.Tasks[0].Card {
			t.Errorf("numbers %+v and %+v", first.Tasks[0], second.Tasks[0])
		}
		other := again
		other.ID.MsgID += "-other"
		other.Tasks = []document.Task{brokertest.Task("t-2", document.Inform, "sub-a1", "sidorova")}
		accepted(t, e, &other)
		third := registered(t, e, &other, "sub-a1")
		if third.Tasks[0].Number == first.Tasks[0].Number {
			t.Errorf("another task got the number %v", third.Tasks[0].Number)
		}
		if a := sound(t, e); a.Cards != 2 {
			t.Errorf("%d cards, want 2", a.Cards)
		}
	})
}

func TestManyIDsOfOneDocumentAtOnceGetOneNumber(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := signing(e)
		packets := make([]*document.Packet, 50)
		together(len(packets), func(i int) {
			mine := *p
			mine.ID.MsgID = document.MsgID(fmt.Sprintf("%s-%d", p.ID.MsgID, i))
			packets[i] = &mine
			accepted(t, e, &mine)
		})
		number := registered(t, e, packets[0], "sub-a1").Tasks[0].Number
		for _, p := range packets {
			if got := registered(t, e, p, "sub-a1").Tasks[0].Number; got != number {
				t.Errorf("number %v, want %v", got, number)
			}
		}
		if a := sound(t, e); a.Cards != 1 {
			t.Errorf("%d cards", a.Cards)
		}
	})
}

// unsigned is a letter that is refused.
func unsigned(e *brokertest.Env) *document.Packet {
	p := signing(e)
	p.Document.Files[0].Signatures = nil
	return p
}

func TestARepeatOfWhatWasRefusedIsNeverAccepted(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := unsigned(e)
		var refused atomic.Int64
		together(10, func(int) {
			for range 20 {
				o := submit(t, e, p)
				if o.Standing != broker.Refused || !o.Faults.Has(document.SignatureMissing) {
					t.Errorf("standing %s, faults %v", o.Standing, o.Faults)
				}
				refused.Add(1)
			}
		})
		e.Restart()
		standing(t, submit(t, e, p), broker.Refused)
		if got := stages(t, e, p.ID, "sub-a1"); !slices.Equal(got, []document.Stage{document.Reject}) {
			t.Errorf("after %d repeats there are receipts %v", refused.Load(), got)
		}
		sound(t, e)
	})
}

func TestACorrectedPacketMayUseTheIDOfARefusedOne(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := unsigned(e)
		standing(t, submit(t, e, p), broker.Refused)
		right := *p
		d := *p.Document
		right.Document = &d
		d.Files = []document.Attachment{e.File("Письмо.pdf", p.Document.Files[0].Inline, "petrov")}
		o := accepted(t, e, &right)
		if len(o.Faults) > 0 {
			t.Errorf("the corrected packet is told the faults of the first: %v", o.Faults)
		}
		registered(t, e, p, "sub-a1")
		want := []document.Stage{document.Reject, document.Accept, document.Forward, document.Deliver, document.Register}
		if got := stages(t, e, p.ID, "sub-a1"); !slices.Equal(got, want) {
			t.Errorf("receipts %v, want %v", got, want)
		}
		o = standing(t, submit(t, e, p), broker.Refused) // the first again: the id is taken now
		if !o.Faults.Has(document.PacketConflict) {
			t.Errorf("faults %v", o.Faults)
		}
		accepted(t, e, &right)
		sound(t, e)
	})
}

func TestARefusedPacketIsExaminedAnewAfterTheRulesChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		e := brokertest.Start(t, brokertest.Options{Open: open})
		p := e.Letter("sub-b1")
		o := standing(t, submit(t, e, p), broker.Refused)
		if !slices.Equal(codes(o.Faults), []document.FaultCode{document.TrustNone}) {
			t.Fatalf("faults %v", o.Faults)
		}
		e.Apply(with(contours.Example(), "trust:", "trust:\n  - {from: head-a, to: sub-b1, kinds: [Приказ], signatures: {emulator: allow}}"))
		o = standing(t, submit(t, e, p), broker.Refused)
		if !slices.Equal(codes(o.Faults), []document.FaultCode{document.TrustKind}) {
			t.Fatalf("the second refusal tells the faults of the first: %v", o.Faults)
		}
		e.Apply(with(contours.Example(), "trust:", "trust:\n  - {from: head-a, to: sub-b1, signatures: {emulator: allow}}"))
		o = accepted(t, e, p)
		if len(o.Faults) > 0 {
			t.Errorf("an accepted packet is told faults: %v", o.Faults)
		}
		await(t, e, p.ID, "sub-b1", inState(document.Delivered)) // and waits for the clerk
		if got := stages(t, e, p.ID, "sub-b1"); !slices.Equal(got, []document.Stage{document.Reject, document.Reject, document.Accept, document.Forward, document.Deliver}) {
			t.Errorf("receipts %v", got)
		}
		sound(t, e)
	})
}
