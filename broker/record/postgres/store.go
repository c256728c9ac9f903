package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

var (
	insertPackets   = packets.insert("")
	insertBodies    = bodies.insert("")
	insertExchanges = exchanges.insert("")
	insertTasks     = tasks.insert("")
	insertCards     = cards.insert("")
	insertClaims    = claims.insert("")
	insertNotes     = notes.insert("on conflict do nothing")
	insertEarly     = earlies.insert("on conflict do nothing")
	insertDead      = deads.insert("on conflict do nothing")

	updatePackets   = packetStates.update(1, "")
	updateExchanges = exchangeStates.update(2, "")
	updateTasks     = taskStates.update(3, "")
	setJournals     = journals.insert("on conflict (contour, journal, year) do update set last = excluded.last, day = excluded.day")
	updateCards     = cards.update(1, "and t.version = n.version - 1")
	adoptUploads    = uploadKeys.over("with u as (update upload t set adopted = true from " + uploadKeys.unnest() + " n(contour, sha256) where t.contour = n.contour and t.sha256 = n.sha256 returning 1) " +
		"select hub_changed('upload', (select count(*) from u), cardinality($1))")

	deleteEarly = earlyIDs.delete()
	deleteDead  = deadKeys.delete()
)

// store writes everything and commits, in one message. A statement that fails takes the commit behind it
// along: the server skips it. It returns how many leaves the head has, if the commit numbered, else 0.
func store(ctx context.Context, conn *pgxpool.Conn, w *record.Writes) (leaves int64, err error) {
	b := new(pgx.Batch)
	storePackets(b, w)
	journals.queue(b, setJournals, w.SetJournals)
	cards.queue(b, insertCards, cardRows(w.NewCards))
	cards.queue(b, updateCards, cardRows(w.SetCards))
	claims.queue(b, insertClaims, w.NewClaims)
	notes.queue(b, insertNotes, noteRows(w.Notes))
	earlies.queue(b, insertEarly, pointers(w.NewEarly))
	earlyIDs.queue(b, deleteEarly, pointers(w.GoneEarly))
	deads.queue(b, insertDead, w.NewDead)
	deadKeys.queue(b, deleteDead, pointers(w.GoneDead))
	storeUploads(b, w)
	storeReceipts(b, w) // last: what numbers them locks the head for all others
	b.Queue("commit")
	if err = inOrder(ctx, conn, b); err == nil {
		return leavesAfter(w), nil
	}
	for _, r := range w.Receipts {
		r.Seq, r.Leaf = 0, -1
	}
	if sqlState(err) == changedState {
		return 0, fmt.Errorf("store: %w: %w", record.ErrStale, err)
	}
	return 0, fmt.Errorf("store: %w", err)
}

func storePackets(b *pgx.Batch, w *record.Writes) {
	packets.queue(b, insertPackets, w.NewPackets)
	bodies.queue(b, insertBodies, w.NewPackets)
	exchanges.queue(b, insertExchanges, w.NewExchanges)
	var list []*record.Task
	for _, e := range w.NewExchanges {
		list = append(list, pointers(e.Tasks)...)
	}
	tasks.queue(b, insertTasks, list)
	packetStates.queue(b, updatePackets, w.SetPackets)
	exchangeStates.queue(b, updateExchanges, w.SetExchanges)
	taskStates.queue(b, updateTasks, w.SetTasks)
}

// newReceipts inserts those that are not there; a fresh packet has no receipts yet. A transaction gets its id before
// it draws a seq: Horizon rests on that. ("on conflict do nothing" would do the same for half as much again.)
var newReceipts = `with own as materialized (select pg_current_xact_id())
	insert into receipt (seq, packet, key, stage, sender, receiver, bytes)
	select nextval('receipt_seq'), n.packet, n.key, n.stage, n.sender, n.receiver, n.bytes from own, ` + receiptsTable.unnest() + ` n(` + receiptsTable.columns("") + `)
	where n.fresh or (select true from receipt r where r.packet = n.packet and r.key = n.key) is null returning `

var (
	insertReceipts = receiptsTable.over(newReceipts + "seq, key, -1::bigint")
	numberReceipts = receiptsTable.over("with i as (" + newReceipts + `seq, key, packet), n as materialized (select hub_number_now(array_agg(seq order by seq), array_agg(packet order by seq)) leaf, min(seq) seq from i)
	select i.seq, i.key, coalesce(n.leaf + i.seq - n.seq, -1) from i, n order by i.seq`)
)

// numberedAtOnce is how many receipts a commit numbers at most: more is the sealer's, which does it beside the stages.
const numberedAtOnce = 256

// storeReceipts inserts receipts, with seqs in their order, and numbers them where that is asked for and can be done at
// once: see hub_number_now. The statement returns those that are new, in the same order.
func storeReceipts(b *pgx.Batch, w *record.Writes) {
	for _, r := range w.Receipts {
		r.Leaf = -1
	}
	sql := insertReceipts
	if w.Number && len(w.Receipts) <= numberedAtOnce {
		sql = numberReceipts
	}
	rows := receiptRows(w)
	q := receiptsTable.queue(b, sql, rows)
	if q == nil {
		return
	}
	q.Query(func(found pgx.Rows) error {
		defer found.Close()
		next := 0
		for found.Next() {
			var seq, leaf int64
			var k key
			if err := found.Scan(&seq, &k, &leaf); err != nil {
				return err
			}
			for rows[next].key != k {
				next++
			}
			rows[next].Seq, rows[next].Leaf = seq, leaf
			next++
		}
		return found.Err()
	})
}

// leavesAfter is how many leaves the head has after the commit, or 0 when it numbered nothing.
func leavesAfter(w *record.Writes) (leaves int64) {
	for _, r := range w.Receipts {
		leaves = max(leaves, r.Leaf+1)
	}
	return leaves
}

// enterUploads fails where a file was given up as it was put then (see Doom). It runs under enterLocks. A row that was
// there has been locked by the conflict, which xmax shows; new ones weigh on their contours' sums.
var enterUploads = uploads.over("with u as (insert into upload (" + uploads.columns("") + ") select n.* from " + uploads.unnest() + " n(" + uploads.columns("") + `)
	where not exists (select 1 from doomed d where d.sha256 = n.sha256 and d.stored >= n.at)
	on conflict (contour, sha256) do update set digests = excluded.digests, at = greatest(upload.at, excluded.at)
	returning contour, size, xmax = 0 and not lent as weighs), s as (` + moveStored("sum(size)", "u where weighs") + `)
	select hub_changed('upload', (select count(*) from u), cardinality($1))`)

// storeUploads keeps the order of locks of loadUploads; one file may come twice in a batch.
func storeUploads(b *pgx.Batch, w *record.Writes) {
	list := slices.Clone(w.NewUploads) // sorted so that of two the younger comes first
	slices.SortFunc(list, func(a, b *record.Upload) int {
		return cmp.Or(compareUploads(a.UploadKey, b.UploadKey), b.At.Compare(a.At))
	})
	list = slices.CompactFunc(list, func(a, b *record.Upload) bool { return a.UploadKey == b.UploadKey })
	if len(list) > 0 {
		keys := make([]record.UploadKey, len(list))
		for i, u := range list {
			keys[i] = u.UploadKey
		}
		lockEntering(b, keys)
	}
	uploads.queue(b, enterUploads, list)
	adopted := slices.SortedFunc(slices.Values(w.Adopted), compareUploads)
	uploadKeys.queue(b, adoptUploads, pointers(slices.Compact(adopted)))
}

func compareUploads(a, b record.UploadKey) int {
	return cmp.Or(cmp.Compare(a.Contour, b.Contour), slices.Compare(a.SHA256[:], b.SHA256[:]))
}
