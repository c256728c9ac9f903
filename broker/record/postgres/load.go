package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// load begins a transaction, and locks and loads what reads names, in one message. Each statement sees what
// was committed before it began: so a row that was waited for is read as its last holder left it, and what
// hangs on locked rows is read by a statement of its own, after the lock.
func load(ctx context.Context, conn *pgxpool.Conn, reads record.Reads) (*record.State, error) {
	b := new(pgx.Batch)
	b.Queue("begin isolation level read committed")
	s := queueLoads(b, reads)
	if err := inOrder(ctx, conn, b); err != nil {
		return nil, fmt.Errorf("lock and load: %w", err)
	}
	if !slices.ContainsFunc(reads.Journals, func(k record.JournalKey) bool { return s.Journals[k] == nil }) {
		return s, nil
	}
	// The first use of a journal in its year. What is read after its lock is read again.
	b = new(pgx.Batch)
	journalKeys.queue(b, makeJournals, pointers(reads.Journals))
	s = queueLoads(b, reads)
	if err := inOrder(ctx, conn, b); err != nil {
		return nil, fmt.Errorf("make journals, lock and load: %w", err)
	}
	return s, nil
}

func queueLoads(b *pgx.Batch, reads record.Reads) *record.State {
	s := new(record.State)
	b.Queue(selectHead).QueryRow(func(row pgx.Row) error { return row.Scan(headFields(&s.Head)...) })
	loadPackets(b, s, reads.Packets)
	loadExchanges(b, s, reads.Exchanges)
	loadJournals(b, s, reads.Journals)
	loadCards(b, s, reads.Cards)
	loadClaims(b, s, reads.Claims)
	loadStored(b, s, reads)
	loadUploads(b, s, reads.Uploads)
	loadEarly(b, s, reads.Early)
	countEarly(b, s, reads.EarlyOf)
	loadDead(b, s, reads.Dead)
	return s
}

const selectHead = "select epoch, leaves, rules, bus from hub_head where one"

func headFields(h *record.Head) []any { return []any{&h.Epoch, &h.Leaves, &h.Rules, &h.Bus} }

// latest finds the last attempt of the packet that w names.
const latest = "(select q.key, q.parent_sender, q.parent_msg_id from packet q where q.sender = w.sender and q.msg_id = w.msg_id order by q.attempt desc limit 1)"

var lockPackets = packetIDs.over("select " + packets.columns("p.") + " from " + packetIDs.unnest() + " w(sender, msg_id) cross join lateral " + latest +
	" l join packet p on p.key = l.key order by p.key for update of p")

func loadPackets(b *pgx.Batch, s *record.State, ids []document.PacketID) {
	s.Packets = make(map[document.PacketID]*record.Packet, len(ids))
	loadRows(packetIDs.queue(b, lockPackets, pointers(ids)), packetFields, func(p *record.Packet) { s.Packets[p.ID] = p })
}

// wanted are the exchanges that are named, and those that the answers among them answer.
var wanted = "with named as materialized (select l.key, w.receiver, w.sender, l.parent_sender, l.parent_msg_id from " + exchangeKeys.unnest() +
	" w(sender, msg_id, receiver) cross join lateral " + latest + " l), wanted as materialized (select key, receiver from named union " +
	"select l.key, w.answerer from (select sender as answerer, parent_sender as sender, parent_msg_id as msg_id from named where parent_msg_id <> '') w cross join lateral " + latest + " l)"

var lockExchanges = exchangeKeys.over(wanted + " select " + exchanges.columns("e.") + ", " + packets.columns("p.") +
	" from wanted w join exchange e on e.packet = w.key and e.receiver = w.receiver join packet p on p.key = e.packet order by e.packet, e.receiver for update of e")

// Whoever changes a task has locked its exchange.
var selectTasks = exchangeKeys.over(wanted + " select " + tasks.columns("t.") +
	" from wanted w join task t on t.packet = w.key and t.receiver = w.receiver order by t.packet, t.receiver, t.ordinal")

func loadExchanges(b *pgx.Batch, s *record.State, names []record.ExchangeKey) {
	s.Exchanges = make(map[record.ExchangeKey]*record.Exchange, len(names))
	byRow := make(map[exchangeRow]*record.Exchange, len(names))
	args := pointers(names)
	loadRows(exchangeKeys.queue(b, lockExchanges, args), exchangeDocFields, func(e *record.Exchange) {
		s.Exchanges[e.Key()] = e
		byRow[exchangeRow{e.Packet, e.Receiver}] = e
	})
	loadRows(exchangeKeys.queue(b, selectTasks, args), taskFields, func(t *record.Task) {
		if e := byRow[exchangeRow{t.Packet, t.Receiver}]; e != nil {
			e.Tasks = append(e.Tasks, *t)
		}
	})
}

// exchangeRow is the primary key of an exchange.
type exchangeRow struct {
	packet   record.Key
	receiver document.ContourCode
}

func exchangeDocFields(e *record.Exchange) []any {
	e.Doc = new(record.Packet)
	return append(exchangeFields(e), packetFields(e.Doc)...)
}

var (
	makeJournals = journalKeys.over("insert into journal (contour, journal, year, last, day) select n.*, 0, '' from " + journalKeys.unnest() + " n order by 1, 2, 3 on conflict do nothing")
	lockJournals = journalKeys.over("select " + journals.columns("t.") + " from " + journalKeys.unnest() +
		" w(contour, journal, year) join journal t on t.contour = w.contour and t.journal = w.journal and t.year = w.year order by t.contour, t.journal, t.year for update of t")
)

func loadJournals(b *pgx.Batch, s *record.State, names []record.JournalKey) {
	s.Journals = make(map[record.JournalKey]*record.Journal, len(names))
	loadRows(journalKeys.queue(b, lockJournals, pointers(names)), journals.fields, func(j *record.Journal) { s.Journals[j.JournalKey] = j })
}

// cardColumns go with cardTask and cardStateFields: the card and the state of its task.
var cardColumns = cards.columns("c.") + ", coalesce(t.state, '')"

const cardTask = " left join task t on c.task <> '' and t.packet = c.packet and t.receiver = c.contour and t.id = c.task "

func cardStateFields(c *record.Card) []any {
	return append(cardFields(c, new(key)), (*string)(&c.TaskState))
}

var lockCards = keys.over("select " + cardColumns + " from card c" + cardTask + "where c.key = any($1::uuid[]) order by c.key for update of c")

func loadCards(b *pgx.Batch, s *record.State, names []record.Key) {
	s.Cards = make(map[record.Key]*record.Card, len(names))
	loadRows(keys.queue(b, lockCards, pointers(names)), cardStateFields, func(c *record.Card) { s.Cards[c.Key] = c })
}

var selectClaims = claimKeys.over("select " + claims.columns("") + " from claim where key = any($1::uuid[])")

func loadClaims(b *pgx.Batch, s *record.State, names []record.ClaimKey) {
	s.Claims = make(map[record.ClaimKey]*record.Claim, len(names))
	loadRows(claimKeys.queue(b, selectClaims, pointers(names)), claims.fields, func(c *record.Claim) { s.Claims[c.Key] = c })
}

// An upload stays locked: it must not be given up between this and the commit that adopts it.
var lockUploads = uploadKeys.over("select " + uploads.columns("t.") + " from " + uploadKeys.unnest() +
	" w(contour, sha256) join upload t on t.contour = w.contour and t.sha256 = w.sha256 order by t.contour, t.sha256 for update of t")

func loadUploads(b *pgx.Batch, s *record.State, names []record.UploadKey) {
	s.Uploads = make(map[record.UploadKey]*record.Upload, len(names))
	loadRows(uploadKeys.queue(b, lockUploads, pointers(names)), uploads.fields, func(u *record.Upload) { s.Uploads[u.UploadKey] = u })
}

var selectEarly = earlyIDs.over("select " + earlies.columns("t.") + " from (select distinct * from " + earlyIDs.unnest() + " n(sender, msg_id)) w join early t on t.sender = w.sender and t.msg_id = w.msg_id order by t.at, t.reporter, t.id")

func loadEarly(b *pgx.Batch, s *record.State, ids []document.PacketID) {
	s.Early = make(map[document.PacketID][]record.Early)
	loadRows(earlyIDs.queue(b, selectEarly, pointers(ids)), earlies.fields, func(e *record.Early) { s.Early[e.Packet] = append(s.Early[e.Packet], *e) })
}

func countEarly(b *pgx.Batch, s *record.State, contours []document.ContourCode) {
	s.EarlyOf = make(map[document.ContourCode]int, len(contours))
	if len(contours) == 0 {
		return
	}
	b.Queue("select reporter, count(*) from early where reporter = any($1::text[]) group by reporter", contourNames(contours)).Query(func(rows pgx.Rows) error {
		var contour string
		var n int
		_, err := pgx.ForEachRow(rows, []any{&contour, &n}, func() error {
			s.EarlyOf[document.ContourCode(contour)] = n
			return nil
		})
		return err
	})
}

var lockDead = keys.over("select " + deads.columns("") + " from dead_letter where key = any($1::uuid[]) order by key for update")

func loadDead(b *pgx.Batch, s *record.State, names []record.Key) {
	s.Dead = make(map[record.Key]*record.Dead, len(names))
	loadRows(keys.queue(b, lockDead, pointers(names)), deads.fields, func(d *record.Dead) { s.Dead[d.Key] = d })
}

// loadRows reads the rows of a queued query, each into a new T.
func loadRows[T any](q *pgx.QueuedQuery, fields func(*T) []any, found func(*T)) {
	if q == nil {
		return
	}
	q.Query(func(rows pgx.Rows) error { return scanRows(rows, fields, found) })
}

func scanRows[T any](rows pgx.Rows, fields func(*T) []any, found func(*T)) error {
	defer rows.Close()
	for rows.Next() {
		row := new(T)
		if err := rows.Scan(fields(row)...); err != nil {
			return err
		}
		found(row)
	}
	return rows.Err()
}
