// Package brokertest starts a whole hub inside a test: the real bus, the real record, files on disk, the
// example contours and the emulator's keys.
package brokertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/mod/sumdb/note"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Env is a running hub with what it is made of.
type Env struct {
	*broker.Hub
	Dir      string
	Record   record.Record
	Blobs    blob.Store
	Server   *broker.Server
	Conn     *nats.Conn // the hub's own
	Emulator *signature.Emulator
	Trust    *signature.TrustStore
	Verifier *signature.Verifier
	Ledger   *ledger.Ledger
	Signer   note.Signer
	Checker  note.Verifier

	t       testing.TB
	options Options
	cancel  context.CancelFunc
	stopped chan struct{}
	ended   error // of the hub; read after stopped is closed
	writer  *testWriter
}

// Options say what differs from the usual.
type Options struct {
	Broker broker.Options
	Rules  []byte // contours.Example when nil
	Open   func(t testing.TB, dir string) record.Record
	Dir    string // to go on with what an earlier Env left
	Sizes  broker.Sizes

	Families []signature.Family // the standard one when nil
	Trust    []signature.Folder // beside the emulator's own root
	Beside   *Env               // a second instance on the bus, the files, the keys and the trust of that one; it has its own ledger
}

// Start starts a hub and ends it with the test.
func Start(t testing.TB, o Options) *Env {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Open == nil {
		o.Open = func(t testing.TB, dir string) record.Record {
			r, err := sqlite.Open(context.Background(), filepath.Join(dir, "record.db"))
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
	}
	if o.Sizes == (broker.Sizes{}) {
		o.Sizes = broker.DefaultSizes()
	}
	if o.Broker.Lease == 0 {
		o.Broker.Lease = 2 * time.Second
	}
	e := &Env{t: t, Dir: o.Dir, options: o, Record: o.Open(t, o.Dir)}
	e.open()
	e.applyRules(o.Rules)
	t.Cleanup(e.Stop)
	e.must(e.run())
	return e
}

func (e *Env) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *Env) open() {
	e.t.Helper()
	if e.options.Beside == nil {
		e.openShared()
	} else {
		e.share(e.options.Beside)
	}
	var err error
	e.Conn, err = e.Server.Connect()
	e.must(err)
	families := e.options.Families
	if families == nil {
		families = []signature.Family{signature.Std()}
	}
	e.Verifier = signature.NewVerifier(e.Trust, families...)
	e.Ledger, err = ledger.Open(e.LedgerDir(), e.Signer, e.Checker)
	e.must(err)
}

// openShared opens what several instances have in common.
func (e *Env) openShared() {
	e.t.Helper()
	var err error
	e.Server, err = broker.StartServer(broker.ServerOptions{Dir: e.BusDir()})
	e.must(err)
	e.Blobs, err = blob.OpenDir(filepath.Join(e.Dir, "blobs"))
	e.must(err)
	e.Emulator, err = signature.OpenEmulator(filepath.Join(e.Dir, "emulator"))
	e.must(err)
	e.Trust, err = signature.OpenTrustStore(append(e.options.Trust, e.Emulator.Folder())...)
	e.must(err)
	if e.Signer == nil {
		secret, public, err := note.GenerateKey(rand.Reader, "hub.test")
		e.must(err)
		e.Signer, err = note.NewSigner(secret)
		e.must(err)
		e.Checker, err = note.NewVerifier(public)
		e.must(err)
	}
}

func (e *Env) share(o *Env) {
	e.Server, e.Blobs, e.Emulator, e.Trust, e.Signer, e.Checker = o.Server, o.Blobs, o.Emulator, o.Trust, o.Signer, o.Checker
}

// BusDir is where the streams are kept.
func (e *Env) BusDir() string { return filepath.Join(e.Dir, "bus") }

// LedgerDir is where the ledger is kept.
func (e *Env) LedgerDir() string { return filepath.Join(e.Dir, "ledger") }

func (e *Env) applyRules(text []byte) {
	head, err := e.Record.Head(context.Background())
	e.must(err)
	if head.Rules > 0 {
		return
	}
	if text == nil {
		text = contours.Example()
	}
	e.Apply(text)
}

// Apply puts rules in force.
func (e *Env) Apply(text []byte) {
	e.t.Helper()
	_, err := e.Record.ProposeRules(context.Background(), record.Rules{Text: text, Digest: sha256.Sum256(text), By: "test", At: time.Now()}, true)
	e.must(err)
	if e.Hub != nil {
		e.must(e.LoadRules(context.Background()))
	}
}

// run puts the hub together and sets it going. On an error nothing runs.
func (e *Env) run() error {
	e.t.Helper()
	bus, err := e.Bus()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.writer = &testWriter{t: e.t}
	log := slog.New(slog.NewTextHandler(e.writer, &slog.HandlerOptions{Level: slog.LevelWarn}))
	hub, err := broker.New(ctx, broker.Parts{Record: e.Record, Blobs: e.Blobs, Verifier: e.Verifier, Bus: bus, Ledger: e.Ledger, Log: log}, e.options.Broker)
	if err != nil {
		cancel()
		return err
	}
	e.Hub, e.cancel, e.stopped = hub, cancel, make(chan struct{})
	if e.options.Beside == nil {
		keys := &broker.Keyring{Record: e.Record, Clock: time.Now}
		go func() { _ = broker.ServeAuth(ctx, e.Conn, e.Server.Issuer(), keys.Identify, log) }()
	}
	go func() {
		defer close(e.stopped)
		e.ended = hub.Run(ctx)
	}()
	return nil
}

// Bus is a view of the server's streams, as a hub has one.
func (e *Env) Bus() (*broker.Bus, error) { return broker.NewBus(e.Conn, e.options.Sizes, 1) }

// testWriter logs into the test, as long as it runs.
type testWriter struct {
	t    testing.TB
	over atomic.Bool
}

func (w *testWriter) Write(p []byte) (int, error) {
	if !w.over.Load() {
		w.t.Log(string(bytes.TrimSpace(p)))
	}
	return len(p), nil
}

// Ended is closed when the hub has stopped, by itself or not.
func (e *Env) Ended() <-chan struct{} { return e.stopped }

// Stop ends the hub and everything below it. A hub that ended by itself with an error fails the test.
func (e *Env) Stop() {
	if err := e.Halt(); err != nil {
		e.t.Errorf("the hub ended: %v", err)
	}
}

// Halt is Stop for a hub that may have ended with an error, which it returns.
func (e *Env) Halt() error {
	var err error
	if e.cancel != nil {
		e.cancel()
		<-e.stopped
		e.cancel, err = nil, e.ended
	}
	if e.Conn == nil {
		return err
	}
	if e.writer != nil {
		e.writer.over.Store(true)
	}
	e.Conn.Close()
	if e.options.Beside == nil {
		e.Server.Stop()
	}
	e.Conn = nil
	return errors.Join(err, e.Ledger.Close(), e.Record.Close())
}

// Restart stops the hub and starts it again on the same directory.
func (e *Env) Restart() {
	e.t.Helper()
	e.Stop()
	e.must(e.Again())
}

// Again starts a hub that was stopped, on the same directory. It returns why the hub refuses to start; then
// everything below it is open all the same, for repair, until Stop.
func (e *Env) Again() error {
	e.t.Helper()
	e.Record = e.options.Open(e.t, e.Dir)
	e.open()
	return e.run()
}

// Run sets a hub going that refused to start before.
func (e *Env) Run() error { return e.run() }

// Sign makes the emulated signature of a participant.
func (e *Env) Sign(participant string, file []byte) document.Signature {
	e.t.Helper()
	return e.SignWith(participant, file, signature.SignerOptions{})
}

// SignWith makes a signature that may have a fault.
func (e *Env) SignWith(participant string, file []byte, o signature.SignerOptions) document.Signature {
	e.t.Helper()
	signer, err := e.Emulator.Issue(participant, o)
	e.must(err)
	cms, err := signer.Sign(signature.ContentOf(file))
	e.must(err)
	return document.Signature{CMS: cms}
}

// File makes a signed inline attachment.
func (e *Env) File(name string, content []byte, participant string) document.Attachment {
	e.t.Helper()
	return document.Attachment{Name: name, MediaType: "application/pdf", Size: int64(len(content)), SHA256: sha256.Sum256(content), Inline: content, Signatures: []document.Signature{e.Sign(participant, content)}}
}

// Letter makes a packet that passes by the example's rules: a letter of head-a with one signed file.
func (e *Env) Letter(to document.ContourCode, tasks ...document.Task) *document.Packet {
	e.t.Helper()
	id := record.NewKey().String()
	return &document.Packet{
		ID: document.PacketID{Sender: "head-a", MsgID: document.MsgID(id)}, Edition: document.Edition, Kind: document.Main, Acknow: document.AcknowAlways,
		Sent: time.Now().UTC(), Subject: "Письмо", Author: "petrov", To: []document.Receiver{{Contour: to}},
		Document: &document.Document{
			ID: "doc-" + id, Kind: "Письмо", Sheets: 1, Number: document.RegNumber{Number: "01-05/77", Date: document.Date{Year: 2026, Month: 11, Day: 23}},
			Title: "О согласовании", Files: []document.Attachment{e.File("Письмо.pdf", []byte("%PDF-1.4 "+id), "petrov")},
		},
		Tasks: tasks,
	}
}

// Task makes an СМДО task for one executor.
func Task(id string, kind document.TaskKind, to document.ContourCode, executor document.ParticipantCode) document.Task {
	return document.Task{ID: id, Kind: kind, SMDO: true, Text: "Подписать и вернуть", Executors: []document.Executor{{Contour: to, Participant: executor, Chief: true}}}
}
