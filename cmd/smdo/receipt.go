package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// receiptCommand is about receipts.
type receiptCommand struct {
	Ls     receiptLs     `cmd:"" help:"Квитанции в порядке книги. / Receipts in the order of the ledger."`
	Show   receiptShow   `cmd:"" help:"Одна квитанция. / One receipt."`
	Tail   receiptTail   `cmd:"" help:"Новые квитанции, пока не прервут. / New receipts until interrupted."`
	Replay receiptReplay `cmd:"" help:"Квитанции промежутка, объект JSON на строку. / Receipts of an interval, a JSON object a line."`
}

type receiptLs struct {
	Listing
	After  int64  `help:"После этого листа. / After this leaf." default:"-1"`
	Packet string `help:"Только этого пакета. / Only of this packet."`
}

// Run is the command.
func (r *receiptLs) Run(ctx context.Context, g *Global) error {
	hub, err := r.open(g)
	if err != nil {
		return err
	}
	items := []openapi.Receipt{}
	if r.Packet != "" {
		page, err := answer[openapi.ReceiptPage](hub.ListPacketReceipts(ctx, r.Packet, &openapi.ListPacketReceiptsParams{Lang: hub.lang()}))
		if err != nil {
			return err
		}
		for _, x := range page.Items {
			if x.Leaf > r.After && (r.Limit == 0 || len(items) < r.Limit) {
				items = append(items, x)
			}
		}
	} else {
		err := hub.leaves(ctx, r.After, func(x *openapi.Receipt) bool {
			items = append(items, *x)
			return r.Limit == 0 || len(items) < r.Limit
		})
		if err != nil {
			return err
		}
	}
	return table(g, items, []string{"leaf", "at", "packet", "receiver", "task", "text", "registration", "+stage", "+code", "+rule", "+id"}, func(x *openapi.Receipt) []string {
		return []string{strconv.FormatInt(x.Leaf, 10), g.at(x.At), x.Packet, string(x.Receiver), x.Task, x.Text, x.Registration.Number, string(x.Stage), strconv.Itoa(x.Code), x.Rule, x.ID}
	})
}

// leaves yields the sealed receipts after a leaf until there are no more, or more says that it is enough.
func (c *client) leaves(ctx context.Context, after int64, more func(*openapi.Receipt) bool) error {
	size := pageSize
	for {
		page, err := answer[openapi.ReceiptPage](c.ListReceipts(ctx, &openapi.ListReceiptsParams{After: &after, Limit: &size, Lang: c.lang()}))
		if err != nil {
			return err
		}
		for i := range page.Items {
			if !more(&page.Items[i]) {
				return nil
			}
		}
		if page.Next <= after {
			return nil
		}
		after = page.Next
	}
}

type receiptShow struct {
	Connection
	Leaf int64  `arg:"" help:"Лист книги. / Leaf of the ledger."`
	Out  string `help:"Подписать ключом хаба и сохранить в каталог: receipt-ЛИСТ.pb, как в книге, и receipt-ЛИСТ.pb.p7s. / Have the hub sign it and save into a folder: the octets of the ledger and a detached signature." type:"path"`
}

// signedReceipt is a receipt with the hub's signature, when that was asked for.
type signedReceipt struct {
	openapi.Receipt
	Signature *openapi.SignatureView `json:"signature,omitempty"`
}

// Run is the command.
func (r *receiptShow) Run(ctx context.Context, g *Global) error {
	hub, err := r.open(g)
	if err != nil {
		return err
	}
	receipt, err := answer[openapi.Receipt](hub.GetReceipt(ctx, r.Leaf, &openapi.GetReceiptParams{Lang: hub.lang()}))
	if err != nil {
		return err
	}
	out := signedReceipt{Receipt: receipt}
	if r.Out != "" {
		signed, err := answer[openapi.SignedReceipt](hub.SignReceipt(ctx, r.Leaf, &openapi.SignReceiptParams{Lang: hub.lang()}))
		if err != nil {
			return err
		}
		if err := saveReceipt(r.Out, &signed); err != nil {
			return err
		}
		out.Signature = &signed.Signature
		g.say("сохранено в "+r.Out, "saved in "+r.Out)
	}
	return g.print(out)
}

// saveReceipt writes the octets and the signature under them; nothing is overwritten.
func saveReceipt(dir string, s *openapi.SignedReceipt) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save receipt: %w", err)
	}
	name := filepath.Join(dir, fmt.Sprintf("receipt-%d.pb", s.Leaf))
	if err := writeNew(name, bytes.NewReader(s.Receipt)); err != nil {
		return err
	}
	return writeNew(name+".p7s", bytes.NewReader(s.Signature.Cms))
}

type receiptReplay struct {
	Connection
	From border `help:"Первый лист, или момент: RFC 3339, 3d. / First leaf, or a moment: RFC 3339, 3d." default:"0"`
	To   border `help:"Последний лист, или момент. / Last leaf, or a moment."`
}

// border is an end of an interval: a leaf or a moment.
type border struct {
	leaf   int64
	moment moment
}

// UnmarshalText reads a leaf's number or a moment.
func (b *border) UnmarshalText(text []byte) (err error) {
	if b.leaf, err = strconv.ParseInt(string(text), 10, 64); err == nil && b.leaf >= 0 {
		return nil
	}
	if err := b.moment.UnmarshalText(text); err != nil {
		return fmt.Errorf("%q: want the number of a leaf, a time, or how long ago", text)
	}
	b.leaf = -1
	return nil
}

// Run is the command. The order is that of the ledger, never of times.
func (r *receiptReplay) Run(ctx context.Context, g *Global) error {
	hub, err := r.open(g)
	if err != nil {
		return err
	}
	lines := Global{Output: "json", stdout: g.stdout}
	var failed error
	err = hub.leaves(ctx, max(r.From.leaf, 0)-1, func(x *openapi.Receipt) bool {
		if r.To.moment.IsZero() && r.To != (border{}) && x.Leaf > r.To.leaf {
			return false
		}
		if within(x.At, r.From.moment.Time, r.To.moment.Time) {
			failed = lines.tellReceipt(x, false)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return err
}

// within says that t is in the interval; a zero end is open.
func within(t, from, to time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (to.IsZero() || t.Before(to))
}
