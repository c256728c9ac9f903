package smdo

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/blob"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Adapter is the name under which the record keeps what this package remembers.
const Adapter = "smdo"

// Record is what the door reads and keeps by itself; everything else goes through the hub.
type Record interface {
	record.Keeper
	Body(ctx context.Context, packet record.Key) ([]byte, error)
	Packet(ctx context.Context, id document.PacketID) (*record.Packet, []*record.Exchange, error)
	Mailbox(ctx context.Context, contour document.ContourCode, after record.Key, limit int) ([]*record.Exchange, error)
}

// Keys says who holds an API key, and what is known of one. broker.Keyring is one.
type Keys interface {
	Identify(ctx context.Context, key string) (broker.Principal, error)
	Key(ctx context.Context, id string) (record.APIKey, error)
}

// Deps is what the door needs beside the hub.
type Deps struct {
	Record   Record
	Blobs    blob.Store
	Keys     Keys
	Verifier *signature.Verifier
	Clock    func() time.Time
	Log      *slog.Logger
}

type door struct {
	Deps
	hub *broker.Hub
}

// files takes and gives files.
func (d *door) files() adapters.Files {
	return adapters.Files{Hub: d.hub, Blobs: d.Blobs, Verifier: d.Verifier}
}

// Limits of requests. Files have those of the hub.
const (
	maxPackage   = 4 << 20 // octets of a package's JSON
	maxSignature = 2 << 20 // of the signatures of one file
	maxBatch     = 1000    // confirmations at once
	maxPage      = 100
	patience     = time.Minute // in which each piece of a body has to come
)

// New returns the handler of the router, below the path at which it is mounted.
func New(hub *broker.Hub, deps Deps) http.Handler {
	d := &door{deps, hub}
	mux := http.NewServeMux()
	const in, out = "/receiver/1.0.0/org/SMDO~1.0.0/package", "/sender/1.0.0/org/SMDO~1.0.0/package"
	mux.HandleFunc("POST /token", d.open(d.token))
	for pattern, answer := range map[string]handler{
		"POST " + in:                                                    d.createDraft,
		"PUT " + in:                                                     d.replaceDraft,
		"GET " + in + "/{package}":                                      d.showDraft,
		"DELETE " + in + "/{package}":                                   d.dropDraft,
		"POST " + in + "/{package}/attach":                              d.attach,
		"DELETE " + in + "/{package}/attach/{file}":                     d.detach,
		"PUT " + in + "/{package}/attach/{file}/signs":                  d.sign,
		"DELETE " + in + "/{package}/attach/{file}/signs":               d.unsign,
		"GET " + in + "/{package}/send":                                 d.send,
		"POST " + out:                                                   d.list,
		"GET " + out + "/{package}":                                     d.fetch,
		"GET " + out + "/{package}/attach/{file}":                       d.fetchFile,
		"GET " + out + "/confirm/{confirm}":                             d.confirm,
		"POST " + out + "/confirm/batch":                                d.confirmBatch,
		"GET /smdo_nsi_doc_type/1.0.0/smdo_nsi/doc_type/v1":             d.documentKinds,
		"GET /smdo_nsi_file_type/1.0.0/smdo_nsi/file_type/v1":           d.fileTypes,
		"GET /smdo_nsi_sed_type/1.0.0/smdo_nsi/sed_type/v1":             d.systems,
		"POST /smdo_nsi_subscriber/1.0.0/smdo_nsi/subscriber/v1/search": d.subscribers,
	} {
		mux.HandleFunc(pattern, d.open(d.authorized(answer)))
	}
	mux.HandleFunc("/", d.open(func(http.ResponseWriter, *http.Request) error { return errNotFound }))
	return mux
}

// request is a call of a contour.
type request struct {
	*http.Request
	contour document.ContourCode
}

// handler answers a call of a contour, or says what is wrong.
type handler func(http.ResponseWriter, *request) error

// open runs a handler within limits and tells what went wrong.
func (d *door) open(answer func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if r.Body != http.NoBody {
			limit := int64(maxPackage)
			if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
				limit = d.hub.Limits.File + 1<<20
			}
			r.Body = &patientBody{http.MaxBytesReader(w, r.Body, limit), http.NewResponseController(w)}
		}
		if err := answer(w, r); err != nil {
			d.fail(w, r, err)
		}
	}
}

// authorized lets holders of a contour's token pass.
func (d *door) authorized(answer handler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return broker.ErrKey
		}
		contour, err := d.holder(r.Context(), strings.TrimSpace(token))
		if err != nil {
			return err
		}
		return answer(w, &request{r, contour})
	}
}

// patientBody gives up on a client that sends nothing for a minute, however long the body takes as a whole.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(patience)) // a test's recorder has none
	n, err := b.ReadCloser.Read(p)
	_ = b.control.SetReadDeadline(time.Time{})
	return n, err
}
