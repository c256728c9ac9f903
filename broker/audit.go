package broker

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"golang.org/x/mod/sumdb/note"
)

// Audit is what comparing everything found. It is for quiet hours and for tests: it reads all of it, page by
// page.
type Audit struct {
	Journals      int      // journal years looked at
	Cards         int64    // numbers looked at
	Leaves        int64    // receipts in the ledger
	Open          int      // exchanges that something is due for
	Discrepancies []string // what should not be, without personal data
}

// CompareAll checks that journals have neither gaps nor repeats, that the ledger is equal to the record,
// receipt by receipt, and counts what is open. dir and verifier are those of the ledger.
func (h *Hub) CompareAll(ctx context.Context, dir string, verifier note.Verifier) (Audit, error) {
	var a Audit
	config := h.Book().Config()
	for i := range config.Contours {
		if err := h.compareJournals(ctx, config.Contours[i].Code, &a); err != nil {
			return a, err
		}
	}
	if err := h.compareLedger(ctx, dir, verifier, &a); err != nil {
		return a, err
	}
	due, err := h.record.Due(ctx, h.Clock().Add(100*365*24*time.Hour), 1000)
	if err != nil {
		return a, fmt.Errorf("audit: %w", err)
	}
	a.Open = len(due)
	return a, nil
}

func (a *Audit) found(format string, args ...any) {
	a.Discrepancies = append(a.Discrepancies, fmt.Sprintf(format, args...))
}

func (h *Hub) compareJournals(ctx context.Context, contour document.ContourCode, a *Audit) error {
	journals, err := h.record.Journals(ctx, contour)
	if err != nil {
		return fmt.Errorf("audit journals: %w", err)
	}
	for _, j := range journals {
		a.Journals++
		want := int64(1)
		q := record.CardQuery{Contour: contour, Journal: j.Journal, Year: j.Year, Page: record.Page{Limit: 1000}}
		for {
			cards, cursor, err := h.record.Cards(ctx, q)
			if err != nil {
				return fmt.Errorf("audit journals: %w", err)
			}
			for _, card := range cards {
				if card.Seq != want {
					a.found("journal %s/%s/%d: number %d follows %d", contour, j.Journal, j.Year, card.Seq, want-1)
				}
				want = card.Seq + 1
				a.Cards++
			}
			if cursor == "" {
				break
			}
			q.After = cursor
		}
		if want-1 != j.Last {
			a.found("journal %s/%s/%d: the counter says %d, the last card has %d", contour, j.Journal, j.Year, j.Last, want-1)
		}
	}
	return nil
}

func (h *Hub) compareLedger(ctx context.Context, dir string, verifier note.Verifier, a *Audit) error {
	var page []record.Leaf
	checkpoint, err := ledger.Verify(dir, verifier, func(no int64, leaf []byte) error {
		if len(page) == 0 {
			var err error
			if page, err = h.record.Leaves(ctx, no, maxBatch); err != nil {
				return fmt.Errorf("audit ledger: %w", err)
			}
		}
		if len(page) == 0 || page[0].No != no || !bytes.Equal(page[0].Bytes, leaf) {
			a.found("ledger: receipt %d differs from the record", no)
			page = nil
			return nil
		}
		page = page[1:]
		a.Leaves++
		return nil
	})
	if err != nil {
		return fmt.Errorf("audit ledger: %w", err)
	}
	head, err := h.record.Head(ctx)
	if err != nil {
		return fmt.Errorf("audit ledger: %w", err)
	}
	if head.Leaves < checkpoint.Leaves {
		a.found("the ledger has %d receipts, the record %d", checkpoint.Leaves, head.Leaves)
	}
	return nil
}
