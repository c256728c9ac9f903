package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Fake is a provider for tests and exercises that holds us to the protocol and signs with an emulator's throw-away keys. It is the
// handler of a real server; see the package's tests.
type Fake struct {
	token string

	mu   sync.Mutex
	keys map[string]*fakeKey
	done map[string]fakeDone // by Idempotency-Key
}

type fakeKey struct {
	description
	signer *signature.EmulatedSigner
}

// fakeDone is an answer given, and to what.
type fakeDone struct {
	request [sha256.Size]byte
	answer  answer
}

// NewFake makes a provider without keys. It demands the token, unless that is empty.
func NewFake(token string) *Fake {
	return &Fake{token: token, keys: make(map[string]*fakeKey), done: make(map[string]fakeDone)}
}

// Hold gives the provider a key, or another in its place: it signs by the algorithms, which have to suit the emulated signer's certificate.
func (f *Fake) Hold(name string, input Input, signer *signature.EmulatedSigner, algorithms ...signature.Algorithm) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys[name] = &fakeKey{description{name, algorithms, input, [][]byte{signer.Certificate().Raw}}, signer}
}

// Signatures is how many were made: a repeated request is one.
func (f *Fake) Signatures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.done)
}

// ServeHTTP answers GET /v1/keys/NAME and POST /v1/keys/NAME/signatures.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if f.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(f.token)) != 1 {
		tell(w, &Problem{401, "Unauthorized", "token missing or wrong"})
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name, ok := strings.CutPrefix(r.URL.Path, "/v1/keys/")
	name, sign := strings.CutSuffix(name, "/signatures")
	key := f.keys[name]
	switch {
	case !ok || key == nil:
		tell(w, &Problem{404, "Not Found", "no such key"})
	case !sign && r.Method == http.MethodGet:
		give(w, key.description)
	case sign && r.Method == http.MethodPost:
		if a, problem := f.sign(key, r); problem != nil {
			tell(w, problem)
		} else {
			give(w, a)
		}
	default:
		tell(w, &Problem{405, "Method Not Allowed", r.Method})
	}
}

// sign answers a request for a signature, once for each Idempotency-Key.
func (f *Fake) sign(key *fakeKey, r *http.Request) (answer, *Problem) {
	once := r.Header.Get("Idempotency-Key")
	if r.Header.Get("Content-Type") != "application/json" || once == "" {
		return answer{}, &Problem{400, "Bad Request", "want application/json and an Idempotency-Key"}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 2*maxMessage+1))
	if err != nil || len(body) > 2*maxMessage {
		return answer{}, &Problem{413, "Content Too Large", fmt.Sprint("more than 64 KiB to sign ", err)}
	}
	var o order
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		return answer{}, &Problem{400, "Bad Request", err.Error()}
	}
	sum := sha256.Sum256(append([]byte(r.URL.Path), body...))
	if before, ok := f.done[once]; ok {
		if before.request != sum {
			return answer{}, &Problem{422, "Unprocessable Content", "the Idempotency-Key was used for another request"}
		}
		return before.answer, nil
	}
	value, problem := key.value(r.Context(), o)
	if problem != nil {
		return answer{}, problem
	}
	a := answer{o.Algorithm, value, key.Certificates}
	f.done[once] = fakeDone{sum, a}
	return a, nil
}

func (k *fakeKey) value(ctx context.Context, o order) (value []byte, problem *Problem) {
	var err error
	switch {
	case !slices.Contains(k.Algorithms, o.Algorithm):
		return nil, &Problem{422, "Unprocessable Content", fmt.Sprintf("the key does not sign with %q", o.Algorithm)}
	case (o.Data == nil) == (o.Digest == nil) || (o.Data != nil) != (k.Input == Data):
		return nil, &Problem{400, "Bad Request", "want " + string(k.Input) + " alone"}
	case len(o.Data) > maxMessage:
		return nil, &Problem{413, "Content Too Large", "more than 64 KiB to sign"}
	case o.Data != nil:
		value, err = k.signer.SignValue(ctx, o.Algorithm, o.Data)
	default:
		value, err = k.signer.SignDigest(o.Algorithm, o.Digest)
	}
	if err != nil {
		return nil, &Problem{422, "Unprocessable Content", err.Error()}
	}
	return value, nil
}

func tell(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // the other side may have gone
}

func give(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
