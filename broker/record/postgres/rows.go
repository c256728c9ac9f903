package postgres

import (
	"crypto/sha256"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The tables, each with the fields that its columns come from.

var packets = newTable("packet", `key uuid, sender text, msg_id text, attempt integer, digest bytea, kind integer, state text, at timestamptz,
	rules bigint, size bigint, parent_sender text, parent_msg_id text, answer_task text, outcome text, executor text, document_id text,
	document_kind text, number text, number_date text, title text, sheets integer, restricted boolean, emulated boolean`, packetFields)

func packetFields(p *record.Packet) []any {
	return []any{(*key)(&p.Key), (*string)(&p.ID.Sender), (*string)(&p.ID.MsgID), &p.Attempt, (*digest)(&p.Digest), (*int)(&p.Kind), (*string)(&p.State), (*instant)(&p.At),
		&p.Rules, &p.Size, (*string)(&p.Parent.Sender), (*string)(&p.Parent.MsgID), &p.AnswerTask, (*string)(&p.Outcome), (*string)(&p.Executor), &p.DocumentID,
		&p.DocumentKind, &p.Number.Number, (*day)(&p.Number.Date), &p.Title, &p.Sheets, &p.Restricted, &p.Emulated}
}

var bodies = newTable("packet_body", "key uuid, body bytea", func(p *record.Packet) []any { return []any{(*key)(&p.Key), &p.Body} })

// packetStates is what may change in a packet.
var packetStates = newTable("packet", "key uuid, state text, rules bigint, at timestamptz, emulated boolean", func(p *record.Packet) []any {
	return []any{(*key)(&p.Key), (*string)(&p.State), &p.Rules, (*instant)(&p.At), &p.Emulated}
})

var exchanges = newTable("exchange", `packet uuid, receiver text, sender text, msg_id text, state text, delivery text, rule text, due text, due_at timestamptz,
	deadline timestamptz, pulled_until timestamptz, changed timestamptz, card uuid, number text, number_date text`, exchangeFields)

func exchangeFields(e *record.Exchange) []any {
	return []any{(*key)(&e.Packet), (*string)(&e.Receiver), (*string)(&e.ID.Sender), (*string)(&e.ID.MsgID), (*string)(&e.State), (*string)(&e.Delivery), &e.Rule, (*string)(&e.Due), (*instant)(&e.DueAt),
		(*instant)(&e.Deadline), (*instant)(&e.PulledUntil), (*instant)(&e.Changed), (*key)(&e.Card), &e.Number.Number, (*day)(&e.Number.Date)}
}

// exchangeStates is what may change in an exchange.
var exchangeStates = newTable("exchange", `packet uuid, receiver text, state text, delivery text, rule text, due text, due_at timestamptz,
	deadline timestamptz, pulled_until timestamptz, changed timestamptz, card uuid, number text, number_date text`, func(e *record.Exchange) []any {
	f := exchangeFields(e)
	return append(f[:2], f[4:]...)
})

var tasks = newTable("task", `packet uuid, receiver text, id text, ordinal integer, kind text, smdo boolean, executor text, others text, text text, term text,
	state text, outcome text, card uuid, journal text, number text, number_date text, changed timestamptz`, taskFields)

func taskFields(t *record.Task) []any {
	return []any{(*key)(&t.Packet), (*string)(&t.Receiver), &t.ID, &t.Ordinal, (*string)(&t.Kind), &t.SMDO, (*string)(&t.Executor), (*codes)(&t.Others), &t.Text, (*day)(&t.Term),
		(*string)(&t.State), (*string)(&t.Outcome), (*key)(&t.Card), (*string)(&t.Journal), &t.Number.Number, (*day)(&t.Number.Date), (*instant)(&t.Changed)}
}

// taskStates is what may change in a task.
var taskStates = newTable("task", `packet uuid, receiver text, id text, executor text, others text,
	state text, outcome text, card uuid, journal text, number text, number_date text, changed timestamptz`, func(t *record.Task) []any {
	return []any{(*key)(&t.Packet), (*string)(&t.Receiver), &t.ID, (*string)(&t.Executor), (*codes)(&t.Others),
		(*string)(&t.State), (*string)(&t.Outcome), (*key)(&t.Card), (*string)(&t.Journal), &t.Number.Number, (*day)(&t.Number.Date), (*instant)(&t.Changed)}
})

var journals = newTable("journal", "contour text, journal text, year integer, last bigint, day text", func(j *record.Journal) []any {
	return []any{(*string)(&j.Contour), (*string)(&j.Journal), &j.Year, &j.Last, (*day)(&j.Day)}
})

// cardRow is a card with the key of its receipt, which the table keeps and the card does not.
type cardRow struct {
	*record.Card
	receipt key
}

func cardRows(cards []*record.Card) []cardRow {
	rows := make([]cardRow, len(cards))
	for i, c := range cards {
		rows[i].Card = c
		if c.Receipt != "" {
			rows[i].receipt = receiptKey(c.Receipt)
		}
	}
	return rows
}

var cards = newTable("card", `key uuid, contour text, journal text, year integer, seq bigint, kind text, state text, number text, number_date text,
	at timestamptz, version bigint, packet uuid, packet_sender text, packet_msg_id text, receipt text, receipt_key uuid, task text, task_kind text, executor text,
	correspondent text, document_id text, document_kind text, sender_number text, sender_date text, title text, sheets integer, restricted boolean, emulated boolean,
	draft bytea`, func(c cardRow) []any { return cardFields(c.Card, &c.receipt) })

func cardFields(c *record.Card, receipt *key) []any {
	return []any{(*key)(&c.Key), (*string)(&c.Contour), (*string)(&c.Journal), &c.Year, &c.Seq, (*string)(&c.Kind), (*string)(&c.State), &c.Number.Number, (*day)(&c.Number.Date),
		(*instant)(&c.At), &c.Version, (*key)(&c.Packet), (*string)(&c.PacketID.Sender), (*string)(&c.PacketID.MsgID), (*string)(&c.Receipt), receipt, &c.Task, (*string)(&c.TaskKind), (*string)(&c.Executor),
		(*string)(&c.Correspondent), &c.DocumentID, &c.DocumentKind, &c.SenderNumber.Number, (*day)(&c.SenderNumber.Date), &c.Title, &c.Sheets, &c.Restricted, &c.Emulated,
		&c.Draft}
}

var claims = newTable("claim", "key uuid, card uuid, journal text, number text, number_date text", func(c *record.Claim) []any {
	return []any{(*claim)(&c.Key), (*key)(&c.Card), (*string)(&c.Journal), &c.Number.Number, (*day)(&c.Number.Date)}
})

// receiptRow is a receipt with what its table is searched by.
type receiptRow struct {
	*record.Receipt
	key   key
	stage small
	fresh bool // of a packet that the same commit inserts
}

// receiptRows makes rows of receipts, each once, and clears their seqs.
func receiptRows(w *record.Writes) []receiptRow {
	fresh := make(map[record.Key]struct{}, len(w.NewPackets))
	for _, p := range w.NewPackets {
		fresh[p.Key] = struct{}{}
	}
	rows, known := make([]receiptRow, 0, len(w.Receipts)), make(map[key]struct{}, len(w.Receipts))
	for _, r := range w.Receipts {
		r.Seq = 0
		k := receiptKey(r.ID)
		if _, twice := known[k]; !twice {
			known[k] = struct{}{}
			_, isFresh := fresh[r.PacketKey]
			rows = append(rows, receiptRow{r, k, small(r.Stage), isFresh})
		}
	}
	return rows
}

// receiptKey is what a receipt is unique by within its packet.
func receiptKey(id document.ReceiptID) key {
	sum := sha256.Sum256([]byte(id))
	return key(sum[:16])
}

var receiptsTable = newTable("receipt", "packet uuid, key uuid, stage smallint, sender text, receiver text, bytes bytea, fresh boolean", func(r receiptRow) []any {
	return []any{(*key)(&r.PacketKey), &r.key, &r.stage, (*string)(&r.Packet.Sender), (*string)(&r.Receiver), &r.Bytes, &r.fresh}
})

// noteRow is a note with the key of its receipt.
type noteRow struct {
	*record.Note
	key key
}

var notes = newTable("note", "packet uuid, key uuid, receipt text, salt bytea, text text", func(n noteRow) []any {
	return []any{(*key)(&n.Packet), &n.key, (*string)(&n.Receipt), (*salt)(&n.Salt), &n.Text}
})

func noteRows(list []record.Note) []noteRow {
	rows := make([]noteRow, len(list))
	for i := range list {
		rows[i] = noteRow{&list[i], receiptKey(list[i].Receipt)}
	}
	return rows
}

var earlies = newTable("early", "sender text, msg_id text, reporter text, id text, at timestamptz, body bytea", func(e *record.Early) []any {
	return []any{(*string)(&e.Packet.Sender), (*string)(&e.Packet.MsgID), (*string)(&e.Reporter), &e.ID, (*instant)(&e.At), &e.Body}
})

var deads = newTable("dead_letter", "key uuid, stage text, subject text, contour text, reason text, at timestamptz, payload bytea, headers text", func(d *record.Dead) []any {
	return []any{(*key)(&d.Key), &d.Stage, &d.Subject, (*string)(&d.Contour), &d.Reason, (*instant)(&d.At), &d.Payload, (*headers)(&d.Headers)}
})

var uploads = newTable("upload", "contour text, sha256 bytea, size bigint, digests text, at bigint, adopted boolean, lent boolean", func(u *record.Upload) []any {
	return []any{(*string)(&u.Contour), (*digest)(&u.SHA256), &u.Size, (*digests)(&u.Digests), (*nanos)(&u.At), &u.Adopted, &u.Lent}
})

// marks are the doom marks of files.
var marks = newTable("doomed", "sha256 bytea, stored bigint", func(f *record.StoredFile) []any { return []any{(*digest)(&f.SHA256), (*nanos)(&f.Stored)} })

// The keys that rows are named by.
var (
	packetIDs = newTable("packet", "sender text, msg_id text", func(p *document.PacketID) []any { return []any{(*string)(&p.Sender), (*string)(&p.MsgID)} })

	earlyIDs = newTable("early", "sender text, msg_id text", packetIDs.fields)

	exchangeKeys = newTable("exchange", "sender text, msg_id text, receiver text", func(e *record.ExchangeKey) []any {
		return []any{(*string)(&e.Packet.Sender), (*string)(&e.Packet.MsgID), (*string)(&e.Receiver)}
	})

	journalKeys = newTable("journal", "contour text, journal text, year integer", func(j *record.JournalKey) []any {
		return []any{(*string)(&j.Contour), (*string)(&j.Journal), &j.Year}
	})

	uploadKeys = newTable("upload", "contour text, sha256 bytea", func(u *record.UploadKey) []any { return []any{(*string)(&u.Contour), (*digest)(&u.SHA256)} })

	claimKeys = newTable("claim", "key uuid", func(c *record.ClaimKey) []any { return []any{(*claim)(c)} })

	keys = newTable("", "key uuid", func(k *record.Key) []any { return []any{(*key)(k)} })

	deadKeys = newTable("dead_letter", "key uuid", keys.fields)

	seqs = newTable("receipt", "seq bigint", func(s *int64) []any { return []any{s} })
)
