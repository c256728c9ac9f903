package recordtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

var pagePromises = []promise{
	{"pages by key neither skip nor repeat while rows are added: exchanges", (*bed).exchangePages},
	{"pages by key neither skip nor repeat while rows are added: a journal", (*bed).journalPages},
	{"pages by key neither skip nor repeat while rows are added: drafts, tasks, mailbox, history", (*bed).otherPages},
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

func (b *bed) foreignCursor() {
	page := record.Page{After: "никакой", Limit: 10}
	_, _, exchanges := b.r.Exchanges(b.Context(), record.PacketQuery{Contour: "rcv", Page: page})
	_, _, cards := b.r.Cards(b.Context(), record.CardQuery{Contour: "rcv", Page: page})
	_, _, tasks := b.r.Tasks(b.Context(), record.TaskQuery{Contour: "rcv", Page: page})
	if exchanges == nil || cards == nil || tasks == nil {
		b.Errorf("errors of a cursor that no list gave: %v, %v, %v", exchanges, cards, tasks)
	}
}
