package recordtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var listPromises = []promise{
	{"exchanges are listed by side, state, time and need of attention", (*bed).exchangeFilters},
	{"cards are listed by journal, year and state", (*bed).cardFilters},
	{"tasks are listed by executor and state, once registered", (*bed).taskFilters},
	{"due by time, the longest overdue first", (*bed).due},
	{"history is what was accepted, with its exchanges", (*bed).history},
}

func (b *bed) exchangeFilters() {
	at := func(day int) record.Key { // a key as NewKey would make it on that day
		k, moment := record.NewKey(), record.KeyAt(start.AddDate(0, 0, day))
		copy(k[:6], moment[:6])
		return k
	}
	states := []document.State{document.Forwarded, document.Delivered, document.Registered, document.Rejected, document.Expired, document.Withdrawn, document.Delivered, document.Refused, document.Delivered}
	packets := make([]*record.Packet, len(states))
	for i, state := range states {
		p := b.packet("snd")
		p.Key = at(i)
		e := exchange(p, "rcv", state)
		if i == 1 || i == 6 { // delivered, waiting for registration, 6 too long; of 8 the warning was given
			e.Due, e.DueAt = record.DueRegister, time.Now().Add(time.Hour)
		}
		if i == 6 {
			e.DueAt = start
		}
		packets[i] = p
		b.write(&record.Writes{NewPackets: []*record.Packet{p}, NewExchanges: []*record.Exchange{e}})
	}
	late := start.AddDate(0, 0, 2)
	for _, c := range []struct {
		name string
		q    record.PacketQuery
		want []int
	}{
		{"all", record.PacketQuery{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"by state", record.PacketQuery{States: []document.State{document.Delivered, document.Rejected}}, []int{1, 3, 6, 8}},
		{"attention", record.PacketQuery{Attention: true}, []int{3, 4, 6, 7, 8}},
		{"attention by state", record.PacketQuery{Attention: true, States: []document.State{document.Expired, document.Forwarded}}, []int{4}},
		{"since", record.PacketQuery{Since: late}, []int{2, 3, 4, 5, 6, 7, 8}},
		{"until", record.PacketQuery{Until: late}, []int{0, 1}},
		{"between", record.PacketQuery{Since: late, Until: late.AddDate(0, 0, 3)}, []int{2, 3, 4}},
		{"nothing", record.PacketQuery{Since: late, Until: late}, nil},
	} {
		var want []document.PacketID
		for _, i := range c.want {
			want = append(want, packets[i].ID)
		}
		b.lists(c.name, c.q, want)
	}
	rows, _, err := b.r.Exchanges(b.Context(), record.PacketQuery{Contour: "snd", Page: record.Page{Limit: 10}})
	b.must(err)
	b.same("incoming of the sender", ids(rows), []document.PacketID(nil))
}

// lists asks from both sides and in both orders.
func (b *bed) lists(name string, q record.PacketQuery, want []document.PacketID) {
	b.Helper()
	for contour, outgoing := range map[document.ContourCode]bool{"rcv": false, "snd": true} {
		for _, newest := range []bool{false, true} {
			q.Contour, q.Outgoing, q.Limit, q.Newest = contour, outgoing, 100, newest
			rows, next, err := b.r.Exchanges(b.Context(), q)
			b.must(err)
			got := ids(rows)
			if newest {
				slices.Reverse(got)
			}
			b.same(fmt.Sprintf("%s (outgoing %v, newest %v)", name, outgoing, newest), got, want)
			if next != "" {
				b.Errorf("%s: the last page has a cursor", name)
			}
		}
	}
}

func (b *bed) cardFilters() {
	card := func(journal document.JournalCode, year int, seq int64, state document.CardState) *record.Card {
		return &record.Card{Key: record.NewKey(), Contour: "rcv", Journal: journal, Year: year, Seq: seq, State: state, Version: 1}
	}
	cards := []*record.Card{
		card("in", 2025, 2, document.CardRegistered), card("in", 2026, 1, document.CardRegistered), card("in", 2026, 2, document.CardSent),
		card("out", 2026, 1, document.CardRegistered), card("in", 0, 0, document.CardPending), card("", 0, 0, document.CardDraft), card("in", 0, 0, document.CardRefused),
	}
	foreign := card("in", 2026, 3, document.CardRegistered)
	foreign.Contour = "other"
	b.write(&record.Writes{NewCards: append(cards, foreign)})
	for _, c := range []struct {
		name string
		q    record.CardQuery
		want []int
	}{
		{"a year of a journal", record.CardQuery{Journal: "in", Year: 2026}, []int{1, 2}},
		{"all years of a journal", record.CardQuery{Journal: "in"}, []int{0, 1, 2}},
		{"a journal by state", record.CardQuery{Journal: "in", Year: 2026, State: document.CardSent}, []int{2}},
		{"drafts and pending", record.CardQuery{}, []int{4, 5}},
		{"without a number, by state", record.CardQuery{State: document.CardRefused}, []int{6}},
	} {
		c.q.Contour, c.q.Limit = "rcv", 10
		rows, _, err := b.r.Cards(b.Context(), c.q)
		b.must(err)
		var got, want []record.Key
		for _, r := range rows {
			got = append(got, r.Key)
		}
		for _, i := range c.want {
			want = append(want, cards[i].Key)
		}
		b.same(c.name, got, want)
	}
}

func (b *bed) taskFilters() {
	p, _ := b.admitted("snd", "rcv", "waiting", "mine", "done", "other")
	tasks := exchange(p, "rcv", document.Registered, "waiting", "mine", "done", "other").Tasks
	tasks[1].State, tasks[2].State, tasks[3].State, tasks[3].Executor = document.TaskActive, document.TaskClosed, document.TaskActive, "petrov"
	b.write(&record.Writes{SetTasks: []*record.Task{&tasks[1], &tasks[2], &tasks[3]}})
	for _, c := range []struct {
		q    record.TaskQuery
		want []string
	}{
		{record.TaskQuery{}, []string{"done", "mine", "other"}},
		{record.TaskQuery{State: document.TaskActive}, []string{"mine", "other"}},
		{record.TaskQuery{Executor: "ivanov"}, []string{"done", "mine"}},
		{record.TaskQuery{Executor: "ivanov", State: document.TaskActive}, []string{"mine"}},
		{record.TaskQuery{Executor: "nobody"}, nil},
	} {
		c.q.Contour, c.q.Limit = "rcv", 10
		rows, _, err := b.r.Tasks(b.Context(), c.q)
		b.must(err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Task.ID)
			if r.PacketID != p.ID {
				b.Errorf("task %s is of packet %s", r.Task.ID, r.PacketID)
			}
		}
		b.same(fmt.Sprintf("tasks %+v", c.q), got, c.want)
	}
}

func (b *bed) due() {
	var packets []*record.Packet
	for i, hours := range []int{3, 1, 2, 9, 0} {
		p := b.packet("snd")
		e := exchange(p, "rcv", document.Forwarded, "t")
		if hours > 0 {
			e.Due, e.DueAt = record.DueDeliver, start.Add(time.Duration(hours)*time.Hour)
		}
		b.write(&record.Writes{NewPackets: []*record.Packet{p}, NewExchanges: []*record.Exchange{e}})
		packets = append(packets, p)
		if i == 2 { // settled: cleared by the commit that settles it
			e.Due, e.DueAt = record.DueNothing, time.Time{}
			b.write(&record.Writes{SetExchanges: []*record.Exchange{e}})
		}
	}
	for limit, want := range map[int][]document.PacketID{10: {packets[1].ID, packets[0].ID}, 1: {packets[1].ID}} {
		got, err := b.r.Due(b.Context(), start.Add(4*time.Hour), limit)
		b.must(err)
		b.same("due", ids(got), want)
		for _, e := range got {
			if e.Due != record.DueDeliver || len(e.Tasks) != 0 {
				b.Errorf("due is %q with %d tasks", e.Due, len(e.Tasks))
			}
		}
	}
}

func (b *bed) history() {
	rejected, held := b.packet("snd"), b.packet("snd")
	rejected.State, held.State = document.Rejected, document.Held
	b.write(&record.Writes{NewPackets: []*record.Packet{rejected, held}})
	p, _ := b.admitted("snd", "rcv", "t")
	packets, exchanges, err := b.r.History(b.Context(), time.Now().Add(-time.Hour), record.Key{}, 10)
	b.must(err)
	if len(packets) != 1 || packets[0].ID != p.ID || packets[0].Body != nil || len(exchanges) != 1 || len(exchanges[0]) != 1 || exchanges[0][0].Receiver != "rcv" {
		b.Errorf("history: %d packets, exchanges %v", len(packets), exchanges)
	}
	packets, _, err = b.r.History(b.Context(), time.Now().Add(time.Hour), record.Key{}, 10)
	b.must(err)
	if len(packets) != 0 {
		b.Errorf("%d packets since the next hour", len(packets))
	}
}
