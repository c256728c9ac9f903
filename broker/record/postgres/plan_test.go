package postgres

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres/pgtest"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// TestNothingIsReadWhole: with 5,000 packets in the record a page of ten touches some hundred rows at most,
// whichever list it is of, although the plans were made for empty tables.
func TestNothingIsReadWhole(t *testing.T) {
	r, asked := traced(t)
	pages(t, r) // makes the plans
	for _, q := range locks() {
		rowsTouched(t, r, q)
	}
	if _, err := r.pool.Exec(t.Context(), fillSQL); err != nil {
		t.Fatal(err)
	}
	asked.take()
	pages(t, r)
	number := pgx.TraceQueryStartData{SQL: "select * from hub_number('sealer', 1, '', 0, array[4980, 4995], array[4994, 4998], 4000)"}
	for _, q := range append(asked.take(), append(locks(), number)...) {
		if touched := rowsTouched(t, r, q); touched > 400 {
			t.Errorf("%d rows are touched by\n%s", touched, q.SQL)
		}
	}
}

// pages asks each question of a Reader once.
func pages(t *testing.T, r *Record) {
	t.Helper()
	ctx := t.Context()
	page := record.Page{Limit: 10}
	newest := record.Page{Limit: 10, Newest: true}
	id := document.PacketID{Sender: "s7", MsgID: "m2507"}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	for _, p := range []record.Page{page, newest} {
		for _, out := range []bool{false, true} {
			contour := document.ContourCode("r7")
			if out {
				contour = "s7"
			}
			_, next, err := r.Exchanges(ctx, record.PacketQuery{Contour: contour, Outgoing: out, Page: p})
			note(err)
			p.After = next
			_, _, err = r.Exchanges(ctx, record.PacketQuery{Contour: contour, Outgoing: out, Page: p})
			note(err)
			p.After = ""
			_, _, err = r.Exchanges(ctx, record.PacketQuery{Contour: contour, Outgoing: out, Attention: true, Page: p})
			note(err)
		}
		_, _, err := r.Cards(ctx, record.CardQuery{Contour: "r7", Journal: "j", Year: 2026, Page: p})
		note(err)
		_, _, err = r.Cards(ctx, record.CardQuery{Contour: "r7", Page: p})
		note(err)
		_, _, err = r.Tasks(ctx, record.TaskQuery{Contour: "r7", Page: p})
		note(err)
		_, _, err = r.Tasks(ctx, record.TaskQuery{Contour: "r7", Executor: "e", State: document.TaskActive, Page: p})
		note(err)
	}
	_, _, err := r.Packet(ctx, id)
	note(ignoreAbsent(err))
	_, err = r.Receipts(ctx, id, 10)
	note(err)
	_, err = r.Receipt(ctx, document.NewReceiptID(id, "r7", "", document.Accept, "e"))
	note(ignoreAbsent(err))
	_, err = r.Mailbox(ctx, "r7", record.Key{}, 10)
	note(err)
	_, _, err = r.Feed(ctx, record.FeedQuery{Contour: "r7", From: 100, Limit: 10, Scan: 200})
	note(err)
	_, err = r.CardsOf(ctx, id, "r7")
	note(err)
	_, err = r.Due(ctx, time.Now(), 10)
	note(err)
	_, _, err = r.History(ctx, time.Time{}, record.Key{}, 10)
	note(err)
	_, err = r.Unsealed(ctx, nil, 10)
	note(err)
	_, err = r.Unsealed(ctx, []int64{3, 5000}, 10)
	note(err)
	_, err = r.Leaves(ctx, 100, 10)
	note(err)
	_, _, err = r.Number(ctx, "sealer", time.Hour, []int64{4988}, 0)
	note(ignoreAbsent(err))
	_, err = r.DeadLetters(ctx, "admit", record.Key{}, 10)
	note(err)
	_, err = r.Stored(ctx, "c7")
	note(err)
	_, err = r.Doom(ctx, []record.StoredFile{{SHA256: [32]byte{1}, Stored: time.Now()}})
	note(err)
	_, err = r.KeptBy(ctx, "smdo", "c7", "a", "b", 10)
	note(err)
	for version := range int64(2) { // new, then changed
		two := []record.Kept{{KeptKey: record.KeptKey{Adapter: "smdo", Key: "a"}, Version: version}, {KeptKey: record.KeptKey{Adapter: "smdo", Key: "b"}, Version: version}}
		note(r.Keep(ctx, two, []record.KeptKey{{Key: "x"}, {Key: "y"}}))
	}
	note(r.Keep(ctx, nil, []record.KeptKey{{Adapter: "smdo", Key: "a"}, {Adapter: "smdo", Key: "b"}}))
	note(r.Maintain(ctx, time.Now()))
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// locks are the statements with which Update loads, each for one row and for many.
func locks() (all []pgx.TraceQueryStartData) {
	packet := &document.PacketID{Sender: "s7", MsgID: "m2507"}
	exchange := &record.ExchangeKey{Packet: *packet, Receiver: "r7"}
	k := record.KeyAt(time.UnixMilli(1700002507000))
	all = append(all, forms(packetIDs, packet, lockPackets, selectEarly)...)
	all = append(all, forms(exchangeKeys, exchange, lockExchanges, selectTasks)...)
	all = append(all, forms(journalKeys, &record.JournalKey{Contour: "r7", Journal: "j", Year: 2026}, lockJournals)...)
	all = append(all, forms(keys, &k, lockCards, lockDead)...)
	all = append(all, forms(claimKeys, &record.ClaimKey{}, selectClaims)...)
	all = append(all, forms(uploadKeys, &record.UploadKey{Contour: "c"}, lockUploads)...)
	return append(all, pgx.TraceQueryStartData{SQL: lockStored, Args: []any{contourNames([]document.ContourCode{"c7"})}})
}

func forms[T any](t table[T], row T, statements ...statement) (all []pgx.TraceQueryStartData) {
	for _, s := range statements {
		all = append(all, pgx.TraceQueryStartData{SQL: s.one, Args: t.cells(row)}, pgx.TraceQueryStartData{SQL: s.many, Args: t.arrays([]T{row})})
	}
	return all
}

func ignoreAbsent(err error) error {
	if err != nil && strings.Contains(err.Error(), record.ErrNotFound.Error()) {
		return nil
	}
	return err
}

// fillSQL makes 5,000 packets from ten senders to ten receivers, most of them long settled.
const fillSQL = `
with n as (select i, (lpad(to_hex(1700000000000 + i * 1000), 12, '0') || '70008000000000000000')::uuid k from generate_series(1, 5000) i)
, p as (insert into packet select k, 's' || i % 10, 'm' || i, 1, sha256('x'), 1, 'accepted', now(), 1, 1, '', '', '', '', '', '', '', '', '', '', 1, false, false from n)
, e as (insert into exchange select k, 'r' || i % 10, 's' || i % 10, 'm' || i, case when i % 500 = 7 then 'refused' when i > 4900 then 'forwarded' else 'registered' end, 'mailbox', '', '',
	case when i > 4980 then now() - interval '1 hour' end, null, null, now(), k, '', '' from n)
, t as (insert into task select k, 'r' || i % 10, 't', 1, 'sign', true, 'e', '', '', '', case when i > 4800 then 'active' else 'closed' end, '', k, 'j', '', '', now() from n)
, c as (insert into card select k, 'r' || i % 10, 'j', case when i > 4900 then 0 else 2026 end, case when i > 4900 then 0 else i end, 'tasks', case when i > 4900 then 'pending' else 'registered' end,
	'', '', now(), 1, k, 's' || i % 10, 'm' || i, '', k, 't', 'sign', 'e', '', '', '', '', '', '', 1, false, false, null from n)
, x as (insert into receipt select k, k, i, 101, 's' || i % 10, 'r' || i % 10, 'x' from n)
, l as (insert into leaf select i - 1, i, k from n where i <= 4990)
, d as (insert into dead_letter select k, case when i % 100 = 0 then 'admit' else 'report' end, '', '', '', now(), '', '{}' from n)
, u as (insert into upload select 'c', decode(md5(i::text), 'hex') || decode(md5(i::text), 'hex'), 1, '{}', i, i < 4000, false from n)
, s as (insert into stored select 'c' || i, i from n)
update hub_head set leaves = 4990, sealed = 4990`

// trace notes the questions of a record.
type trace struct {
	mu   sync.Mutex
	list []pgx.TraceQueryStartData
}

func (t *trace) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, data)
	return ctx
}

func (t *trace) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (t *trace) take() []pgx.TraceQueryStartData {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.list
	t.list = nil
	return list
}

// traced opens a record over one connection whose questions are noted.
func traced(t *testing.T) (*Record, *trace) {
	t.Helper()
	r, err := Open(t.Context(), pgtest.Start(t), Options{Connections: 1, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	config, asked := r.pool.Config(), new(trace)
	config.ConnConfig.Tracer = asked
	r.pool.Close()
	if r.pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, asked
}

// rowsTouched asks again, with the plan that the session has, and counts the rows that were fetched for it.
func rowsTouched(t *testing.T, r *Record, q pgx.TraceQueryStartData) int {
	t.Helper()
	tx, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	fetched := func() (n int) {
		err := tx.QueryRow(t.Context(), "select coalesce(sum(coalesce(idx_tup_fetch, 0) + seq_tup_read), 0) from pg_stat_xact_user_tables").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := fetched()
	if _, err := tx.Exec(t.Context(), q.SQL, q.Args...); err != nil {
		t.Fatalf("%s: %v", q.SQL, err)
	}
	return fetched() - before
}
