package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// allowed are the steps of plans that do not grow with the traffic: tables of one row or of few, and the sorting of
// one packet's receipts.
var allowed = regexp.MustCompile(`^(SCAN (hub_head|h|sqlite_sequence|json_each|CONSTANT ROW|rules_version|early)\b|USE TEMP B-TREE FOR ORDER BY$)`)

func TestNoQueryScansATableOrSortsAList(t *testing.T) {
	ctx := t.Context()
	r, err := Open(ctx, filepath.Join(t.TempDir(), "record.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	askEverything(t, ctx, r)
	queries := map[string]bool{}
	for range readerCount {
		s := <-r.idle
		for q := range s.statements {
			queries[q] = true
		}
		r.idle <- s
	}
	err = r.writer.write(ctx, func(_ context.Context, w *tx) error {
		for q := range w.statements {
			queries[q] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for q := range queries {
		if strings.HasPrefix(q, "SELECT") || strings.HasPrefix(q, "UPDATE") || strings.HasPrefix(q, "DELETE") {
			checkPlan(t, r, q)
			checked++
		}
	}
	if checked < 40 {
		t.Errorf("only %d queries were checked", checked)
	}
}

func checkPlan(t *testing.T, r *Record, query string) {
	t.Helper()
	args := make([]any, 40)
	for i := range args {
		args[i] = int64(0)
	}
	n := strings.Count(query, "?")
	for i := len(args); i > 0; i-- {
		if strings.Contains(query, fmt.Sprintf("?%d", i)) {
			n = i
			break
		}
	}
	rows, err := r.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args[:n]...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		bad := strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE") || strings.Contains(step, "AUTOMATIC")
		sorted := strings.HasPrefix(step, "USE TEMP") && !strings.Contains(query, "l.no LIMIT") && !strings.Contains(query, "t.ordinal") && !strings.Contains(query, "FROM early")
		if bad && (!allowed.MatchString(step) || sorted) {
			t.Errorf("%s\n\tin %s", step, query)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// askEverything runs every query once.
func askEverything(t *testing.T, ctx context.Context, r *Record) {
	t.Helper()
	id, page := document.PacketID{Sender: "a", MsgID: "b"}, record.Page{Limit: 10}
	for _, newest := range []bool{false, true} {
		page.Newest = newest
		for _, outgoing := range []bool{false, true} {
			for _, attention := range []bool{false, true} {
				for _, states := range [][]document.State{nil, {document.Held}} {
					_, _, err := r.Exchanges(ctx, record.PacketQuery{Contour: "a", Outgoing: outgoing, Attention: attention, States: states, Page: page})
					fatal(t, err)
				}
			}
		}
		for _, q := range []record.CardQuery{{}, {Journal: "j"}, {Journal: "j", Year: 2026}, {State: document.CardDraft}} {
			q.Page = page
			_, _, err := r.Cards(ctx, q)
			fatal(t, err)
		}
		for _, q := range []record.TaskQuery{{}, {Executor: "e"}, {State: document.TaskActive}, {Executor: "e", State: document.TaskActive}} {
			q.Page = page
			_, _, err := r.Tasks(ctx, q)
			fatal(t, err)
		}
	}
	p := &record.Packet{Key: record.NewKey(), ID: id, Attempt: 1, State: document.Accepted}
	e := &record.Exchange{Packet: p.Key, ID: id, Receiver: "c", Tasks: []record.Task{{Packet: p.Key, Receiver: "c", ID: "t"}}}
	c := &record.Card{Key: record.NewKey(), Version: 1}
	rc, twin := &record.Receipt{Receipt: document.Receipt{ID: "a:b/c"}}, &record.Receipt{Receipt: document.Receipt{ID: "a:b/c"}}
	fatal(t, r.Update(ctx, record.Reads{}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{NewPackets: []*record.Packet{p}, NewExchanges: []*record.Exchange{e}, NewCards: []*record.Card{c}, Receipts: []*record.Receipt{rc, twin},
			NewEarly: []record.Early{{Packet: id}}, NewUploads: []*record.Upload{{}}}, nil
	}))
	c.Version = 2
	fatal(t, r.Update(ctx, record.Reads{Packets: []document.PacketID{id}, Exchanges: []record.ExchangeKey{e.Key()}, Journals: []record.JournalKey{{}}, Cards: []record.Key{c.Key}, Claims: []record.ClaimKey{{}},
		Stored: []document.ContourCode{"a"}, Uploads: []record.UploadKey{{}}, Early: []document.PacketID{id}, EarlyOf: []document.ContourCode{"a"}, Dead: []record.Key{c.Key}}, func(*record.State) (*record.Writes, error) {
		return &record.Writes{SetPackets: []*record.Packet{p}, SetExchanges: []*record.Exchange{e}, SetTasks: []*record.Task{&e.Tasks[0]}, SetCards: []*record.Card{c},
			GoneEarly: []document.PacketID{id}, GoneDead: []record.Key{c.Key}, Adopted: []record.UploadKey{{}}}, nil
	}))
	_, _, err := r.Packet(ctx, id)
	fatal(t, err)
	_, err = r.Body(ctx, p.Key)
	fatal(t, err)
	_, _, err = r.History(ctx, time.Time{}, record.Key{}, 1)
	fatal(t, err)
	r.Card(ctx, c.Key)
	r.CardsOf(ctx, id, "c")
	r.Journals(ctx, "c")
	r.Mailbox(ctx, "c", record.Key{}, 1)
	r.Due(ctx, time.Now(), 1)
	r.Receipts(ctx, id, 1)
	r.Receipt(ctx, "x")
	r.Note(ctx, "x")
	r.Feed(ctx, record.FeedQuery{Contour: "c", Limit: 1, Scan: 1})
	r.DeadLetters(ctx, "", record.Key{}, 1)
	r.DeadLetters(ctx, "admit", record.Key{}, 1)
	_, err = r.Stored(ctx, "a")
	fatal(t, err)
	_, err = r.Doom(ctx, []record.StoredFile{{SHA256: [32]byte{1}, Stored: time.Now()}})
	fatal(t, err)
	fatal(t, r.Maintain(ctx, time.Now()))
	_, err = r.ProposeRules(ctx, record.Rules{}, true)
	fatal(t, err)
	r.RulesVersion(ctx, 0)
	r.RulesVersions(ctx, 0, 1)
	r.Keys(ctx, "", "", 1)
	r.Keys(ctx, "c", "", 1)
	r.KeptBy(ctx, "smdo", "c", "a", "", 1)
	r.KeptBy(ctx, "smdo", "c", "a", "b", 1)
	r.Kept(ctx, record.KeptKey{Adapter: "smdo", Key: "a"})
	r.Key(ctx, "x")
	r.RevokeKey(ctx, "x", time.Now())
	r.Unsealed(ctx, nil, 1)
	r.Unsealed(ctx, []int64{1}, 1)
	r.Leaves(ctx, 0, 1)
	_, _, err = r.Number(ctx, "me", time.Hour, []int64{rc.Seq}, 0)
	fatal(t, err)
	r.Number(ctx, "me", time.Hour, []int64{rc.Seq, 500}, 0)
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
