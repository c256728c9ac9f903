package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/schemas/wire"
)

// machine examines what a configuration names on this machine. A hub may be running meanwhile.
func (x *examination) machine(ctx context.Context, name string) {
	config, err := loadConfig(name)
	if err != nil {
		x.add("config", failure, err.Error(), "исправьте файл: smdo config check", "correct the file: smdo config check")
		return
	}
	x.ok("config", name)
	x.data(config.Data)
	x.record(ctx, config)
	x.bus(ctx, config)
	x.ledgerKeys(config)
	x.certificates(ctx, config)
	x.adapters(ctx, config)
}

const (
	fewBytes    = 5 << 30 // free space below this is a warning
	tooFewBytes = 512 << 20
)

func (x *examination) data(dir string) {
	info, err := os.Stat(dir)
	if err != nil {
		x.add("data", failure, err.Error(), "создайте каталог для пользователя хаба", "make the directory for the hub's user")
		return
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		x.add("data", failure, fmt.Sprintf("%s %o", dir, mode), "закройте его от других: chmod 700", "close it to others: chmod 700")
	} else {
		x.ok("data", dir)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		x.add("disk", warning, err.Error(), "проверьте файловую систему", "look at the file system")
		return
	}
	free := int64(disk.Bavail) * int64(disk.Bsize)
	text := fmt.Sprintf("%d MiB", free>>20)
	switch {
	case free < tooFewBytes:
		x.add("disk", failure, text, "освободите место: без него хаб ничего не примет", "free some space: without it the hub takes nothing")
	case free < fewBytes:
		x.add("disk", warning, text, "место кончается", "space is running out")
	default:
		x.ok("disk", text)
	}
}

// record examines schema, durability, keys and clock.
func (x *examination) record(ctx context.Context, c Config) {
	schema, err := readSchema(ctx, c)
	if err != nil {
		x.add("record", failure, err.Error(), "проверьте адрес и права", "check address and rights")
		return
	}
	text := fmt.Sprintf("%s, schema %d/%d", schema.Record, schema.Has, schema.Wants)
	if schema.Has < schema.Wants {
		x.add("record", warning, text, "smdo migrate up, или первый запуск сделает это", "smdo migrate up, or the first start does it")
		return
	}
	h := &hub{config: c}
	if err := h.openRecord(ctx); errors.Is(err, record.ErrInUse) {
		x.ok("record", text+x.lang.Pick(", открыта работающим хабом", ", open in the running hub"))
		return
	} else if err != nil {
		x.add("record", failure, err.Error(), "", "")
		return
	}
	defer func() { _ = h.close() }()
	if err := h.record.Durable(ctx); err != nil {
		x.add("record", failure, err.Error(), "включите: хаб откажется работать", "switch it on: the hub refuses to run")
	} else {
		x.ok("record", text)
	}
	x.contents(ctx, h.record)
}

func (x *examination) contents(ctx context.Context, r record.Record) {
	keys, err := r.Keys(ctx, "", "", 1)
	switch {
	case err != nil:
		x.add("keys", failure, err.Error(), "", "")
	case len(keys) == 0:
		x.add("keys", warning, "0", "ключей нет: никто не войдёт", "there are no keys: nobody can come in")
	default:
		x.ok("keys", keys[0].ID+" …")
	}
	head, err := r.Head(ctx)
	if err != nil {
		x.add("clock", failure, err.Error(), "", "")
		return
	}
	last, _, err := r.Feed(ctx, record.FeedQuery{From: max(head.Leaves-1, 0), Limit: 1, Scan: 1})
	if err != nil || len(last) == 0 {
		return // an empty ledger tells no time
	}
	receipt, err := wire.UnmarshalReceipt(last[0].Bytes)
	if err != nil {
		x.add("clock", failure, err.Error(), "", "")
		return
	}
	if ahead := time.Until(receipt.At); ahead > time.Minute {
		x.add("clock", failure, fmt.Sprintf("-%s", ahead.Round(time.Second)), "часы этой машины отстают от книги квитанций: настройте время", "this machine's clock is behind the ledger: set the time")
		return
	}
	x.ok("clock", time.Now().Format(time.RFC3339))
}

func (x *examination) bus(ctx context.Context, c Config) {
	if c.Bus.URL == "" {
		x.ok("bus", x.lang.Pick("встроенная", "embedded"))
		return
	}
	options := []nats.Option{nats.Name("smdo doctor"), nats.Timeout(5 * time.Second)}
	if c.Bus.Credentials != "" {
		options = append(options, nats.UserCredentials(c.Bus.Credentials))
	}
	account, err := busAccount(ctx, c.Bus.URL, options)
	if err != nil {
		x.add("bus", failure, err.Error(), "проверьте адрес, права и включён ли JetStream", "check address, rights, and that JetStream is on")
		return
	}
	x.ok("bus", fmt.Sprintf("%s, JetStream, %d streams", c.Bus.URL, account.Streams))
}

func busAccount(ctx context.Context, url string, options []nats.Option) (*jetstream.AccountInfo, error) {
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	return js.AccountInfo(ctx)
}

func (x *examination) ledgerKeys(c Config) {
	name := filepath.Join(c.Data, "keys", "ledger.key")
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.add("ledger key", warning, name, "первый запуск сделает его; сохраните копию", "the first start makes it; keep a copy")
	case err != nil:
		x.add("ledger key", failure, err.Error(), "", "")
	case info.Mode().Perm()&0o077 != 0:
		x.add("ledger key", failure, fmt.Sprintf("%s %o", name, info.Mode().Perm()), "закройте его от других: chmod 600", "close it to others: chmod 600")
	default:
		x.ok("ledger key", name)
	}
}
