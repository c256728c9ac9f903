package api

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// call is what is known of a request on its way; it belongs to the request's goroutine.
type call struct {
	broker.Principal
	id        string
	lang      document.Lang
	operation string // of the contract; empty until it is found
	status    int    // that was answered
	length    int64  // of the body, as announced; -1: not
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// begin gives the request its id and language, and survives a panic of a handler.
func (d *door) begin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: r.Header.Get("X-Request-Id"), lang: langOf(r), length: r.ContentLength}
		if !requestID.MatchString(c.id) {
			c.id = record.NewKey().Hex()
		}
		w.Header().Set("X-Request-Id", c.id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler {
				panic(p)
			}
			if p != nil {
				d.Log.Error("panic in the API", "request", c.id, "operation", c.operation, "panic", p, "stack", string(debug.Stack()))
				d.fail(w, r, errPanic)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// langOf is the language of texts: the parameter, else the header, else Russian.
func langOf(r *http.Request) document.Lang {
	asked := r.URL.Query().Get("lang")
	if asked == "" {
		asked = strings.ToLower(r.Header.Get("Accept-Language"))
	}
	ru, en := strings.Index(asked, "ru"), strings.Index(asked, "en")
	if en >= 0 && (ru < 0 || en < ru) {
		return document.English
	}
	return document.Russian
}

const (
	maxJSON = 2 << 20 // a packet with its inline files, in base64, and some room
	patient = time.Minute
)

// limit bounds the body by what it is said to be, and the time that each piece of it may take.
func (d *door) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxJSON)
		if r.URL.Path == openapi.BasePath+"/uploads" { // whatever a file is said to be
			limit = d.hub.Limits.File + 1
		}
		switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(kind) {
		case "multipart/form-data", "application/octet-stream":
			limit = d.hub.Limits.Packet + maxJSON
		case "application/yaml":
			limit = contours.MaxFile
		}
		if r.Body != http.NoBody {
			r.Body = &patientBody{http.MaxBytesReader(w, r.Body, limit), http.NewResponseController(w)}
		}
		next.ServeHTTP(w, r)
	})
}

// patientBody gives up on a client that sends nothing for a minute, however long the body takes as a whole.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(patient)) // a test's recorder has none
	n, err := b.ReadCloser.Read(p)
	_ = b.control.SetReadDeadline(time.Time{}) // it would end a long answer too
	return n, err
}

// patientFile does the same for a client that takes a file: each piece read is about to be written.
type patientFile struct {
	io.ReadCloser
	control *http.ResponseController
}

func (f *patientFile) Read(p []byte) (int, error) {
	_ = f.control.SetWriteDeadline(time.Now().Add(patient))
	return f.ReadCloser.Read(p)
}
