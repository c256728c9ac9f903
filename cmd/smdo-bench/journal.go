package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

const (
	clerk     = document.ContourCode("r0")
	register  = document.JournalCode("in")
	pageSize  = 50
	pageTries = 200
)

// journal fills a journal with a million cards, each with its sealed receipt, and turns its pages: the
// newest, and page after page from there, and from the beginning.
func journal(ctx context.Context, p *plan) error {
	for _, name := range p.records {
		dir, err := os.MkdirTemp(p.Dir, "smdo-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		dsn := ""
		if name == "postgres" {
			if dsn, err = p.cluster.database(ctx); err != nil {
				return err
			}
		}
		r, err := openRecord(ctx, name, dir, dsn)
		if err != nil {
			return err
		}
		start := time.Now()
		if err := fill(ctx, r, p.Packets); err != nil {
			return err
		}
		fmt.Printf("%s: %d cards written in %.0f s\n", name, p.Packets, time.Since(start).Seconds())
		for _, newest := range []bool{true, false} {
			first, pages, err := turn(ctx, r, newest)
			if err != nil {
				return err
			}
			fmt.Printf("%s: page of %d of a journal of %d, newest first %v: first %.2f ms, then p50/p99 %s\n", name, pageSize, p.Packets, newest, first.Seconds()*1000, pages)
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

func fill(ctx context.Context, r record.Record, n int) error {
	const batch = 2000
	key := record.JournalKey{Contour: clerk, Journal: register, Year: 2026}
	for done := 0; done < n; done += batch {
		var last *record.Writes
		err := r.Update(ctx, record.Reads{Journals: []record.JournalKey{key}}, func(s *record.State) (*record.Writes, error) {
			j := s.Journals[key]
			last = &record.Writes{SetJournals: []*record.Journal{j}}
			for range min(batch, n-done) {
				j.Last++
				addCard(last, j)
			}
			return last, nil
		})
		if err != nil {
			return err
		}
		seqs := make([]int64, len(last.Receipts))
		for i, receipt := range last.Receipts {
			seqs[i] = receipt.Seq
		}
		if _, _, err := r.Number(ctx, "bench", time.Minute, seqs, seqs[len(seqs)-1]); err != nil {
			return err
		}
	}
	return nil
}

func addCard(w *record.Writes, j *record.Journal) {
	now, key := time.Now().UTC(), record.NewKey()
	id := document.PacketID{Sender: "s0", MsgID: document.MsgID(key.String())}
	number := document.RegNumber{Number: fmt.Sprintf("%d-вх/2026", j.Last), Date: document.DateOf(now)}
	receipt := document.Receipt{ID: document.NewReceiptID(id, clerk, "", document.Register, key.Hex()), Packet: id, Receiver: clerk, Stage: document.Register, At: now, Leaf: -1, Number: number, Journal: string(register), Event: key.Hex()}
	w.Receipts = append(w.Receipts, &record.Receipt{Receipt: receipt, PacketKey: key, Bytes: wire.ReceiptBytes(&receipt)})
	w.NewCards = append(w.NewCards, &record.Card{
		Key: record.NewKey(), Contour: clerk, Journal: register, Year: j.Year, Seq: j.Last, Kind: document.JournalIncoming, State: document.CardRegistered,
		Number: number, At: now, Version: 1, Packet: key, PacketID: id, Receipt: receipt.ID, Correspondent: "s0", DocumentID: "doc", DocumentKind: "Письмо", Title: sentence, Sheets: 1,
	})
}

// turn times the first page, as a fresh process would read it, and the pages after it.
func turn(ctx context.Context, r record.Record, newest bool) (first time.Duration, rest Quantiles, err error) {
	var times []time.Duration
	cursor := ""
	for range pageTries {
		start := time.Now()
		page, after, err := r.Cards(ctx, record.CardQuery{Contour: clerk, Journal: register, Year: 2026, Page: record.Page{After: cursor, Limit: pageSize, Newest: newest}})
		if err != nil {
			return 0, rest, err
		}
		times = append(times, time.Since(start))
		if len(page) == 0 || slices.ContainsFunc(page, func(c *record.Card) bool { return c.Number.Number == "" }) {
			return 0, rest, fmt.Errorf("a page without cards or without numbers")
		}
		if cursor = after; cursor == "" {
			break
		}
	}
	return times[0], quantiles(times), nil
}
