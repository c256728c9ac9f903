package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// The calls, below the router's URL.
const (
	tokenPath    = "/token?scope=application&grant_type=client_credentials"
	draftPath    = "/receiver/1.0.0/org/SMDO~1.0.0/package"
	packagePath  = "/sender/1.0.0/org/SMDO~1.0.0/package"
	maxAnswer    = 8 << 20  // octets of an answer
	maxPageBytes = 32 << 20 // of a page of packages; when they are more, smaller pages are asked for
	maxTold      = 4 << 10  // of what the router says about a refusal
	longestPause = time.Hour
)

// account is a subscriber's account, with its token and its circuit.
type account struct {
	Account
	link    *Link
	circuit *circuit

	mu       sync.Mutex
	token    string
	tokenEnd time.Time // it is not used from then on
}

// call is a call of the router.
type call struct {
	method, path string
	contentType  string // application/json when empty
	body         func() (io.ReadCloser, error)
	size         int64 // octets of the body
	file         bool  // a file goes over: it takes as long as it moves
}

// refusal is an answer of the router other than success.
type refusal struct {
	Status int
	Pause  time.Duration // for which it asks to be left alone
	Text   string
}

func (r *refusal) Error() string { return "the router answers " + strconv.Itoa(r.Status) }

// answered says whether an error is an answer with one of the statuses.
func answered(err error, statuses ...int) bool {
	var r *refusal
	return errors.As(err, &r) && slices.Contains(statuses, r.Status)
}

// refused says whether the router has understood the call and will not do it, however often it is asked.
func refused(err error) bool {
	return answered(err, http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
}

// ours is an error of the hub in the middle of a call: of the record, of a file.
type ours struct{ error }

func (o ours) Unwrap() error { return o.error }

var errSilent = errors.New("the router is silent")

// do makes a call; read reads the answer. A token that is refused is fetched anew, once.
func (a *account) do(ctx context.Context, c call, read func(io.Reader) error) error {
	if err := a.circuit.enter(a.link.Clock()); err != nil {
		return err
	}
	err := a.attempt(ctx, c, read)
	if answered(err, http.StatusUnauthorized) {
		a.forgetToken()
		err = a.attempt(ctx, c, read)
	}
	a.settle(ctx, err)
	if err != nil {
		return fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	return nil
}

// settle tells the circuit how a call went.
func (a *account) settle(ctx context.Context, err error) {
	var r *refusal
	var own ours
	var pause time.Duration
	switch {
	case errors.As(err, &own) || err != nil && ctx.Err() != nil:
		a.circuit.abandon(a.link.Clock())
		return
	case errors.As(err, &r):
		pause = r.Pause
		if refused(err) || r.Status == http.StatusNotFound {
			err = nil // it is well, and has said so
		}
	}
	a.circuit.settle(a.link.Clock(), err, pause, a.link.Log)
}

func (a *account) attempt(ctx context.Context, c call, read func(io.Reader) error) error {
	token, err := a.bearer(ctx)
	if err != nil {
		return err
	}
	return a.exchange(ctx, c, "Bearer "+token, read)
}

// bearer is the account's token, fetched when there is none or it ends soon.
func (a *account) bearer(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token != "" && a.link.Clock().Before(a.tokenEnd) {
		return a.token, nil
	}
	r, _ := http.NewRequest(http.MethodPost, a.link.URL, nil)
	r.SetBasicAuth(a.User, a.Password)
	var given struct {
		Token string      `json:"access_token"`
		Life  json.Number `json:"expires_in"` // some write it as text
	}
	began := a.link.Clock()
	err := a.exchange(ctx, call{method: http.MethodPost, path: tokenPath, contentType: "application/x-www-form-urlencoded"}, r.Header.Get("Authorization"), into(&given))
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	seconds, err := given.Life.Float64()
	if given.Token == "" || err != nil || seconds <= 0 {
		return "", errors.New("token: the router gives none")
	}
	life := time.Duration(min(seconds, 24*3600) * float64(time.Second))
	a.token, a.tokenEnd = given.Token, began.Add(life-min(life/10, time.Minute))
	return a.token, nil
}

func (a *account) forgetToken() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = ""
}

// exchange sends one request. It ends when nothing has moved for the link's patience.
func (a *account) exchange(ctx context.Context, c call, authorization string, read func(io.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !c.file {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, 5*a.link.Patience, errSilent)
		defer stop()
	}
	watch := time.AfterFunc(a.link.Patience, func() { cancel(errSilent) })
	defer watch.Stop()
	moved := func() { watch.Reset(a.link.Patience) }
	up := &watched{moved: moved}
	r, err := http.NewRequestWithContext(ctx, c.method, a.link.URL+c.path, nil)
	if err != nil {
		return err
	}
	if c.body != nil {
		content, err := c.body()
		if err != nil {
			return ours{err}
		}
		defer content.Close()
		up.Reader, r.ContentLength = content, c.size
		r.Body = io.NopCloser(up)
	}
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Accept", "application/json, application/octet-stream")
	if r.Header.Set("Content-Type", c.contentType); c.contentType == "" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	answer, err := a.link.client.Do(r)
	if err != nil {
		if own := up.failure(); own != nil {
			return ours{own}
		}
		return because(ctx, err)
	}
	defer answer.Body.Close()
	moved()
	down := &watched{Reader: answer.Body, moved: moved}
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(down, maxTold))
		return &refusal{answer.StatusCode, pauseOf(answer.Header.Get("Retry-After"), a.link.Clock()), string(text)}
	}
	if err := read(down); err != nil {
		if down.failure() != nil || errors.Is(err, errAnswer) {
			return because(ctx, err)
		}
		return ours{err}
	}
	return nil
}

// because prefers the reason for which the call was given up.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}
