package upstream

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// FakeTrouble is a way in which a call goes wrong.
type FakeTrouble string

// The ways.
const (
	FakeUnauthorized FakeTrouble = "unauthorized" // 401, without effect
	FakeBroken       FakeTrouble = "broken"       // 500, without effect
	FakeLost         FakeTrouble = "lost"         // it has its effect, and the answer is 502
	FakeLostSlow     FakeTrouble = "lost-slow"    // it has its effect, and nothing is answered for as long as the client waits
	FakeCut          FakeTrouble = "cut"          // it has its effect, and the answer breaks off in the middle
	FakeCutRequest   FakeTrouble = "cut-request"  // the connection breaks in the middle of what is sent
	FakeSlow         FakeTrouble = "slow"         // nothing is answered for as long as the client waits
	FakeBusy         FakeTrouble = "busy"         // 429, with Retry-After of a second
	FakeTwice        FakeTrouble = "twice"        // a list has everything twice
	FakePretend      FakeTrouble = "pretend"      // 204, without effect
	FakeShort        FakeTrouble = "short"        // half of a file, as if it were all of it
)

// Script makes the next calls of an operation go wrong, one after the other. Operations: token, create, show, attach, detach,
// sign, send, list, fetch, confirm, batch, directory, subscribers.
func (f *Fake) Script(op string, troubles ...FakeTrouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scripts[op] = append(f.scripts[op], troubles...)
}

// Scripted is how many of the troubles are still to come.
func (f *Fake) Scripted() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range f.scripts {
		n += len(list)
	}
	return n
}

// Served is how often an operation was called.
func (f *Fake) Served(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.served[op]
}

// ServeHTTP serves the router.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.mux.ServeHTTP(w, r) }

// next is the trouble that is due.
func (f *Fake) next(op string) (t FakeTrouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.served[op]++
	if list := f.scripts[op]; len(list) > 0 {
		t, f.scripts[op] = list[0], list[1:]
	}
	return t
}

func (f *Fake) troubled(op string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch t := f.next(op); t {
		case "":
			serve(w, r)
		case FakeUnauthorized:
			w.WriteHeader(http.StatusUnauthorized)
		case FakeBroken:
			w.WriteHeader(http.StatusInternalServerError)
		case FakePretend:
			w.WriteHeader(http.StatusNoContent)
		case FakeBusy:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case FakeSlow:
			_, _ = io.Copy(io.Discard, r.Body) // without this the server does not see that the client leaves
			<-r.Context().Done()
		case FakeCutRequest:
			r.Body = io.NopCloser(io.LimitReader(r.Body, r.ContentLength/2)) // what came of it may be kept
			serve(&held{header: http.Header{}}, r)
			panic(http.ErrAbortHandler)
		case FakeLostSlow:
			serve(&held{header: http.Header{}}, r)
			<-r.Context().Done()
		default:
			answer := &held{header: http.Header{}, code: http.StatusOK}
			serve(answer, r)
			spoil(w, t, answer)
		}
	}
}

// held is an answer that is held back.
type held struct {
	bytes.Buffer
	header http.Header
	code   int
}

func (h *held) Header() http.Header  { return h.header }
func (h *held) WriteHeader(code int) { h.code = code }

// spoil gives an answer out in a way that it should not be.
func spoil(w http.ResponseWriter, t FakeTrouble, answer *held) {
	body := answer.Bytes()
	switch t {
	case FakeLost:
		w.WriteHeader(http.StatusBadGateway)
		return
	case FakeCut:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1)) // an empty body cannot be cut, but be missing
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	case FakeShort:
		body = body[:len(body)/2]
	case FakeTwice:
		body = twice(body)
	}
	w.WriteHeader(answer.code)
	_, _ = io.Copy(w, bytes.NewReader(body))
}

// twice doubles what a list holds.
func twice(body []byte) []byte {
	var page fakeObject
	if json.Unmarshal(body, &page) != nil {
		return body
	}
	content := listAt(page, "content")
	page["content"] = append(content, content...)
	out, _ := json.Marshal(page)
	return out
}
