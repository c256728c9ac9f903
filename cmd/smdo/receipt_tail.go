package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

type receiptTail struct {
	Connection
	After int64 `help:"С листа после этого; без него только новые. / From the leaf after this one; without it only new ones." default:"-2"`
	Limit int   `help:"Закончить после стольких; 0: никогда. / End after so many; 0: never."`
}

// errEnough ends a stream that said as much as was asked for.
var errEnough = errors.New("enough")

// Run is the command. A broken connection is taken up again after the last leaf that was printed, so that
// nothing is missed and nothing comes twice.
func (t *receiptTail) Run(ctx context.Context, g *Global) error {
	hub, err := t.open(g)
	if err != nil {
		return err
	}
	last := ""
	if t.After >= -1 {
		last = strconv.FormatInt(t.After, 10)
	}
	printed, pause := 0, backoff.NewExponentialBackOff(backoff.WithMaxElapsedTime(0), backoff.WithMaxInterval(15*time.Second))
	connect := func() error {
		err := hub.stream(ctx, last, func(leaf string, r *openapi.Receipt) error {
			pause.Reset()
			if err := g.tellReceipt(r, false); err != nil {
				return backoff.Permanent(err)
			}
			last = leaf
			if printed++; printed == t.Limit {
				return backoff.Permanent(errEnough)
			}
			return nil
		})
		var refused *problem
		if errors.As(err, &refused) && refused.exitCode() != exitUnreachable {
			return backoff.Permanent(err)
		}
		return err
	}
	err = backoff.RetryNotify(connect, backoff.WithContext(pause, ctx), func(err error, after time.Duration) {
		g.say(fmt.Sprintf("поток прервался (%v), снова через %s", err, after.Round(time.Millisecond)), fmt.Sprintf("the stream broke (%v), again in %s", err, after.Round(time.Millisecond)))
	})
	if errors.Is(err, errEnough) || ctx.Err() != nil {
		return nil
	}
	return err
}

// stream reads server-sent events until the connection ends, which is always an error.
func (c *client) stream(ctx context.Context, last string, each func(leaf string, r *openapi.Receipt) error) error {
	r, err := good(c.StreamReceipts(ctx, &openapi.StreamReceiptsParams{LastEventID: optional(last), Lang: c.lang()}))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(make([]byte, 64<<10), 4<<20)
	var id string
	var data []byte
	for lines.Scan() {
		field, value, _ := bytes.Cut(lines.Bytes(), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(lines.Bytes()) == 0 && len(data) > 0: // an empty line ends an event
			var receipt openapi.Receipt
			if err := json.Unmarshal(data, &receipt); err != nil {
				return backoff.Permanent(fmt.Errorf("read receipt %s: %w", id, err))
			}
			if err := each(id, &receipt); err != nil {
				return err
			}
			data = nil
		case string(field) == "id":
			id = string(value)
		case string(field) == "data":
			data = append(data, value...)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read receipts: %w", err)
	}
	return errors.New("the hub ended the stream")
}
