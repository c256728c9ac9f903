package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/broker/record"
)

// replaceCard sets all columns of the card with the key ?1, if its version is the last parameter.
var replaceCard = func() string {
	var set []string
	columns := strings.Split(cardRow.columns, ", ")
	for i, c := range columns[1:] {
		set = append(set, fmt.Sprintf("%s = ?%d", c, i+2))
	}
	return fmt.Sprintf("UPDATE card SET %s WHERE key = ?1 AND version = ?%d", strings.Join(set, ", "), len(columns)+1)
}()

// Update changes the record: record.Updater says what it promises. decide is asked once, in the writer's
// goroutine; what it panics with reaches the caller.
func (r *Record) Update(ctx context.Context, reads record.Reads, decide func(*record.State) (*record.Writes, error)) error {
	return r.writer.write(ctx, func(ctx context.Context, t *tx) error {
		st, err := t.load(ctx, &reads)
		if err != nil {
			return err
		}
		w, err := decide(st)
		if err != nil || w.Empty() {
			return err
		}
		return t.store(ctx, w)
	})
}

// store writes all of w.
func (t *tx) store(ctx context.Context, w *record.Writes) error {
	for _, step := range []struct {
		what string
		do   func(context.Context, *record.Writes) error
	}{
		{"packets", t.storePackets}, {"exchanges", t.storeExchanges}, {"tasks", t.storeTasks}, {"cards", t.storeCards}, {"journals and claims", t.storeRegister},
		{"receipts", t.storeReceipts}, {"notes", t.storeNotes}, {"early reports", t.storeEarly}, {"dead letters", t.storeDead}, {"uploads", t.storeUploads},
	} {
		if err := step.do(ctx, w); err != nil {
			return fmt.Errorf("store %s: %w", step.what, err)
		}
	}
	return nil
}

func (t *tx) storePackets(ctx context.Context, w *record.Writes) error {
	if _, err := insert(ctx, t.session, packetRow, w.NewPackets); err != nil {
		return err
	}
	if _, err := insert(ctx, t.session, bodyRow, w.NewPackets); err != nil {
		return err
	}
	for _, p := range w.SetPackets {
		err := t.change(ctx, "UPDATE packet SET state = ?2, rules = ?3, at = ?4, emulated = ?5 WHERE key = ?1",
			keyValue(p.Key), string(p.State), p.Rules, nanoseconds(p.At), p.Emulated)
		if err != nil {
			return fmt.Errorf("packet %s: %w", p.ID, err)
		}
	}
	return nil
}

func (t *tx) storeExchanges(ctx context.Context, w *record.Writes) error {
	if _, err := insert(ctx, t.session, exchangeRow, w.NewExchanges); err != nil {
		return err
	}
	for _, e := range w.SetExchanges {
		err := t.change(ctx, "UPDATE exchange SET state = ?, delivery = ?, rule = ?, due = ?, due_at = ?, deadline = ?, pulled_until = ?, changed = ?,"+
			" card = ?, number = ?, number_date = ? WHERE packet = ? AND receiver = ?",
			string(e.State), string(e.Delivery), e.Rule, string(e.Due), nanoseconds(e.DueAt), nanoseconds(e.Deadline), nanoseconds(e.PulledUntil), nanoseconds(e.Changed),
			keyValue(e.Card), e.Number.Number, e.Number.Date.String(), keyValue(e.Packet), string(e.Receiver))
		if err != nil {
			return fmt.Errorf("exchange %s toward %s: %w", e.ID, e.Receiver, err)
		}
	}
	return nil
}

// storeTasks inserts the tasks of new exchanges and changes others: who executes it, how it stands and where it is
// registered. What the sender wrote stays.
func (t *tx) storeTasks(ctx context.Context, w *record.Writes) error {
	var tasks []*record.Task
	for _, e := range w.NewExchanges {
		for i := range e.Tasks {
			tasks = append(tasks, &e.Tasks[i])
		}
	}
	if _, err := insert(ctx, t.session, taskRow, tasks); err != nil {
		return err
	}
	for _, k := range w.SetTasks {
		others := codes(k.Others)
		err := t.change(ctx, "UPDATE task SET executor = ?, others = ?, state = ?, outcome = ?, card = ?, journal = ?, number = ?, number_date = ?, changed = ?"+
			" WHERE packet = ? AND receiver = ? AND id = ?",
			string(k.Executor), others.lines(), string(k.State), string(k.Outcome), keyValue(k.Card), string(k.Journal), k.Number.Number, k.Number.Date.String(), nanoseconds(k.Changed),
			keyValue(k.Packet), string(k.Receiver), k.ID)
		if err != nil {
			return fmt.Errorf("task %s of %s: %w", k.ID, k.Packet, err)
		}
	}
	return nil
}

// storeCards inserts and replaces cards. One whose version moved meanwhile is ErrStale.
func (t *tx) storeCards(ctx context.Context, w *record.Writes) error {
	if _, err := insert(ctx, t.session, cardRow, w.NewCards); err != nil {
		return err
	}
	for _, c := range w.SetCards {
		n, err := t.exec(ctx, replaceCard, append(values(cardRow.fields(c)...), c.Version-1)...)
		if err != nil {
			return fmt.Errorf("card %s: %w", c.Key, err)
		}
		if n != 1 {
			return fmt.Errorf("card %s, version %d: %w", c.Key, c.Version, record.ErrStale)
		}
	}
	return nil
}

func (t *tx) storeRegister(ctx context.Context, w *record.Writes) error {
	if _, err := insert(ctx, t.session, journalRow, w.SetJournals); err != nil {
		return err
	}
	_, err := insert(ctx, t.session, claimRow, w.NewClaims)
	return err
}

// storeReceipts gives the receipts their seqs. There are two that find an id taken: in the record, or further
// up in the same batch; these get 0.
func (t *tx) storeReceipts(ctx context.Context, w *record.Writes) error {
	before := t.seq
	for _, r := range w.Receipts {
		t.seq++
		r.Seq, r.Leaf = t.seq, -1
	}
	n, err := insert(ctx, t.session, receiptRow, w.Receipts)
	if err != nil {
		return err
	}
	if n < int64(len(w.Receipts)) {
		for _, r := range w.Receipts {
			stored, err := number(ctx, t.session, "SELECT seq FROM receipt WHERE id = ?1", string(r.ID))
			if err != nil {
				return fmt.Errorf("receipt %s: %w", r.ID, err)
			}
			if stored != r.Seq {
				r.Seq = 0
			}
		}
	}
	if !w.Number || n == 0 || t.head.sealed != before {
		return nil
	}
	return t.numberNow(ctx, w.Receipts)
}

func (t *tx) storeNotes(ctx context.Context, w *record.Writes) error {
	_, err := insert(ctx, t.session, noteRow, pointers(w.Notes))
	return err
}

func (t *tx) storeEarly(ctx context.Context, w *record.Writes) error {
	for _, id := range w.GoneEarly {
		if _, err := t.exec(ctx, "DELETE FROM early WHERE sender = ?1 AND msg_id = ?2", packetArgs(id)...); err != nil {
			return err
		}
	}
	_, err := insert(ctx, t.session, earlyRow, pointers(w.NewEarly))
	return err
}

func (t *tx) storeDead(ctx context.Context, w *record.Writes) error {
	for _, k := range w.GoneDead {
		if _, err := t.exec(ctx, "DELETE FROM dead_letter WHERE key = ?1", keyValue(k)); err != nil {
			return err
		}
	}
	_, err := insert(ctx, t.session, deadRow, w.NewDead)
	return err
}

// storeUploads enters uploads and adopts. A file that was given up as it was put then cannot be entered, one that is
// not there cannot be adopted: ErrStale.
func (t *tx) storeUploads(ctx context.Context, w *record.Writes) error {
	for _, u := range w.NewUploads {
		given, err := number(ctx, t.session, "SELECT EXISTS (SELECT 1 FROM doomed WHERE sha256 = ?1 AND stored >= ?2)", u.SHA256[:], nanoseconds(u.At))
		if err != nil {
			return err
		}
		if given != 0 {
			return fmt.Errorf("enter %x of %s: %w", u.SHA256[:4], u.Contour, record.ErrStale)
		}
	}
	for _, u := range w.NewUploads {
		if err := t.enter(ctx, u); err != nil {
			return err
		}
	}
	for _, k := range w.Adopted {
		n, err := t.exec(ctx, "UPDATE upload SET adopted = 1 WHERE contour = ?1 AND sha256 = ?2", uploadArgs(k)...)
		if err != nil {
			return err
		}
		if n != 1 {
			return fmt.Errorf("adopt %x of %s: %w", k.SHA256[:4], k.Contour, record.ErrStale)
		}
	}
	return nil
}

func pointers[T any](rows []T) []*T {
	p := make([]*T, len(rows))
	for i := range rows {
		p[i] = &rows[i]
	}
	return p
}
