package recordtest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Bench measures the two commits of the main path, and the numbering after each, in full batches: 256 packets of
// 2 KB with one receiver, one task and two receipts are admitted, then registered in one journal with two more
// receipts. It reports microseconds a packet for each of the four and their sum. The disk decides much of it:
// compare only what was measured in one run.
func Bench(b *testing.B, open func(b *testing.B) record.Record) {
	r := open(b)
	defer r.Close()
	load := &load{b: b, r: r, body: bytes.Repeat([]byte("x"), 2000)}
	for b.Loop() {
		load.round()
	}
	packets := float64(b.N * batch)
	for _, part := range []struct {
		name string
		took time.Duration
	}{{"admit", load.admit}, {"register", load.register}, {"number", load.number}, {"sum", load.admit + load.register + load.number}} {
		b.ReportMetric(float64(part.took.Microseconds())/packets, part.name+"-µs/packet")
	}
}

const batch = 256

type load struct {
	b                       *testing.B
	r                       record.Record
	body                    []byte
	n                       int
	admit, register, number time.Duration
}

func (l *load) round() {
	packets := make([]*record.Packet, batch)
	for i := range packets {
		l.n++
		n := fmt.Sprintf("%08d-0000-4000-8000-%012d", l.n*7919%100000000, l.n)
		packets[i] = &record.Packet{Key: record.NewKey(), ID: document.PacketID{Sender: document.ContourCode(fmt.Sprint("sender-", l.n%50)), MsgID: document.MsgID(n)}, Attempt: 1, Kind: document.Main,
			State: document.Accepted, At: time.Now(), Size: 2000, DocumentID: n, DocumentKind: "Письмо", Number: document.RegNumber{Number: "01-12/345", Date: document.Date{Year: 2026, Month: 3, Day: 2}},
			Title: "О предоставлении сведений за первый квартал", Sheets: 3, Body: l.body}
	}
	receipts := l.timed(&l.admit, func() []*record.Receipt { return l.admitAll(packets) })
	l.seal(receipts)
	receipts = l.timed(&l.register, func() []*record.Receipt { return l.registerAll(packets) })
	l.seal(receipts)
}

func (l *load) timed(sum *time.Duration, f func() []*record.Receipt) []*record.Receipt {
	begin := time.Now()
	receipts := f()
	*sum += time.Since(begin)
	return receipts
}

func (l *load) seal(receipts []*record.Receipt) {
	l.timed(&l.number, func() []*record.Receipt {
		if _, _, err := l.r.Number(l.b.Context(), "sealer", time.Hour, seqs(receipts), 0); err != nil {
			l.b.Fatal(err)
		}
		return nil
	})
}

func (l *load) update(reads record.Reads, decide func(*record.State) *record.Writes) []*record.Receipt {
	var w *record.Writes
	err := l.r.Update(l.b.Context(), reads, func(st *record.State) (*record.Writes, error) { w = decide(st); return w, nil })
	if err != nil {
		l.b.Fatal(err)
	}
	return w.Receipts
}

// stated makes two receipts of the usual size.
func (l *load) stated(p *record.Packet, first, second document.Stage) []*record.Receipt {
	a, b := receipt(p, "rcv", first, "0123456789abcdef"), receipt(p, "rcv", second, "0123456789abcdef")
	a.Bytes, b.Bytes = l.body[:300], l.body[:300]
	return []*record.Receipt{a, b}
}

func (l *load) admitAll(packets []*record.Packet) []*record.Receipt {
	var reads record.Reads
	for _, p := range packets {
		reads.Packets = append(reads.Packets, p.ID)
	}
	reads.Early = reads.Packets
	return l.update(reads, func(st *record.State) *record.Writes {
		w := &record.Writes{}
		for _, p := range packets {
			e := exchange(p, "rcv", document.Forwarded, "task-1")
			e.Delivery, e.Due, e.DueAt, e.Deadline = record.Hosted, record.DueDeliver, p.At.Add(time.Minute), p.At.Add(72*time.Hour)
			w.NewPackets, w.NewExchanges = append(w.NewPackets, p), append(w.NewExchanges, e)
			w.Receipts = append(w.Receipts, l.stated(p, document.Accept, document.Forward)...)
		}
		return w
	})
}

func (l *load) registerAll(packets []*record.Packet) []*record.Receipt {
	reads := record.Reads{Journals: []record.JournalKey{incoming}}
	claims := map[record.Key]record.ClaimKey{}
	for _, p := range packets {
		reads.Exchanges = append(reads.Exchanges, record.ExchangeKey{Packet: p.ID, Receiver: "rcv"})
		k := record.ClaimKey(record.NewKey())
		k[0] = k[15] // a digest is not in order
		claims[p.Key], reads.Claims = k, append(reads.Claims, k)
	}
	return l.update(reads, func(st *record.State) *record.Writes {
		j := st.Journals[incoming]
		w := &record.Writes{SetJournals: []*record.Journal{j}}
		for _, k := range reads.Exchanges {
			l.registerOne(w, st.Exchanges[k], j, claims)
		}
		return w
	})
}

func (l *load) registerOne(w *record.Writes, e *record.Exchange, j *record.Journal, claims map[record.Key]record.ClaimKey) {
	p, t := e.Doc, &e.Tasks[0]
	receipts := l.stated(p, document.Deliver, document.Register)
	j.Last++
	j.Day = p.Number.Date
	c := &record.Card{Key: record.NewKey(), Contour: j.Contour, Journal: j.Journal, Year: j.Year, Seq: j.Last, Kind: document.JournalTasks, State: document.CardRegistered, At: time.Now(), Version: 1,
		Number: document.RegNumber{Number: fmt.Sprint(j.Last), Date: j.Day}, Packet: p.Key, PacketID: p.ID, Receipt: receipts[1].ID, Task: t.ID, TaskKind: t.Kind, Executor: t.Executor,
		Correspondent: p.ID.Sender, DocumentID: p.DocumentID, DocumentKind: p.DocumentKind, SenderNumber: p.Number, Title: p.Title, Sheets: p.Sheets}
	e.State, e.Due, e.DueAt, e.Number = document.Registered, record.DueNothing, time.Time{}, c.Number
	t.State, t.Card, t.Journal, t.Number = document.TaskActive, c.Key, c.Journal, c.Number
	w.SetExchanges, w.SetTasks, w.NewCards = append(w.SetExchanges, e), append(w.SetTasks, t), append(w.NewCards, c)
	w.NewClaims = append(w.NewClaims, &record.Claim{Key: claims[p.Key], Card: c.Key, Journal: c.Journal, Number: c.Number})
	w.Receipts = append(w.Receipts, receipts...)
}
