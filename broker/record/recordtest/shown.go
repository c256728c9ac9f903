package recordtest

import (
	"errors"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var shownPromises = []promise{
	{"nothing unsealed is shown: mailbox", (*bed).mailboxSealed},
	{"nothing unsealed is shown: receipts", (*bed).receiptsSealed},
	{"nothing unsealed is shown: numbers of cards and tasks", (*bed).numbersSealed},
	{"a mailbox holds what is forwarded to it, and nothing else", (*bed).mailboxOnly},
	{"Feed scans at most Scan leaves and goes on", (*bed).feed},
}

func (b *bed) mailbox(contour document.ContourCode, want ...*record.Packet) {
	b.Helper()
	got, err := b.r.Mailbox(b.Context(), contour, record.Key{}, 100)
	b.must(err)
	b.same("mailbox of "+string(contour), ids(got), packetIDs(want))
}

func ids(exchanges []*record.Exchange) (all []document.PacketID) {
	for _, e := range exchanges {
		all = append(all, e.ID)
	}
	return all
}

func packetIDs(packets []*record.Packet) (all []document.PacketID) {
	for _, p := range packets {
		all = append(all, p.ID)
	}
	return all
}

func (b *bed) mailboxSealed() {
	p, r := b.admitted("snd", "rcv", "t1")
	b.mailbox("rcv")
	b.seal(r[0]) // custody, not the forwarding
	b.mailbox("rcv")
	b.seal(r[1])
	b.mailbox("rcv", p)
	got, err := b.r.Mailbox(b.Context(), "rcv", record.Key{}, 1)
	b.must(err)
	if len(got) != 1 || got[0].Doc == nil || len(got[0].Tasks) != 1 {
		b.Errorf("an item comes without its packet or tasks: %+v", got)
	}

	b.write(&record.Writes{Receipts: []*record.Receipt{receipt(p, "rcv", document.UserNote, "n")}})
	b.mailbox("rcv", p) // another receipt hides nothing

	e := exchange(p, "rcv", document.DeliveryFailed)
	b.write(&record.Writes{SetExchanges: []*record.Exchange{e}})
	b.mailbox("rcv")
	again := receipt(p, "rcv", document.Redeliver, "operator")
	e.State = document.Forwarded
	b.write(&record.Writes{SetExchanges: []*record.Exchange{e}, Receipts: []*record.Receipt{again}})
	b.mailbox("rcv") // the first forwarding is sealed, the second is not
	b.seal(again)
	b.mailbox("rcv", p)
}

func (b *bed) mailboxOnly() {
	p := b.packet("snd")
	receivers := map[document.ContourCode]*record.Exchange{
		"rcv": exchange(p, "rcv", document.Forwarded), "rcv2": exchange(p, "rcv2", document.Forwarded), "delivered": exchange(p, "delivered", document.Delivered),
		"hosted": exchange(p, "hosted", document.Forwarded), "blocked": exchange(p, "blocked", document.Blocked),
	}
	receivers["hosted"].Delivery = record.Hosted
	w := &record.Writes{NewPackets: []*record.Packet{p}}
	for code, e := range receivers {
		w.NewExchanges = append(w.NewExchanges, e)
		w.Receipts = append(w.Receipts, receipt(p, code, document.Forward, "a"))
	}
	b.write(w)
	for _, r := range w.Receipts {
		if r.Receiver != "rcv2" { // a neighbour's receipt, or one of a longer code, is another's
			b.seal(r)
		}
	}
	b.mailbox("rcv", p)
	for _, code := range []document.ContourCode{"rcv2", "delivered", "hosted", "blocked", "snd", "r"} {
		b.mailbox(code)
	}
}

func (b *bed) receiptsSealed() {
	p, r := b.admitted("snd", "rcv")
	other, others := b.admitted("snd", "rcv")
	prefix := b.packet("snd")
	prefix.ID.MsgID = p.ID.MsgID + "0" // begins like the id of p
	longer := receipt(prefix, "rcv", document.Accept, "a")
	b.write(&record.Writes{NewPackets: []*record.Packet{prefix}, Receipts: []*record.Receipt{longer}})
	b.seal(r[1], longer, others[0])

	all, err := b.r.Receipts(b.Context(), p.ID, 10)
	b.must(err)
	b.same("receipts", all, []record.SealedReceipt{{Leaf: 0, Sender: "snd", Receiver: "rcv", Bytes: r[1].Bytes}})
	if _, err := b.r.Receipt(b.Context(), r[0].ID); !errors.Is(err, record.ErrNotFound) {
		b.Errorf("an unsealed receipt: %v, want ErrNotFound", err)
	}
	feed, _, err := b.r.Feed(b.Context(), record.FeedQuery{Limit: 10, Scan: 10})
	b.must(err)
	if len(feed) != 3 {
		b.Errorf("the feed has %d receipts, want the 3 sealed ones", len(feed))
	}
	b.seal(r[0], others[1])
	all, err = b.r.Receipts(b.Context(), p.ID, 10)
	b.must(err)
	if len(all) != 2 || all[0].Leaf != 0 || all[1].Leaf != 3 {
		b.Errorf("receipts are not in leaf order: %+v", all)
	}
	all, err = b.r.Receipts(b.Context(), other.ID, 1)
	b.must(err)
	if len(all) != 1 || all[0].Leaf != 2 {
		b.Errorf("the first receipt of the other packet: %+v", all)
	}
}

func (b *bed) numbersSealed() {
	p, _ := b.admitted("snd", "rcv", "t1")
	j := &record.Journal{JournalKey: incoming}
	c := b.numbered(j)
	r := receipt(p, "rcv", document.Register, "c")
	c.Packet, c.PacketID, c.Task, c.Receipt = p.Key, p.ID, "t1", r.ID
	task := exchange(p, "rcv", document.Registered, "t1").Tasks[0]
	task.State, task.Card, task.Number = document.TaskActive, c.Key, c.Number
	b.write(&record.Writes{SetJournals: []*record.Journal{j}, NewCards: []*record.Card{c}, SetTasks: []*record.Task{&task}, Receipts: []*record.Receipt{r}})
	for _, want := range []document.RegNumber{{}, c.Number} {
		one, err := b.r.Card(b.Context(), c.Key)
		b.must(err)
		of, err := b.r.CardsOf(b.Context(), p.ID, "rcv")
		b.must(err)
		listed, _, err := b.r.Cards(b.Context(), record.CardQuery{Contour: "rcv", Journal: "in", Year: 2026, Page: record.Page{Limit: 10}})
		b.must(err)
		desk, _, err := b.r.Tasks(b.Context(), record.TaskQuery{Contour: "rcv", Page: record.Page{Limit: 10}})
		b.must(err)
		if len(of) != 1 || len(listed) != 1 || len(desk) != 1 {
			b.Fatalf("%d cards of the packet, %d in the journal, %d tasks", len(of), len(listed), len(desk))
		}
		b.same("numbers that are shown", []document.RegNumber{one.Number, of[0].Number, listed[0].Number, desk[0].Number}, []document.RegNumber{want, want, want, want})
		if shown := one.Seq != 0; shown != (want.Number != "") {
			b.Errorf("the place %d in the journal is shown, the number is %q", one.Seq, want.Number)
		}
		if got := b.state(record.Reads{Cards: []record.Key{c.Key}}).Cards[c.Key].Number; got != c.Number {
			b.Errorf("a stage sees the number %v", got)
		}
		b.seal(r)
	}
}

func (b *bed) feed() {
	var want []int64
	for i := range 10 {
		receiver := document.ContourCode("other")
		if i%4 == 1 {
			receiver = "rcv"
		}
		_, r := b.admitted("snd", receiver)
		for _, l := range b.seal(r...) {
			if receiver == "rcv" {
				want = append(want, l.No)
			}
		}
	}
	for _, q := range []record.FeedQuery{{Limit: 100, Scan: 3}, {Limit: 1, Scan: 100}, {Limit: 2, Scan: 7}, {Limit: 100, Scan: 100}} {
		q.Contour = "rcv"
		var got []int64
		for steps := 0; q.From < 20; steps++ {
			if steps > 30 {
				b.Fatalf("Feed does not get on from leaf %d", q.From)
			}
			page, next, err := b.r.Feed(b.Context(), q)
			b.must(err)
			if len(page) > q.Limit || next-q.From > int64(q.Scan) || next <= q.From {
				b.Fatalf("Feed %+v returned %d receipts and goes on from %d", q, len(page), next)
			}
			for _, r := range page {
				got = append(got, r.Leaf)
			}
			q.From = next
		}
		b.same("leaves of rcv", got, want)
		if _, next, err := b.r.Feed(b.Context(), q); err != nil || next != 20 {
			b.Errorf("at the end Feed goes on from %d, %v", next, err)
		}
	}
	for contour, want := range map[document.ContourCode]int{"": 20, "snd": 20, "other": 14, "none": 0} {
		page, _, err := b.r.Feed(b.Context(), record.FeedQuery{Contour: contour, Limit: 100, Scan: 100})
		b.must(err)
		if len(page) != want {
			b.Errorf("feed of %q has %d receipts, want %d", contour, len(page), want)
		}
	}
}
