package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// Keys says who holds an API key; broker.ErrKey when nobody does. broker.Keyring is one.
type Keys interface {
	Identify(ctx context.Context, key string) (broker.Principal, error)
}

// Emulator is «Эмулятор ЭЦП», where it is configured. signature.Emulator is one.
type Emulator interface {
	Issue(participant string, o signature.SignerOptions) (*signature.EmulatedSigner, error)
}

// Record is what the door reads in the record by itself; all changes go through the hub.
type Record interface {
	Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error)
	Body(ctx context.Context, packet record.Key) ([]byte, error)
	Receipts(ctx context.Context, id document.PacketID, limit int) ([]record.SealedReceipt, error)
	Note(ctx context.Context, id document.ReceiptID) (record.Note, error)
	Feed(ctx context.Context, q record.FeedQuery) ([]record.SealedReceipt, int64, error)
	Head(ctx context.Context) (record.Head, error)
	Exchanges(ctx context.Context, q record.PacketQuery) ([]*record.Exchange, string, error)
	Cards(ctx context.Context, q record.CardQuery) ([]*record.Card, string, error)
	Card(ctx context.Context, key record.Key) (*record.Card, error)
	Tasks(ctx context.Context, q record.TaskQuery) ([]*record.DeskTask, string, error)
	Journals(ctx context.Context, contour document.ContourCode) ([]record.Journal, error)
	Stored(ctx context.Context, contour document.ContourCode) (int64, error)
	History(ctx context.Context, since time.Time, after record.Key, limit int) ([]*record.Packet, [][]*record.Exchange, error)
	DeadLetters(ctx context.Context, stage string, after record.Key, limit int) ([]*record.Dead, error)
	RulesVersion(ctx context.Context, version int64) (record.Rules, error)
	RulesVersions(ctx context.Context, before int64, limit int) ([]record.Rules, error)
	AddKey(ctx context.Context, k record.APIKey) error
	Key(ctx context.Context, id string) (record.APIKey, error)
	Keys(ctx context.Context, contour document.ContourCode, after string, limit int) ([]record.APIKey, error)
	RevokeKey(ctx context.Context, id string, at time.Time) error
	Ping(ctx context.Context) error
}

// Check is one thing that has to work for the hub to be ready.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Deps is what the door needs beside the hub.
type Deps struct {
	Record   Record
	Blobs    blob.Store
	Keys     Keys
	Verifier *signature.Verifier
	Emulator Emulator             // nil: not configured
	Signers  []Signer             // keys of the configuration
	Version  string               // of the program
	Metrics  *prometheus.Registry // nil: none are kept and /metrics is absent
	Checks   []Check              // for /readyz, beside the record
	Done     <-chan struct{}      // closed when the hub stops: streams and waits end; nil: never
	Log      *slog.Logger
}

// door answers the operations of the contract.
type door struct {
	Deps
	hub *broker.Hub
}

// New returns the handler of the whole HTTP door: the API below /api/v1, and beside it /livez, /readyz, /version,
// /metrics, /openapi.yaml and /errors/{code}.
func New(hub *broker.Hub, deps Deps) http.Handler {
	d := &door{deps, hub}
	mux := http.NewServeMux()
	d.plainPages(mux)
	strict := openapi.NewStrictHandlerWithOptions(d, []openapi.StrictMiddlewareFunc{d.authorize}, openapi.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: d.unreadable, ResponseErrorHandlerFunc: d.fail,
	})
	openapi.HandlerWithOptions(strict, openapi.StdHTTPServerOptions{BaseURL: openapi.BasePath, BaseRouter: mux, ErrorHandlerFunc: d.unreadable})
	mux.HandleFunc("/", d.unknownPath(mux))
	return d.begin(d.measure(d.authenticate(d.limit(mux))))
}
