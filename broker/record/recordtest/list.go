package recordtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var listPromises = []promise{
	{"pages by key neither skip nor repeat while rows are added: exchanges", (*bed).exchangePages},
	{"pages by key neither skip nor repeat while rows are added: a journal", (*bed).journalPages},
	{"pages by key neither skip nor repeat while rows are added: drafts, tasks, mailbox, history", (*bed).otherPages},
	{"exchanges are listed by side, state, time and need of attention", (*bed).exchangeFilters},
	{"cards are listed by journal, year and state", (*bed).cardFilters},
	{"tasks are listed by executor and state, once registered", (*bed).taskFilters},
	{"due by time, the longest overdue first", (*bed).due},
	{"history is what was accepted, with its exchanges", (*bed).history},
	{"a cursor of another list is an error", (*bed).foreignCursor},
}

// pages walks a list to its end, page by page, and lets something be added after each page.
func (b *bed) pages(list func(record.Page) (keys []string, cursor string, err error), newest bool, limit int, add func()) (all []string) {
	b.Helper()
	p := record.Page{Limit: limit, Newest: newest}
	for steps := 0; ; steps++ {
		keys, next, err := list(p)
		b.must(err)
		if len(keys) > limit {
			b.Fatalf("a page of %d has %d rows", limit, len(keys))
		}
		all = append(all, keys...)
		if next == "" {
			return all
		}
		if steps > 100 {
			b.Fatal("the list has no end")
		}
		p.After = next
		if steps < 3 && add != nil {
			add()
		}
	}
}

// inOrder says that the walk saw every one of want exactly once, in order; what was added meanwhile may be seen
// at the end.
func (b *bed) inOrder(what string, got, want []string) {
	b.Helper()
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		b.Errorf("%s: walked\n%q, want\n%q", what, got, want)
	}
	if once := slices.Compact(slices.Sorted(slices.Values(got))); len(once) != len(got) {
		b.Errorf("%s: a row came twice: %q", what, got)
	}
}

func (b *bed) exchangePages() {
	var in, out []string
	add := func() { // toward three receivers: a cursor stands within a packet
		p := b.packet("snd")
		w := &record.Writes{NewPackets: []*record.Packet{p}}
		for _, code := range []document.ContourCode{"c", "a", "b"} {
			w.NewExchanges = append(w.NewExchanges, exchange(p, code, document.Forwarded))
		}
		b.write(w)
		id := p.ID.String()
		in, out = append(in, id+" a"), append(out, id+" a", id+" b", id+" c")
	}
	for range 7 {
		add()
	}
	walk := func(q record.PacketQuery) func(record.Page) ([]string, string, error) {
		return func(p record.Page) (keys []string, c string, err error) {
			q.Page = p
			rows, c, err := b.r.Exchanges(b.Context(), q)
			for _, e := range rows {
				keys = append(keys, e.ID.String()+" "+string(e.Receiver))
			}
			return keys, c, err
		}
	}
	for _, newest := range []bool{false, true} {
		for _, limit := range []int{1, 2, 7, 100} {
			had := turned(in, newest)
			b.inOrder("incoming", b.pages(walk(record.PacketQuery{Contour: "a"}), newest, limit, add), had)
			had = turned(out, newest)
			b.inOrder("outgoing", b.pages(walk(record.PacketQuery{Contour: "snd", Outgoing: true}), newest, limit, add), had)
		}
	}
}

func turned(keys []string, newest bool) []string {
	keys = slices.Clone(keys)
	if newest {
		slices.Reverse(keys)
	}
	return keys
}

func (b *bed) journalPages() {
	var want []string
	add := func() {
		b.update(record.Reads{Journals: []record.JournalKey{incoming}}, func(st *record.State) *record.Writes {
			j := st.Journals[incoming]
			return &record.Writes{SetJournals: []*record.Journal{j}, NewCards: []*record.Card{b.numbered(j)}}
		})
		want = append(want, fmt.Sprint(len(want)+1))
	}
	for range 11 { // more than nine: by number is not by text
		add()
	}
	for _, year := range []int{2026, 0} {
		for _, newest := range []bool{false, true} {
			had := len(want)
			got := b.pages(func(p record.Page) (keys []string, c string, err error) {
				rows, c, err := b.r.Cards(b.Context(), record.CardQuery{Contour: "rcv", Journal: "in", Year: year, Page: p})
				for _, e := range rows {
					keys = append(keys, e.Number.Number)
				}
				return keys, c, err
			}, newest, 4, add)
			b.inOrder("journal", got, turned(want[:had], newest))
		}
	}
}

func (b *bed) otherPages() {
	var cards, packets []string
	add := func() {
		p, r := b.admitted("snd", "rcv", "t")
		b.seal(r...)
		task := exchange(p, "rcv", document.Forwarded, "t").Tasks[0]
		task.State = document.TaskActive
		c := &record.Card{Key: record.NewKey(), Contour: "rcv", State: document.CardDraft}
		b.write(&record.Writes{NewCards: []*record.Card{c}, SetTasks: []*record.Task{&task}})
		cards, packets = append(cards, c.Key.String()), append(packets, p.Key.String())
	}
	for range 9 {
		add()
	}
	lists := map[string]func(record.Page) ([]string, string, error){
		"drafts": func(p record.Page) (keys []string, c string, err error) {
			rows, c, err := b.r.Cards(b.Context(), record.CardQuery{Contour: "rcv", Page: p})
			for _, e := range rows {
				keys = append(keys, e.Key.String())
			}
			return keys, c, err
		},
		"tasks": func(p record.Page) (keys []string, c string, err error) {
			rows, c, err := b.r.Tasks(b.Context(), record.TaskQuery{Contour: "rcv", Page: p})
			for _, e := range rows {
				keys = append(keys, e.Packet.String())
			}
			return keys, c, err
		},
		"active tasks of one": func(p record.Page) (keys []string, c string, err error) {
			rows, c, err := b.r.Tasks(b.Context(), record.TaskQuery{Contour: "rcv", Executor: "ivanov", State: document.TaskActive, Page: p})
			for _, e := range rows {
				keys = append(keys, e.Packet.String())
			}
			return keys, c, err
		},
	}
	for name, list := range lists {
		for _, newest := range []bool{false, true} {
			want := packets
			if name == "drafts" {
				want = cards
			}
			b.inOrder(name, b.pages(list, newest, 3, add), turned(want[:len(want):len(want)], newest))
		}
	}
	b.inOrder("mailbox", b.keyed(func(after record.Key) (keys []record.Key, err error) {
		rows, err := b.r.Mailbox(b.Context(), "rcv", after, 4)
		for _, e := range rows {
			keys = append(keys, e.Packet)
		}
		return keys, err
	}), packets)
	b.inOrder("history", b.keyed(func(after record.Key) (keys []record.Key, err error) {
		rows, _, err := b.r.History(b.Context(), time.Time{}, after, 4)
		for _, p := range rows {
			keys = append(keys, p.Key)
		}
		return keys, err
	}), packets)
}

// keyed walks a list whose cursor is the last key.
func (b *bed) keyed(list func(after record.Key) ([]record.Key, error)) (all []string) {
	b.Helper()
	var after record.Key
	for {
		keys, err := list(after)
		b.must(err)
		if len(keys) == 0 {
			return all
		}
		for _, k := range keys {
			all = append(all, k.String())
		}
		after = keys[len(keys)-1]
	}
}

func (b *bed) exchangeFilters() {
	at := func(day int) record.Key { // a key as NewKey would make it on that day
		k, moment := record.NewKey(), record.KeyAt(start.AddDate(0, 0, day))
		copy(k[:6], moment[:6])
		return k
	}
	states := []document.State{document.Forwarded, document.Delivered, document.Registered, document.Rejected, document.Expired, document.Withdrawn, document.Delivered, document.Refused}
	packets := make([]*record.Packet, len(states))
	for i, state := range states {
		p := b.packet("snd")
		p.Key = at(i)
		e := exchange(p, "rcv", state)
		if i == 1 || i == 6 { // delivered, waiting for registration: the last of them too long
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
		{"all", record.PacketQuery{}, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{"by state", record.PacketQuery{States: []document.State{document.Delivered, document.Rejected}}, []int{1, 3, 6}},
		{"attention", record.PacketQuery{Attention: true}, []int{3, 4, 6, 7}},
		{"attention by state", record.PacketQuery{Attention: true, States: []document.State{document.Expired, document.Forwarded}}, []int{4}},
		{"since", record.PacketQuery{Since: late}, []int{2, 3, 4, 5, 6, 7}},
		{"until", record.PacketQuery{Until: late}, []int{0, 1}},
		{"between", record.PacketQuery{Since: late, Until: late.AddDate(0, 0, 3)}, []int{2, 3, 4}},
		{"nothing", record.PacketQuery{Since: late, Until: late}, nil},
	} {
		var want []document.PacketID
		for _, i := range c.want {
			want = append(want, packets[i].ID)
		}
		for _, q := range []record.PacketQuery{c.q, c.q} {
			for _, outgoing := range []bool{false, true} {
				q.Contour, q.Outgoing, q.Limit = "rcv", outgoing, 100
				if outgoing {
					q.Contour = "snd"
				}
				for _, newest := range []bool{false, true} {
					q.Newest = newest
					rows, next, err := b.r.Exchanges(b.Context(), q)
					b.must(err)
					got := ids(rows)
					if newest {
						slices.Reverse(got)
					}
					b.same(fmt.Sprintf("%s (outgoing %v, newest %v)", c.name, outgoing, newest), got, want)
					if next != "" {
						b.Errorf("%s: the last page has a cursor", c.name)
					}
				}
			}
		}
	}
	rows, _, err := b.r.Exchanges(b.Context(), record.PacketQuery{Contour: "snd", Page: record.Page{Limit: 10}})
	b.must(err)
	b.same("incoming of the sender", ids(rows), []document.PacketID(nil))
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

func (b *bed) foreignCursor() {
	page := record.Page{After: "никакой", Limit: 10}
	_, _, exchanges := b.r.Exchanges(b.Context(), record.PacketQuery{Contour: "rcv", Page: page})
	_, _, cards := b.r.Cards(b.Context(), record.CardQuery{Contour: "rcv", Page: page})
	_, _, tasks := b.r.Tasks(b.Context(), record.TaskQuery{Contour: "rcv", Page: page})
	if exchanges == nil || cards == nil || tasks == nil {
		b.Errorf("errors of a cursor that no list gave: %v, %v, %v", exchanges, cards, tasks)
	}
}
