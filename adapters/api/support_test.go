package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/smdo-hub/smdo-hub/adapters/api"
	"github.com/smdo-hub/smdo-hub/broker"
	"github.com/smdo-hub/smdo-hub/broker/brokertest"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// site is a running hub with its HTTP door and a key for everybody.
type site struct {
	*brokertest.Env
	t    *testing.T
	url  string
	keys map[string]string // by contour, or "admin", "admin2", "auditor"
	done chan struct{}
	stop func() // closes done, once
	log  *journal
}

// journal is what the door logs, for reading while it writes.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// start runs a hub; signers, if any, are made when its keys are there.
func start(t *testing.T, o brokertest.Options, signers ...func(*site) []api.Signer) *site {
	t.Helper()
	s := &site{Env: brokertest.Start(t, o), t: t, keys: map[string]string{}, done: make(chan struct{}), log: &journal{}}
	s.stop = sync.OnceFunc(func() { close(s.done) })
	config := s.Book().Config()
	for i := range config.Contours {
		s.addKey(string(config.Contours[i].Code), config.Contours[i].Code, record.RoleContour)
	}
	s.addKey("admin", "", record.RoleAdmin)
	s.addKey("admin2", "", record.RoleAdmin)
	s.addKey("auditor", "", record.RoleAuditor)
	deps := api.Deps{
		Record: s.Record, Blobs: s.Blobs, Keys: &broker.Keyring{Record: s.Record, Clock: time.Now}, Verifier: s.Verifier, Emulator: s.Emulator,
		Version: "test", Metrics: prometheus.NewRegistry(), Done: s.done, Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, make := range signers {
		deps.Signers = append(deps.Signers, make(s)...)
	}
	server := httptest.NewServer(api.New(s.Hub, deps))
	t.Cleanup(func() { s.stop(); server.Close() })
	s.url = server.URL
	return s
}

func (s *site) addKey(name string, contour document.ContourCode, role record.Role) {
	text, key := broker.NewKey(contour, role, "test", time.Now(), time.Time{})
	if err := s.Record.AddKey(context.Background(), key); err != nil {
		s.t.Fatal(err)
	}
	s.keys[name] = text
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request in somebody's name; "" sends no key.
func (s *site) do(who, method, path, kind string, body io.Reader) answer {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+s.keys[who])
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{w.StatusCode, w.Header, text}
}

func (s *site) get(who, path string) answer {
	s.t.Helper()
	return s.do(who, http.MethodGet, openapi.BasePath+path, "", nil)
}

func (s *site) post(who, path string, body any) answer {
	s.t.Helper()
	return s.send(who, http.MethodPost, path, "application/json", body)
}

func (s *site) send(who, method, path, kind string, body any) answer {
	s.t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text = string(b)
	}
	return s.do(who, method, openapi.BasePath+path, kind, bytes.NewReader([]byte(text)))
}

// want fails the test when the status is another one.
func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

func read[T any](t *testing.T, a answer) (v T) {
	t.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// codes are those of a problem's faults.
func (a answer) codes(t *testing.T) map[document.FaultCode]string {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q: %s", got, a.body)
	}
	found := map[document.FaultCode]string{}
	for _, f := range read[openapi.Problem](t, a).Faults {
		if f.TextRu == "" || f.TextEn == "" {
			t.Errorf("fault %s has no text: %+v", f.Code, f)
		}
		found[f.Code] = f.Field
	}
	return found
}

// part is one part of a multipart request.
type part struct {
	name, file, kind string
	content          []byte
}

func form(t *testing.T, parts ...part) (string, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, p.name, p.file)}}
		if p.file == "" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q`, p.name))
		}
		if p.kind != "" {
			h.Set("Content-Type", p.kind)
		}
		out, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), &b
}

// await asks until done, woken by what is sealed.
func (s *site) await(what string, done func() bool) {
	s.t.Helper()
	woken, leave := s.Announcer().Listen("")
	defer leave()
	deadline := time.After(30 * time.Second)
	for !done() {
		select {
		case <-woken:
		case <-time.After(200 * time.Millisecond):
		case <-deadline:
			s.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func contoursExample() []byte { return contours.Example() }

func has(codes map[document.FaultCode]string, code document.FaultCode) bool {
	_, ok := codes[code]
	return ok
}
