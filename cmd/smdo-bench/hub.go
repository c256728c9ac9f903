package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// hubRoad is the hub whole, in this process: embedded bus, record, ledger, every check on, driven by its
// own door.
type hubRoad struct {
	*broker.Hub
	packets *packets
	counts  *counted
	dir     string
	server  *broker.Server
	ledger  *ledger.Ledger
	checker note.Verifier
	stop    context.CancelFunc
	stopped chan error
}

// openRecord opens the record that is named "sqlite" or "postgres".
func openRecord(ctx context.Context, name, dir, dsn string) (record.Record, error) {
	if name == "sqlite" {
		return sqlite.Open(ctx, filepath.Join(dir, "record.db"))
	}
	return postgres.Open(ctx, dsn, postgres.Options{Migrate: true})
}

func openHub(ctx context.Context, name, dir, dsn, family string, r region) (*hubRoad, error) {
	rec, err := openRecord(ctx, name, dir, dsn)
	if err != nil {
		return nil, err
	}
	h := &hubRoad{dir: dir, counts: &counted{Record: rec}, stopped: make(chan error, 1)}
	signs, err := familyOf(family)
	if err != nil {
		return nil, err
	}
	var emulator *signature.Emulator
	if h.packets, emulator, err = r.sign(dir, signs.algorithm); err != nil {
		return nil, err
	}
	text := r.rules()
	if _, err := rec.ProposeRules(ctx, record.Rules{Text: text, Digest: sha256.Sum256(text), By: "bench", At: time.Now()}, true); err != nil {
		return nil, err
	}
	parts := broker.Parts{Record: h.counts, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if err := h.open(&parts, emulator, signs.Family); err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(ctx)
	h.stop = cancel
	if h.Hub, err = broker.New(running, parts, broker.Options{Custody: time.Minute}); err != nil {
		return nil, err
	}
	go func() { h.stopped <- h.Run(running) }()
	return h, nil
}

// open opens what stands beside the record.
func (h *hubRoad) open(p *broker.Parts, emulator *signature.Emulator, family signature.Family) error {
	var err error
	if h.server, err = broker.StartServer(broker.ServerOptions{Dir: filepath.Join(h.dir, "bus")}); err != nil {
		return err
	}
	nc, err := h.server.Connect()
	if err != nil {
		return err
	}
	if p.Bus, err = broker.NewBus(nc, broker.DefaultSizes(), 1); err != nil {
		return err
	}
	if p.Blobs, err = blob.OpenDir(filepath.Join(h.dir, "blobs")); err != nil {
		return err
	}
	trust, err := signature.OpenTrustStore(emulator.Folder())
	if err != nil {
		return err
	}
	p.Verifier = signature.NewVerifier(trust, family)
	secret, public, err := note.GenerateKey(rand.Reader, "hub.bench")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	if h.checker, err = note.NewVerifier(public); err != nil {
		return err
	}
	h.ledger, err = ledger.Open(filepath.Join(h.dir, "ledger"), signer, h.checker)
	p.Ledger = h.ledger
	return err
}

// travel hands packet i in and waits until its registration (ack 2) is sealed.
func (h *hubRoad) travel(ctx context.Context, i int) (custody time.Time, err error) {
	p := h.packets.make(i)
	sealed, leave := h.Announcer().Follow(p.ID, 8)
	defer leave()
	o, err := h.Submit(ctx, p.ID.Sender, p)
	if err != nil {
		return custody, err
	}
	if o.Standing != broker.Custody {
		return custody, fmt.Errorf("%s: %v", o.Standing, o.Faults)
	}
	custody = time.Now()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		select {
		case r := <-sealed:
			switch {
			case r != nil && r.Stage == document.Register && r.To == document.Registered:
				return custody, nil
			case r != nil && len(r.Faults) > 0:
				return custody, document.Faults(r.Faults)
			}
		case <-late.C:
			return custody, errors.New("not registered within a minute")
		case <-ctx.Done():
			return custody, ctx.Err()
		}
	}
}

func (h *hubRoad) batches() map[string]float64 { return h.counts.means() }

func (h *hubRoad) close() error {
	h.stop()
	err := <-h.stopped
	h.server.Stop()
	return errors.Join(err, h.ledger.Close(), h.counts.Close())
}

// audit looks, after the last packet, that every journal counts from 1 without a gap, that each packet has
// one card, that every receipt has its leaf, and that the ledger verifies and holds what the record holds.
func (h *hubRoad) audit(ctx context.Context, n int) error {
	cards := 0
	for _, c := range h.packets.contours() {
		k, err := h.auditContour(ctx, c)
		if err != nil {
			return err
		}
		cards += k
	}
	if cards != n {
		return fmt.Errorf("%d packets were sent, %d cards were made", n, cards)
	}
	const perPacket = 4 // accepted, forwarded, delivered, registered
	head, err := h.counts.Head(ctx)
	if err != nil {
		return err
	}
	if head.Leaves != int64(n*perPacket) {
		return fmt.Errorf("%d packets gave %d leaves", n, head.Leaves)
	}
	if rest, err := h.counts.Unsealed(ctx, nil, 1); err != nil || len(rest) > 0 {
		return fmt.Errorf("%d receipts or more have no leaf (%w)", len(rest), err)
	}
	return h.auditLedger(ctx, head.Leaves)
}

func (h *hubRoad) auditContour(ctx context.Context, c document.ContourCode) (cards int, err error) {
	journals, err := h.counts.Journals(ctx, c)
	if err != nil {
		return 0, err
	}
	for _, j := range journals {
		next, cursor := int64(1), ""
		for {
			page, after, err := h.counts.Cards(ctx, record.CardQuery{Contour: c, Journal: j.Journal, Page: record.Page{After: cursor, Limit: 1000}})
			if err != nil {
				return 0, err
			}
			for _, card := range page {
				if card.Seq != next {
					return 0, fmt.Errorf("journal %s of %s: number %d where %d should stand", j.Journal, c, card.Seq, next)
				}
				next++
			}
			if cursor = after; cursor == "" {
				break
			}
		}
		if j.Last != next-1 {
			return 0, fmt.Errorf("journal %s of %s: the counter stands at %d, the last card is %d", j.Journal, c, j.Last, next-1)
		}
		cards += int(j.Last)
	}
	return cards, nil
}

func (h *hubRoad) auditLedger(ctx context.Context, leaves int64) error {
	var page []record.Leaf
	end, err := ledger.Verify(filepath.Join(h.dir, "ledger"), h.checker, func(no int64, leaf []byte) (err error) {
		if len(page) == 0 {
			if page, err = h.counts.Leaves(ctx, no, 1000); err != nil {
				return err
			}
		}
		if len(page) == 0 || page[0].No != no || !bytes.Equal(page[0].Bytes, leaf) {
			return fmt.Errorf("leaf %d of the ledger is not the record's", no)
		}
		page = page[1:]
		return nil
	})
	if err != nil {
		return err
	}
	if end.Leaves != leaves {
		return fmt.Errorf("the ledger holds %d leaves, the record %d", end.Leaves, leaves)
	}
	return nil
}
