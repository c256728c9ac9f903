package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Queries for single rows, by their keys.
var (
	latest = "SELECT " + packetRow.as("p") + " FROM packet p WHERE p.sender = ?1 AND p.msg_id = ?2 ORDER BY p.attempt DESC LIMIT 1"

	exchangeColumns = exchangeRow.as("e") + ", " + packetRow.as("p")
	exchangeByKey   = "SELECT " + exchangeColumns + " FROM packet p JOIN exchange e ON e.packet = p.key AND e.receiver = ?3" +
		" WHERE p.sender = ?1 AND p.msg_id = ?2 AND p.attempt = (SELECT max(attempt) FROM packet WHERE sender = ?1 AND msg_id = ?2)"
	exchangesOfPacket = "SELECT " + exchangeColumns + " FROM exchange e JOIN packet p ON p.key = e.packet WHERE e.packet = ?1 ORDER BY e.receiver"
	tasksOfExchange   = "SELECT " + taskRow.as("t") + " FROM task t WHERE t.packet = ?1 AND t.receiver = ?2 ORDER BY t.ordinal, t.id"

	cardColumns = cardRow.as("c") + ", coalesce((SELECT t.state FROM task t WHERE t.packet = c.packet AND t.receiver = c.contour AND t.id = c.task), '')"
	cardByKey   = "SELECT " + cardColumns + " FROM card c WHERE c.key = ?1"

	journalByKey  = "SELECT " + journalRow.columns + " FROM journal WHERE contour = ?1 AND journal = ?2 AND year = ?3"
	claimByKey    = "SELECT " + claimRow.columns + " FROM claim WHERE key = ?1"
	uploadByKey   = "SELECT " + uploadRow.columns + " FROM upload WHERE contour = ?1 AND sha256 = ?2"
	earlyOfPacket = "SELECT " + earlyRow.columns + " FROM early WHERE sender = ?1 AND msg_id = ?2 ORDER BY at, reporter, id"
	deadByKey     = "SELECT " + deadRow.columns + " FROM dead_letter WHERE key = ?1"
)

// exchangeFields are those of exchangeColumns.
func exchangeFields(e *record.Exchange) []any {
	e.Doc = new(record.Packet)
	return append(exchangeRow.fields(e), packetRow.fields(e.Doc)...)
}

// cardFields are those of cardColumns.
func cardFields(c *record.Card) []any { return append(cardRow.fields(c), (*string)(&c.TaskState)) }

// withTasks completes exchanges that were just read.
func withTasks(ctx context.Context, s *session, exchanges []*record.Exchange) error {
	for _, e := range exchanges {
		e.ID = e.Doc.ID
		tasks, err := list(ctx, s, taskRow.fields, tasksOfExchange, keyValue(e.Packet), string(e.Receiver))
		if err != nil {
			return fmt.Errorf("tasks of %s: %w", e.ID, err)
		}
		for _, t := range tasks {
			e.Tasks = append(e.Tasks, *t)
		}
	}
	return nil
}

// load reads what reads names. Nothing has to be locked: nobody else writes.
func (t *tx) load(ctx context.Context, reads *record.Reads) (st *record.State, err error) {
	st = &record.State{Head: t.head.Head}
	if st.Packets, err = lookUp(ctx, t, packetRow.fields, latest, reads.Packets, packetArgs); err != nil {
		return nil, fmt.Errorf("load packets: %w", err)
	}
	if st.Exchanges, err = t.loadExchanges(ctx, reads.Exchanges); err != nil {
		return nil, fmt.Errorf("load exchanges: %w", err)
	}
	if st.Journals, err = t.loadJournals(ctx, reads.Journals); err != nil {
		return nil, fmt.Errorf("load journals: %w", err)
	}
	if st.Cards, err = lookUp(ctx, t, cardFields, cardByKey, reads.Cards, keyArgs); err != nil {
		return nil, fmt.Errorf("load cards: %w", err)
	}
	if st.Claims, err = lookUp(ctx, t, claimRow.fields, claimByKey, reads.Claims, claimArgs); err != nil {
		return nil, fmt.Errorf("load claims: %w", err)
	}
	if st.Stored, err = t.loadStored(ctx, reads.Stored); err != nil {
		return nil, fmt.Errorf("load sums of uploads: %w", err)
	}
	if st.Uploads, err = lookUp(ctx, t, uploadRow.fields, uploadByKey, reads.Uploads, uploadArgs); err != nil {
		return nil, fmt.Errorf("load uploads: %w", err)
	}
	if st.Early, err = t.loadEarly(ctx, reads.Early); err != nil {
		return nil, fmt.Errorf("load early reports: %w", err)
	}
	if st.EarlyOf, err = t.countEarly(ctx, reads.EarlyOf); err != nil {
		return nil, fmt.Errorf("count early reports: %w", err)
	}
	if st.Dead, err = lookUp(ctx, t, deadRow.fields, deadByKey, reads.Dead, keyArgs); err != nil {
		return nil, fmt.Errorf("load dead letters: %w", err)
	}
	return st, nil
}

// lookUp finds rows one by one by their keys: that costs less than a query for many, which SQLite would have
// to be handed as text.
func lookUp[K comparable, T any](ctx context.Context, t *tx, fields func(*T) []any, query string, keys []K, args func(K) []any) (map[K]*T, error) {
	rows := make(map[K]*T, len(keys))
	for _, k := range keys {
		if _, again := rows[k]; again {
			continue
		}
		row, err := found(one(ctx, t.session, fields, query, args(k)...))
		if err != nil {
			return nil, err
		}
		if row != nil {
			rows[k] = row
		}
	}
	return rows, nil
}

// loadExchanges finds the exchanges, and for those of answers also the exchange that is answered: that of the
// parent packet toward who now sends the answer.
func (t *tx) loadExchanges(ctx context.Context, keys []record.ExchangeKey) (map[record.ExchangeKey]*record.Exchange, error) {
	rows, err := lookUp(ctx, t, exchangeFields, exchangeByKey, keys, exchangeArgs)
	if err != nil {
		return nil, err
	}
	var parents []record.ExchangeKey
	for _, e := range rows {
		parent := record.ExchangeKey{Packet: e.Doc.Parent, Receiver: e.Doc.ID.Sender}
		if _, here := rows[parent]; !here && !parent.Packet.IsZero() {
			parents = append(parents, parent)
		}
	}
	answered, err := lookUp(ctx, t, exchangeFields, exchangeByKey, parents, exchangeArgs)
	if err != nil {
		return nil, err
	}
	maps.Copy(rows, answered)
	return rows, withTasks(ctx, t.session, slices.Collect(maps.Values(rows)))
}

// loadJournals finds the counters; one that was never used stands at zero.
func (t *tx) loadJournals(ctx context.Context, keys []record.JournalKey) (map[record.JournalKey]*record.Journal, error) {
	rows, err := lookUp(ctx, t, journalRow.fields, journalByKey, keys, journalArgs)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if rows[k] == nil {
			rows[k] = &record.Journal{JournalKey: k}
		}
	}
	return rows, nil
}

// loadEarly finds the reports that wait for packets, in the order in which they came. Mostly none waits at all.
func (t *tx) loadEarly(ctx context.Context, packets []document.PacketID) (map[document.PacketID][]record.Early, error) {
	early := map[document.PacketID][]record.Early{}
	if len(packets) == 0 {
		return early, nil
	}
	if any, err := number(ctx, t.session, "SELECT EXISTS (SELECT 1 FROM early)"); err != nil || any == 0 {
		return early, err
	}
	for _, id := range packets {
		rows, err := list(ctx, t.session, earlyRow.fields, earlyOfPacket, packetArgs(id)...)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			early[id] = nil // named twice, found once
		}
		for _, e := range rows {
			early[id] = append(early[id], *e)
		}
	}
	return early, nil
}

// countEarly counts the reports that contours have waiting (D11).
func (t *tx) countEarly(ctx context.Context, contours []document.ContourCode) (map[document.ContourCode]int, error) {
	counts := map[document.ContourCode]int{}
	for _, c := range contours {
		n, err := number(ctx, t.session, "SELECT count(*) FROM early WHERE reporter = ?1", string(c))
		if err != nil {
			return nil, err
		}
		counts[c] = int(n)
	}
	return counts, nil
}

func packetArgs(id document.PacketID) []any { return []any{string(id.Sender), string(id.MsgID)} }
func keyArgs(k record.Key) []any            { return []any{keyValue(k)} }
func claimArgs(k record.ClaimKey) []any     { return []any{k[:]} }
func uploadArgs(k record.UploadKey) []any   { return []any{string(k.Contour), k.SHA256[:]} }
func journalArgs(k record.JournalKey) []any {
	return []any{string(k.Contour), string(k.Journal), k.Year}
}
func exchangeArgs(k record.ExchangeKey) []any {
	return []any{string(k.Packet.Sender), string(k.Packet.MsgID), string(k.Receiver)}
}
