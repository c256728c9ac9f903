package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// heard is a log that tells when a message was written.
type heard struct {
	slog.Handler
	message string
	told    chan<- struct{}
}

func (h heard) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, h.message) {
		select {
		case h.told <- struct{}{}:
		default:
		}
	}
	return nil
}

func (heard) Enabled(context.Context, slog.Level) bool { return true }

func (h heard) WithAttrs([]slog.Attr) slog.Handler { return h }

func TestAHubWhoseBusIsAwayWhenItBeginsToWorkWaitsForIt(t *testing.T) {
	dir := t.TempDir()
	bus := externalBus(t, dir)
	r := openSQLite(t, dir)
	key := prepare(t, r)
	r.Close()
	config, err := loadConfig(newProcess(t, dir, bus.settings).config)
	if err != nil {
		t.Fatal(err)
	}
	silent := make(chan struct{}, 1)
	h, err := assemble(t.Context(), config, slog.New(heard{slog.DiscardHandler, "the bus does not answer", silent}), start{})
	if err != nil {
		t.Fatal(err)
	}
	bus.stop()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx) }()
	select {
	case <-silent:
	case err := <-ended:
		t.Fatalf("the hub ended: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the hub does not say that its bus is away")
	}
	bus.start()
	l := newLoad(t, dir, bus.url(), key)
	sending := l.run(ctx, 1)
	l.waitFor(1)
	cancel()
	sending.Wait()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := h.close(); err != nil {
		t.Error(err)
	}
}
