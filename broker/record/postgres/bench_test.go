package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const batch = 256

// BenchmarkPath measures what one packet costs the record: a commit of 256 admissions (packet, body of
// 2 KiB, exchange, task, receipts 100 and 101), then one of their registrations (one journal, claim, card,
// exchange, task, two receipts).
func BenchmarkPath(b *testing.B) {
	r := open(b)
	body := make([]byte, 2048)
	n := 0
	for b.Loop() {
		var names []record.ExchangeKey
		for range batch {
			n++
			names = append(names, record.ExchangeKey{Packet: document.PacketID{Sender: "min-econ", MsgID: document.MsgID(fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012d", n))}, Receiver: "min-fin"})
		}
		admit(b, r, names, n-batch+1, body)
		register(b, r, names)
	}
	perPacket := float64(b.Elapsed().Microseconds()) / float64(b.N*batch)
	b.ReportMetric(perPacket, "µs/packet")
	b.ReportMetric(1e6/perPacket, "packets/s")
}

// BenchmarkNumber measures the numbering of receipts.
func BenchmarkNumber(b *testing.B) {
	r := open(b)
	n := 0
	for b.Loop() {
		b.StopTimer()
		var packets []*record.Packet
		for range batch {
			n++
			p, _ := invented("min-econ", n, nil)
			packets = append(packets, p)
		}
		var seqs []int64
		for _, x := range admitted(b, r, packets...) {
			seqs = append(seqs, x.Seq)
		}
		b.StartTimer()
		if _, leaves, err := r.Number(b.Context(), "bench", 1e9, seqs, 0); err != nil || len(leaves) != 2*batch {
			b.Fatal(len(leaves), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch*2), "µs/receipt")
}

func admit(b *testing.B, r record.Updater, names []record.ExchangeKey, first int, body []byte) {
	reads := record.Reads{}
	for _, k := range names {
		reads.Packets, reads.Early = append(reads.Packets, k.Packet), append(reads.Early, k.Packet)
	}
	err := r.Update(b.Context(), reads, func(s *record.State) (*record.Writes, error) {
		w := &record.Writes{}
		for i := range names {
			p, e := invented("min-econ", first+i, body)
			w.NewPackets, w.NewExchanges = append(w.NewPackets, p), append(w.NewExchanges, e)
			w.Receipts = append(w.Receipts, stated(p, "-", document.Accept), stated(p, e.Receiver, document.Forward))
		}
		return w, nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func register(b *testing.B, r record.Updater, names []record.ExchangeKey) {
	journal := record.JournalKey{Contour: "min-fin", Journal: "tasks", Year: 2026}
	reads := record.Reads{Exchanges: names, Journals: []record.JournalKey{journal}}
	for _, k := range names {
		reads.Claims = append(reads.Claims, claimOf(k))
	}
	err := r.Update(b.Context(), reads, func(s *record.State) (*record.Writes, error) {
		w, j := &record.Writes{}, s.Journals[journal]
		for _, k := range names {
			registerOne(w, s.Exchanges[k], j, claimOf(k))
		}
		w.SetJournals = []*record.Journal{j}
		return w, nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func claimOf(k record.ExchangeKey) record.ClaimKey {
	sum := sha256.Sum256([]byte(k.Packet.String() + string(k.Receiver)))
	return record.ClaimKey(sum[:16])
}

func registerOne(w *record.Writes, e *record.Exchange, j *record.Journal, claim record.ClaimKey) {
	j.Last++
	number := document.RegNumber{Number: fmt.Sprintf("Вх-%d", j.Last), Date: document.Date{Year: 2026, Month: 3, Day: 2}}
	registered := stated(e.Doc, e.Receiver, document.Register)
	t := &e.Tasks[0]
	c := &record.Card{Key: record.NewKey(), Contour: e.Receiver, Journal: j.Journal, Year: j.Year, Seq: j.Last, Kind: document.JournalTasks, State: document.CardRegistered,
		Number: number, At: noon, Version: 1, Packet: e.Packet, PacketID: e.ID, Receipt: registered.ID, Task: t.ID, TaskKind: t.Kind, Executor: t.Executor,
		Correspondent: e.ID.Sender, DocumentID: e.Doc.DocumentID, DocumentKind: e.Doc.DocumentKind, SenderNumber: e.Doc.Number, Title: e.Doc.Title, Sheets: e.Doc.Sheets}
	t.State, t.Card, t.Journal, t.Number = document.TaskActive, c.Key, j.Journal, number
	e.State, e.Due, e.Number = document.Registered, record.DueNothing, number
	e.DueAt = e.PulledUntil
	w.NewCards, w.NewClaims = append(w.NewCards, c), append(w.NewClaims, &record.Claim{Key: claim, Card: c.Key, Journal: j.Journal, Number: number})
	w.SetExchanges, w.SetTasks = append(w.SetExchanges, e), append(w.SetTasks, t)
	w.Receipts = append(w.Receipts, stated(e.Doc, e.Receiver, document.Deliver), registered)
}
