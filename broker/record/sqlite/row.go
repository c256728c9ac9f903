package sqlite

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// A row says how a type is kept: its table, the columns, and the fields in the same order.
type row[T any] struct {
	table   string
	columns string
	fields  func(*T) []any
	repeat  string // what an insert does with a row that is there already; empty: it fails
}

// as lists the columns with the alias that the table has in a query.
func (r row[T]) as(alias string) string {
	return alias + "." + strings.ReplaceAll(r.columns, ", ", ", "+alias+".")
}

var packetRow = row[record.Packet]{
	table: "packet",
	columns: "key, sender, msg_id, attempt, digest, kind, state, at, rules, size, parent_sender, parent_msg_id, answer_task, outcome, executor, " +
		"document_id, document_kind, number, number_date, title, sheets, restricted, emulated",
	fields: func(p *record.Packet) []any {
		return []any{(*key)(&p.Key), (*string)(&p.ID.Sender), (*string)(&p.ID.MsgID), &p.Attempt, (*digest)(&p.Digest), (*int)(&p.Kind), (*string)(&p.State),
			(*instant)(&p.At), &p.Rules, &p.Size, (*string)(&p.Parent.Sender), (*string)(&p.Parent.MsgID), &p.AnswerTask, (*string)(&p.Outcome), (*string)(&p.Executor),
			&p.DocumentID, &p.DocumentKind, &p.Number.Number, (*day)(&p.Number.Date), &p.Title, &p.Sheets, &p.Restricted, &p.Emulated}
	},
}

var bodyRow = row[record.Packet]{
	table: "packet_body", columns: "packet, body",
	fields: func(p *record.Packet) []any { return []any{(*key)(&p.Key), (*octets)(&p.Body)} },
}

var exchangeRow = row[record.Exchange]{
	table:   "exchange",
	columns: "packet, receiver, sender, state, delivery, rule, due, due_at, deadline, pulled_until, changed, card, number, number_date",
	fields: func(e *record.Exchange) []any {
		return []any{(*key)(&e.Packet), (*string)(&e.Receiver), (*string)(&e.ID.Sender), (*string)(&e.State), (*string)(&e.Delivery), &e.Rule, (*string)(&e.Due),
			(*instant)(&e.DueAt), (*instant)(&e.Deadline), (*instant)(&e.PulledUntil), (*instant)(&e.Changed), (*key)(&e.Card), &e.Number.Number, (*day)(&e.Number.Date)}
	},
}

var taskRow = row[record.Task]{
	table: "task",
	columns: "packet, receiver, id, ordinal, kind, smdo, executor, others, text, term, state, outcome, card, journal, " +
		"number, number_date, changed",
	fields: func(t *record.Task) []any {
		return []any{(*key)(&t.Packet), (*string)(&t.Receiver), &t.ID, &t.Ordinal, (*string)(&t.Kind), &t.SMDO, (*string)(&t.Executor), (*codes)(&t.Others), &t.Text,
			(*day)(&t.Term), (*string)(&t.State), (*string)(&t.Outcome), (*key)(&t.Card), (*string)(&t.Journal), &t.Number.Number, (*day)(&t.Number.Date), (*instant)(&t.Changed)}
	},
}

var journalRow = row[record.Journal]{
	table: "journal", columns: "contour, journal, year, last, day",
	fields: func(j *record.Journal) []any {
		return []any{(*string)(&j.Contour), (*string)(&j.Journal), &j.Year, &j.Last, (*day)(&j.Day)}
	},
	repeat: "(contour, journal, year) DO UPDATE SET last = excluded.last, day = excluded.day",
}

var cardRow = row[record.Card]{
	table: "card",
	columns: "key, contour, journal, year, seq, kind, state, number, number_date, at, version, packet, packet_sender, packet_msg_id, receipt, task, task_kind, " +
		"executor, correspondent, document_id, document_kind, sender_number, sender_date, title, sheets, restricted, emulated, draft",
	fields: func(c *record.Card) []any {
		return []any{(*key)(&c.Key), (*string)(&c.Contour), (*string)(&c.Journal), &c.Year, &c.Seq, (*string)(&c.Kind), (*string)(&c.State), &c.Number.Number,
			(*day)(&c.Number.Date), (*instant)(&c.At), &c.Version, (*key)(&c.Packet), (*string)(&c.PacketID.Sender), (*string)(&c.PacketID.MsgID), (*string)(&c.Receipt), &c.Task,
			(*string)(&c.TaskKind), (*string)(&c.Executor), (*string)(&c.Correspondent), &c.DocumentID, &c.DocumentKind, &c.SenderNumber.Number, (*day)(&c.SenderNumber.Date),
			&c.Title, &c.Sheets, &c.Restricted, &c.Emulated, (*octets)(&c.Draft)}
	},
}

var claimRow = row[record.Claim]{
	table: "claim", columns: "key, card, journal, number, number_date",
	fields: func(c *record.Claim) []any {
		return []any{(*claim)(&c.Key), (*key)(&c.Card), (*string)(&c.Journal), &c.Number.Number, (*day)(&c.Number.Date)}
	},
}

var receiptRow = row[record.Receipt]{
	table: "receipt", columns: "seq, id, sender, receiver, stage, bytes",
	fields: func(r *record.Receipt) []any {
		return []any{&r.Seq, (*string)(&r.ID), (*string)(&r.Packet.Sender), (*string)(&r.Receiver), (*int)(&r.Stage), (*octets)(&r.Bytes)}
	},
	repeat: "(id) DO NOTHING",
}

var leafRow = row[record.Leaf]{
	table: "leaf", columns: "no, seq",
	fields: func(l *record.Leaf) []any { return []any{&l.No, &l.Seq} },
}

var noteRow = row[record.Note]{
	table: "note", columns: "receipt, packet, salt, text",
	fields: func(n *record.Note) []any {
		return []any{(*string)(&n.Receipt), (*key)(&n.Packet), (*salt)(&n.Salt), &n.Text}
	},
	repeat: "(receipt) DO NOTHING",
}

var earlyRow = row[record.Early]{
	table: "early", columns: "sender, msg_id, reporter, id, at, body",
	fields: func(e *record.Early) []any {
		return []any{(*string)(&e.Packet.Sender), (*string)(&e.Packet.MsgID), (*string)(&e.Reporter), &e.ID, (*instant)(&e.At), (*octets)(&e.Body)}
	},
	repeat: "(sender, msg_id, reporter, id) DO NOTHING",
}

var deadRow = row[record.Dead]{
	table: "dead_letter", columns: "key, stage, subject, contour, reason, at, payload, headers",
	fields: func(d *record.Dead) []any {
		return []any{(*key)(&d.Key), &d.Stage, &d.Subject, (*string)(&d.Contour), &d.Reason, (*instant)(&d.At), (*octets)(&d.Payload), (*headers)(&d.Headers)}
	},
}

var uploadRow = row[record.Upload]{
	table: "upload", columns: "contour, sha256, size, digests, at, adopted, lent",
	fields: func(u *record.Upload) []any {
		return []any{(*string)(&u.Contour), (*digest)(&u.SHA256), &u.Size, (*digests)(&u.Digests), (*instant)(&u.At), &u.Adopted, &u.Lent}
	},
	repeat: "(contour, sha256) DO UPDATE SET digests = excluded.digests, at = max(at, excluded.at)",
}

var rulesRow = row[record.Rules]{
	table: "rules_version", columns: "version, text, digest, comment, by, approved, at, pending",
	fields: func(r *record.Rules) []any {
		return []any{&r.Version, (*octets)(&r.Text), (*digest)(&r.Digest), &r.Comment, &r.By, &r.Approved, (*instant)(&r.At), &r.Pending}
	},
}

var apiKeyRow = row[record.APIKey]{
	table: "api_key", columns: "id, contour, role, name, secret, created, expires, revoked",
	fields: func(k *record.APIKey) []any {
		return []any{&k.ID, (*string)(&k.Contour), (*string)(&k.Role), &k.Name, (*digest)(&k.Secret), (*instant)(&k.Created), (*instant)(&k.Expires), (*instant)(&k.Revoked)}
	},
}
