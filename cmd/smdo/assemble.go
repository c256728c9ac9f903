package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/timestamp"
	"github.com/smdo-hub/smdo-hub/receipts/ledger"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// hub is everything that one process runs, put together from a Config: the list of what the binary contains.
type hub struct {
	*broker.Hub
	config   Config
	log      *slog.Logger
	record   record.Record
	blobs    blob.Store
	server   *broker.Server // nil with an external bus
	conn     *nats.Conn
	issuer   nkeys.KeyPair // nil: contours cannot connect to the bus
	emulator *signature.Emulator
	verifier *signature.Verifier
	ledger   *ledger.Ledger
	checker  note.Verifier

	trust      *signature.TrustStore
	stampers   signature.Stampers         // time-stamping authorities that were met
	revocation *signature.RevocationStore // nil: lists are not consulted
	keys       *broker.Keyring
	signers    []*keptKey
	closers    []func() error
}

var levels = map[string]*slog.Level{"debug": level(slog.LevelDebug), "info": level(slog.LevelInfo), "warn": level(slog.LevelWarn), "error": level(slog.LevelError)}

func level(l slog.Level) *slog.Level { return &l }

func newLogger(c LogConfig) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if l := levels[c.Level]; l != nil {
		o.Level = *l
	}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// start says how a hub is to begin.
type start struct {
	rules  []byte // put in force when the record has none
	newBus bool   // a bus that does not belong to the record is made to: what is open comes again from the record
}

// assemble puts a hub together. It opens no door yet.
func assemble(ctx context.Context, c Config, log *slog.Logger, how start) (_ *hub, err error) {
	h := &hub{config: c, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	for _, step := range []func(context.Context) error{h.openRecord, h.openBus, h.openFiles, h.openTrust, h.openSigners, h.openLedger} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if err := h.seed(ctx, how.rules); err != nil {
		return nil, err
	}
	bus, err := broker.NewBus(h.conn, h.sizes(), c.Bus.Replicas)
	if err != nil {
		return nil, err
	}
	if how.newBus {
		if err := bus.Rebuild(ctx, h.record); err != nil {
			return nil, err
		}
	}
	parts := broker.Parts{Record: h.record, Blobs: h.blobs, Verifier: h.verifier, Bus: bus, Ledger: h.ledger, Log: log}
	if h.Hub, err = broker.New(ctx, parts, h.options()); err != nil {
		return nil, err
	}
	h.keys = &broker.Keyring{Record: h.record, Clock: h.Hub.Clock}
	return h, nil
}

func (h *hub) openRecord(ctx context.Context) error {
	url := h.config.Record.URL
	if h.config.Record.URLFile != "" {
		text, err := secret(h.config.Record.URLFile)
		if err != nil {
			return err
		}
		url = text
	}
	var err error
	if url == "" {
		h.record, err = opened(sqlite.Open(ctx, filepath.Join(h.config.Data, "record.db")))
	} else {
		h.record, err = opened(postgres.Open(ctx, url, postgres.Options{Connections: h.config.Record.Connections, Migrate: true}))
	}
	if err != nil {
		return err
	}
	h.closers = append(h.closers, h.record.Close)
	return nil
}

// opened keeps a nil implementation from becoming an interface that is not nil.
func opened[R record.Record](r R, err error) (record.Record, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (h *hub) openBus(context.Context) (err error) {
	c := h.config.Bus
	if c.URL == "" {
		if h.server, err = broker.StartServer(broker.ServerOptions{Dir: filepath.Join(h.config.Data, "bus"), Host: c.Host, Port: c.Port, Sync: c.SyncAlways}); err != nil {
			return err
		}
		h.closers = append(h.closers, func() error { h.server.Stop(); return nil })
		h.issuer = h.server.Issuer()
		h.conn, err = h.server.Connect()
	} else {
		options := []nats.Option{nats.Name("smdo-hub"), nats.MaxReconnects(-1)}
		if c.Credentials != "" {
			options = append(options, nats.UserCredentials(c.Credentials))
		}
		if c.Issuer != "" {
			seed, err := secret(c.Issuer)
			if err != nil {
				return err
			}
			if h.issuer, err = nkeys.FromSeed([]byte(seed)); err != nil {
				return fmt.Errorf("bus issuer: %w", err)
			}
		}
		h.conn, err = nats.Connect(c.URL, options...)
	}
	if err != nil {
		return fmt.Errorf("connect to the bus: %w", err)
	}
	h.closers = append(h.closers, func() error { h.conn.Close(); return nil })
	return nil
}

func (h *hub) openFiles(ctx context.Context) (err error) {
	c := h.config.Files
	switch {
	case c.S3.Endpoint != "":
		access, err := secret(c.S3.AccessKey)
		if err != nil {
			return err
		}
		key, err := secret(c.S3.SecretKey)
		if err != nil {
			return err
		}
		client, err := minio.New(c.S3.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(access, key, ""), Secure: !c.S3.Plain})
		if err != nil {
			return fmt.Errorf("files: %w", err)
		}
		h.blobs, err = blob.OpenS3(ctx, client, c.S3.Bucket, c.S3.Prefix)
		return err
	case c.Object:
		js, err := jetstream.New(h.conn)
		if err != nil {
			return fmt.Errorf("files: %w", err)
		}
		h.blobs, err = blob.OpenObjectStore(ctx, js, blob.ObjectStoreConfig{Bucket: "smdo-files", MaxBytes: c.ObjectBytes, Replicas: h.config.Bus.Replicas, ServersSyncAlways: true})
		return err
	}
	if c.Dir == "" {
		c.Dir = filepath.Join(h.config.Data, "blobs")
	}
	h.blobs, err = blob.OpenDir(c.Dir)
	return err
}

func (h *hub) openTrust(context.Context) error {
	families, err := familiesOf(h.config.Trust.Families)
	if err != nil {
		return err
	}
	folders, err := trustFolders(h.config, families)
	if err != nil {
		return err
	}
	if h.config.Trust.Emulator {
		if h.emulator, err = signature.OpenEmulator(filepath.Join(h.config.Data, "emulator")); err != nil {
			return err
		}
		folders = append(folders, h.emulator.Folder())
	}
	if h.trust, err = signature.OpenTrustStore(folders...); err != nil {
		return err
	}
	h.verifier = signature.NewVerifier(h.trust, families...)
	stamps := timestamp.NewVerifier(h.trust, families...)
	h.verifier.Stamps = h.stampers.Watch(stamps.Verify)
	return h.openRevocation(h.trust, stamps, families)
}

// openRevocation lets signatures, and the authorities that stamp them, be checked against lists of revoked
// certificates, where such lists are configured.
func (h *hub) openRevocation(store *signature.TrustStore, stamps *timestamp.Verifier, families []signature.Family) (err error) {
	c := h.config.Trust.Revocation
	if !c.used() {
		return nil
	}
	h.revocation, err = signature.OpenRevocationStore(store, signature.RevocationConfig{
		Folders: c.Folders, Addresses: c.Addresses, Hosts: c.Hosts, Cache: filepath.Join(h.config.Data, "crl"), Every: time.Duration(c.Every), Grace: time.Duration(c.Grace), Log: h.log,
	}, families...)
	if err != nil {
		return err
	}
	policy := signature.RevocationPolicy{Unknown: revocationRules[c.Unknown], Stale: revocationRules[c.Stale]}
	h.verifier.Revocation, h.verifier.RevocationPolicy = h.revocation, policy
	stamps.Authorities.Revocation = h.revocation
	return nil
}

// familiesOf are the families of these names; all that there are, without any.
func familiesOf(names []string) (all []signature.Family, err error) {
	known := []signature.Family{signature.Std(), signature.GOST(), signature.STB()}
	if len(names) == 0 {
		return known, nil
	}
	for i, name := range names {
		at := slices.IndexFunc(known, func(f signature.Family) bool { return f.Name() == name })
		if at < 0 || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("%q: want std, gost, stb, each once", name)
		}
		all = append(all, known[at])
	}
	return all, nil
}

// ledgerOrigin is the name under which this installation signs checkpoints.
const ledgerOrigin = "smdo-hub/"

func (h *hub) openLedger(context.Context) error {
	dir := filepath.Join(h.config.Data, "keys")
	private, public := filepath.Join(dir, "ledger.key"), filepath.Join(dir, "ledger.pub")
	if _, err := os.Stat(private); errors.Is(err, os.ErrNotExist) {
		if err := makeLedgerKey(dir, private, public); err != nil {
			return err
		}
	}
	text, err := secret(private)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(text)
	if err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	if text, err = secret(public); err != nil {
		return err
	}
	if h.checker, err = note.NewVerifier(text); err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	if h.ledger, err = ledger.Open(h.ledgerDir(), signer, h.checker); err != nil {
		return err
	}
	h.closers = append(h.closers, h.ledger.Close)
	return nil
}

func (h *hub) ledgerDir() string { return filepath.Join(h.config.Data, "ledger") }

func makeLedgerKey(dir, private, public string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, ledgerOrigin+record.NewKey().Hex()[20:])
	if err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	if err := os.WriteFile(public, []byte(vkey+"\n"), 0o644); err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	if err := os.WriteFile(private, []byte(skey+"\n"), 0o600); err != nil {
		return fmt.Errorf("ledger key: %w", err)
	}
	return nil
}

// seed puts the first rules in force when the record has none.
func (h *hub) seed(ctx context.Context, rules []byte) error {
	if rules == nil {
		return nil
	}
	head, err := h.record.Head(ctx)
	if err != nil || head.Rules != 0 {
		return err
	}
	_, err = h.record.ProposeRules(ctx, record.Rules{Text: rules, Digest: sha256.Sum256(rules), By: "smdo", At: time.Now(), Comment: "first rules"}, true)
	return err
}

func (h *hub) sizes() broker.Sizes {
	s := broker.DefaultSizes()
	if h.config.Bus.StoreBytes > 0 {
		s.Submissions = h.config.Bus.StoreBytes
	}
	if h.config.Bus.Share > 0 {
		s.Share = h.config.Bus.Share
	}
	return s
}

func (h *hub) options() broker.Options {
	l, t := document.DefaultLimits(), h.config.Timing
	set := func(to *int64, v int64) {
		if v > 0 {
			*to = v
		}
	}
	set(&l.InlineFile, h.config.Limits.InlineFile)
	set(&l.InlineTotal, h.config.Limits.InlineTotal)
	set(&l.File, h.config.Limits.File)
	set(&l.Packet, h.config.Limits.Packet)
	return broker.Options{
		Limits: l, Custody: time.Duration(t.Custody), Lease: time.Duration(t.Lease), Republish: time.Duration(t.Republish),
		RegisterWithin: time.Duration(t.RegisterWithin), PullLease: time.Duration(t.PullLease), ExpiryGrace: time.Duration(t.ExpiryGrace), KeepSubmissions: time.Duration(t.Keep),
		FileGrace: time.Duration(h.config.Files.Grace),
	}
}

// run runs the stages and doors until ctx ends or one of them cannot go on.
func (h *hub) run(ctx context.Context, doors ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return h.Hub.Run(ctx) })
	if h.issuer != nil {
		group.Go(func() error { return broker.ServeAuth(ctx, h.conn, h.issuer, h.keys.Identify, h.log) })
	}
	if h.revocation != nil {
		group.Go(func() error {
			if err := h.revocation.Run(ctx); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	for _, watch := range []func(context.Context) error{func(ctx context.Context) error { return h.trust.Run(ctx, h.log) }, h.watchTerms} {
		group.Go(func() error {
			if err := watch(ctx); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	carrier := &adapters.Carrier{Hub: h.Hub, Record: h.record, Clock: h.Clock, Log: h.log}
	doors = append(doors, carrier.Run)
	if h.config.Folders.Dir != "" {
		doors = append(doors, h.runFolders)
	}
	if h.config.Mail.Address != "" {
		doors = append(doors, h.runMail)
	}
	if h.config.Upstream.URL != "" {
		doors = append(doors, h.runUpstream)
	}
	for _, door := range doors {
		group.Go(func() error { return door(ctx) })
	}
	return group.Wait()
}

// close ends the parts in the reverse order of their opening.
func (h *hub) close() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// secret reads a file that holds one secret.
func secret(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
