package upstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Fake is a national router of СМДО, as the tests use it, written from the description of its calls. It enforces what such a
// router does: tokens end; a package is drafted, gets its files and their signatures, and is sent once; addressees are GUIDs
// of its directory, and nobody writes in another's name; what is new stays new until it is confirmed, and its files are
// there as long; the router states that it has a package (100), has sent it on (101), or will not (103, 104).
//
// The trouble that routers make can be scripted (Script). Files lie on disk.
type Fake struct {
	TokenLife time.Duration
	Forget    bool // a draft is gone when it was sent

	dir string
	mux *http.ServeMux

	mu      sync.Mutex
	members map[string]*fakeMember // by code
	tokens  map[string]fakeToken
	scripts map[string][]FakeTrouble
	served  map[string]int
	kinds   []string
	sent    []fakeObject
}

type fakeObject = map[string]any

type fakeToken struct {
	member *fakeMember
	end    time.Time
}

// fakeMember is a subscriber.
type fakeMember struct {
	code, id, organisation, password string
	blocked                          bool
	drafts                           map[string]*fakePackage
	inbox                            []*fakePackage
}

// fakePackage is a package with its files.
type fakePackage struct {
	id, confirmID string
	text          fakeObject // as it was sent
	files         []*fakeFile
	sent          bool
	confirmed     bool
}

type fakeFile struct {
	id, name, path string
	size           int64
	signs          []any
}

// NewFake returns a router for subscribers, whose user is their code and whose password is «пароль» and their code.
func NewFake(dir string, codes ...string) *Fake {
	f := &Fake{
		TokenLife: time.Hour, dir: dir, members: map[string]*fakeMember{}, tokens: map[string]fakeToken{}, scripts: map[string][]FakeTrouble{}, served: map[string]int{},
		kinds: []string{"Письмо", "Приказ"},
	}
	for _, c := range codes {
		f.Join(c)
	}
	f.mux = f.routes()
	return f
}

// Join adds a subscriber.
func (f *Fake) Join(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members[code] = &fakeMember{code: code, id: uuid.NewString(), organisation: uuid.NewString(), password: "пароль" + code, drafts: map[string]*fakePackage{}}
}

// Block closes a subscriber's access.
func (f *Fake) Block(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members[code].blocked = true
}

// SetKinds replaces the directory of kinds of documents.
func (f *Fake) SetKinds(kinds ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kinds = kinds
}

// Sent returns all packages that were sent through the router, in order.
func (f *Fake) Sent() []map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fakeObject(nil), f.sent...)
}

// New is how many packages lie unconfirmed in a subscriber's account.
func (f *Fake) New(code string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.members[code].inbox {
		if !p.confirmed {
			n++
		}
	}
	return n
}

// fakeProblem is an answer other than success.
type fakeProblem struct {
	status int
	text   string
}

func (p *fakeProblem) Error() string { return fmt.Sprint(p.status, " ", p.text) }

func wrong(status int, text string) error { return &fakeProblem{status, text} }

// fakeAnswer is an answer with JSON, or without a body when it is nil.
type fakeAnswer struct {
	status int
	body   any
	file   string // or a file
}

// open makes a handler of a call of a subscriber, with the trouble that was scripted for it.
func (f *Fake) open(op string, serve func(*fakeMember, *http.Request) (fakeAnswer, error)) http.HandlerFunc {
	return f.troubled(op, func(w http.ResponseWriter, r *http.Request) {
		member, err := f.holder(r)
		var a fakeAnswer
		if err == nil {
			a, err = serve(member, r)
		}
		write(w, a, err)
	})
}

func write(w http.ResponseWriter, a fakeAnswer, err error) {
	var p *fakeProblem
	if errors.As(err, &p) {
		a = fakeAnswer{status: p.status, body: fakeObject{"error": p.text}}
	} else if err != nil {
		a = fakeAnswer{status: http.StatusInternalServerError, body: fakeObject{"error": err.Error()}}
	}
	if a.file != "" {
		content, err := os.Open(a.file)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		defer content.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(w, content) // the client may be gone
		return
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body)
}

// token gives a token for a subscriber's user and password.
func (f *Fake) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.members[user]
	switch {
	case m == nil || m.password != password:
		write(w, fakeAnswer{}, wrong(http.StatusUnauthorized, "invalid_client"))
	case r.URL.Query().Get("grant_type") != "client_credentials" || r.URL.Query().Get("scope") != "application" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		write(w, fakeAnswer{}, wrong(http.StatusBadRequest, "unsupported_grant_type"))
	default:
		token := uuid.NewString()
		f.tokens[token] = fakeToken{m, time.Now().Add(f.TokenLife)}
		write(w, fakeAnswer{status: http.StatusOK, body: fakeObject{"access_token": token, "token_type": "Bearer", "expires_in": int(f.TokenLife.Seconds())}}, nil)
	}
}

func (f *Fake) holder(r *http.Request) (*fakeMember, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	f.mu.Lock()
	defer f.mu.Unlock()
	t, known := f.tokens[token]
	if !ok || !known || time.Now().After(t.end) {
		return nil, wrong(http.StatusUnauthorized, "Invalid Credentials")
	}
	return t.member, nil
}

func (f *Fake) byID(id string) *fakeMember {
	for _, m := range f.members {
		if m.id == id {
			return m
		}
	}
	return nil
}

// at is a value inside objects, or nil.
func at(o any, path ...string) any {
	for _, name := range path {
		m, ok := o.(fakeObject)
		if !ok {
			return nil
		}
		o = m[name]
	}
	return o
}

func stringAt(o any, path ...string) string { s, _ := at(o, path...).(string); return s }

func listAt(o any, path ...string) []any { l, _ := at(o, path...).([]any); return l }
