package recordtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var commitPromises = []promise{
	{"an error of decide comes back as it is and leaves nothing behind", (*bed).decideFails},
	{"what cannot be stored leaves nothing behind, and its neighbours commit", (*bed).neighbours},
	{"a stale card version is refused with ErrStale and nothing else of that commit stays", (*bed).staleCard},
	{"two Updates that take the same identity: one decides again and sees the first", (*bed).sameIdentity},
	{"a receipt id written twice is stored once and comes back with Seq 0", (*bed).receiptTwice},
	{"who gave up before the commit changes nothing", (*bed).gaveUp},
	{"the settings survive a power failure", func(b *bed) { b.must(b.r.Durable(b.Context())); b.must(b.r.Ping(b.Context())) }},
}

// nothingOf says that no row of the sample is there.
func (b *bed) nothingOf(s *sample) {
	b.Helper()
	st := b.state(s.reads())
	b.same("rows that stayed", st, &record.State{Head: st.Head, Journals: map[record.JournalKey]*record.Journal{s.journal.JournalKey: {JournalKey: s.journal.JournalKey}}})
	if found, err := b.r.Unsealed(b.Context(), nil, 10); err != nil || len(found) > 0 {
		b.Errorf("receipts that stayed: %d, %v", len(found), err)
	}
	if _, err := b.r.Note(b.Context(), s.note.Receipt); !errors.Is(err, record.ErrNotFound) {
		b.Errorf("note that stayed: %v", err)
	}
}

func (b *bed) decideFails() {
	s := newSample(new(filler))
	want := errors.New("decided against")
	got := b.r.Update(b.Context(), s.reads(), func(*record.State) (*record.Writes, error) { return s.writes(), want })
	if got != want {
		b.Errorf("Update returned %v, want the error of decide itself", got)
	}
	b.nothingOf(s)
}

func (b *bed) neighbours() {
	taken, _ := b.admitted("snd", "rcv")
	const n = 12
	failed := make([]error, n)
	packets := make([]*record.Packet, n)
	for i := range packets {
		packets[i] = b.packet("snd")
	}
	together(n, func(i int) {
		w := &record.Writes{NewPackets: []*record.Packet{packets[i]}}
		if i%3 == 0 { // the key of a row that is there: no new decision helps
			double := *taken
			double.ID.MsgID = "double"
			w.NewPackets = append(w.NewPackets, &double)
		}
		failed[i] = b.r.Update(b.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) { return w, nil })
	})
	for i, p := range packets {
		stays := b.state(record.Reads{Packets: []document.PacketID{p.ID}}).Packets[p.ID] != nil
		if want := i%3 != 0; stays != want || (failed[i] == nil) != want {
			b.Errorf("Update %d: error %v, packet stays %v", i, failed[i], stays)
		}
	}
}

func (b *bed) staleCard() {
	s := newSample(nil)
	s.card.Version, s.card.Receipt = 4, ""
	b.write(&record.Writes{NewCards: []*record.Card{&s.card}})
	p := b.packet("snd")
	for _, version := range []int64{4, 6, 3} {
		c := s.card
		c.Version, c.Title = version, "stale"
		err := b.r.Update(b.Context(), record.Reads{}, func(*record.State) (*record.Writes, error) {
			return &record.Writes{NewPackets: []*record.Packet{p}, Receipts: []*record.Receipt{receipt(p, "rcv", document.Accept, "x")}, SetCards: []*record.Card{&c}}, nil
		})
		if !errors.Is(err, record.ErrStale) {
			b.Errorf("version %d after 4: %v, want ErrStale", version, err)
		}
	}
	if b.state(record.Reads{Packets: []document.PacketID{p.ID}}).Packets[p.ID] != nil {
		b.Error("the packet of a stale commit stays")
	}
	next := s.card
	next.Version, next.Title = 5, "fresh"
	b.write(&record.Writes{SetCards: []*record.Card{&next}})
	got, err := b.r.Card(b.Context(), next.Key)
	b.must(err)
	b.same("card", got, &next)
}

func (b *bed) sameIdentity() {
	const hands = 6
	for round := range 15 {
		id := document.PacketID{Sender: "snd", MsgID: document.MsgID(fmt.Sprintf("same-%d", round))}
		var wrote, saw atomic.Int32
		together(hands, func(i int) {
			p := b.packet("snd")
			p.ID = id
			won := false
			err := b.r.Update(b.Context(), record.Reads{Packets: []document.PacketID{id}}, func(st *record.State) (*record.Writes, error) {
				if won = st.Packets[id] == nil; !won {
					return nil, nil
				}
				return &record.Writes{NewPackets: []*record.Packet{p}, Receipts: []*record.Receipt{receipt(p, "rcv", document.Accept, fmt.Sprint(i))}}, nil
			})
			switch {
			case err != nil:
				b.Errorf("round %d, Update %d: %v", round, i, err)
			case won:
				wrote.Add(1)
			default:
				saw.Add(1)
			}
		})
		if wrote.Load() != 1 || saw.Load() != hands-1 {
			b.Fatalf("round %d: %d wrote, %d saw the first", round, wrote.Load(), saw.Load())
		}
	}
	if found, err := b.r.Unsealed(b.Context(), nil, 100); err != nil || len(found) != 15 {
		b.Errorf("%d receipts, %v; want those of the 15 that won", len(found), err)
	}
}

func (b *bed) receiptTwice() {
	p, first := b.admitted("snd", "rcv")
	if first[0].Seq <= 0 || first[1].Seq <= first[0].Seq {
		b.Fatalf("seqs are %d, %d; want growing ones", first[0].Seq, first[1].Seq)
	}
	again := receipt(p, "rcv", document.Accept, "a")
	again.Bytes = []byte("another")
	fresh, twin := receipt(p, "rcv", document.Deliver, "d"), receipt(p, "rcv", document.Deliver, "d")
	after := receipt(p, "rcv", document.Register, "r")
	b.write(&record.Writes{Receipts: []*record.Receipt{again, fresh, twin, after}})
	if again.Seq != 0 || twin.Seq != 0 || fresh.Seq <= first[1].Seq || after.Seq <= fresh.Seq {
		b.Errorf("seqs: again %d, fresh %d, its twin %d, after %d", again.Seq, fresh.Seq, twin.Seq, after.Seq)
	}
	b.seal(first[0], first[1], fresh, after)
	all, err := b.r.Receipts(b.Context(), p.ID, 10)
	b.must(err)
	var got []string
	for _, r := range all {
		got = append(got, string(r.Bytes))
	}
	b.same("receipts", got, []string{string(first[0].Bytes), string(first[1].Bytes), string(fresh.Bytes), string(after.Bytes)})
}

func (b *bed) gaveUp() {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	s := newSample(new(filler))
	err := b.r.Update(ctx, s.reads(), func(*record.State) (*record.Writes, error) { return s.writes(), nil })
	if !errors.Is(err, context.Canceled) {
		b.Errorf("Update returned %v", err)
	}
	b.nothingOf(s)
}
