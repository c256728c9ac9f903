package remote

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// signing is a provider with one key of an algorithm, opened, whose answers to signing are then disturbed.
func signing(t *testing.T, a signature.Algorithm) (*provider, *signature.KeySigner) {
	p := newProvider(t)
	p.Hold("head-a", Data, p.signer(a), a)
	return p, p.keySigner()
}

// tampered lets the fake answer and changes what it said.
func (p *provider) tampered(change func(*answer)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		said := httptest.NewRecorder()
		p.ServeHTTP(said, r)
		var a answer
		if err := json.Unmarshal(said.Body.Bytes(), &a); err != nil {
			p.t.Error(err)
		}
		change(&a)
		give(w, a)
		return true
	}
}

func TestTamperedAnswersAreNeverUsed(t *testing.T) {
	for _, a := range []signature.Algorithm{signature.ECDSAP256, signature.Ed25519, signature.GOST2012256, signature.BIGN256} {
		p, s := signing(t, a)
		other, err := p.emulator.Issue("other", signature.SignerOptions{Algorithm: a})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			change func(*answer)
			want   error
		}{
			"nothing":               {func(x *answer) { x.Signature = nil }, signature.ErrKey},
			"a flipped bit":         {func(x *answer) { x.Signature[len(x.Signature)/2] ^= 4 }, signature.ErrKey},
			"of another message":    {func(x *answer) { x.Signature, _ = p.signer(a).SignValue(t.Context(), a, []byte("x")) }, signature.ErrKey},
			"another certificate":   {func(x *answer) { x.Certificates = [][]byte{other.Certificate().Raw} }, ErrCertificate},
			"no certificate":        {func(x *answer) { x.Certificates = nil }, ErrProtocol},
			"another algorithm":     {func(x *answer) { x.Algorithm = signature.RSA2048 }, ErrProtocol},
			"nothing of the sort":   {func(x *answer) { *x = answer{} }, ErrProtocol},
			"a long certificate":    {func(x *answer) { x.Certificates = append(x.Certificates, make([]byte, maxAnswer)) }, ErrProtocol},
			"a long signature":      {func(x *answer) { x.Signature = make([]byte, maxAnswer) }, ErrProtocol},
			"a signature of 64 KiB": {func(x *answer) { x.Signature = make([]byte, maxMessage) }, signature.ErrKey},
		} {
			p.disturb = p.tampered(c.change)
			if cms, err := s.Sign(signature.ContentOf(file)); !errors.Is(err, c.want) || cms != nil {
				t.Errorf("%s, %s: %v, want %v", a, name, err, c.want)
			}
		}
	}
}

// The provider has put another key behind the name, and says so honestly: the certificate is in the signed attributes.
func TestAKeyReplacedAtTheProviderHasToBeOpenedAgain(t *testing.T) {
	p, s := signing(t, signature.ECDSAP256)
	other, err := p.emulator.Issue("other", signature.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Hold("head-a", Data, other, signature.ECDSAP256)
	if _, err := s.Sign(signature.ContentOf(file)); !errors.Is(err, ErrCertificate) {
		t.Errorf("got %v", err)
	}
	if _, err := p.keySigner().Sign(signature.ContentOf(file)); err != nil {
		t.Error(err)
	}
}

func TestTroubleThatPassesIsWaitedFor(t *testing.T) {
	for name, trouble := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"500": answering(500, "text/html", "<html>"), "503": answering(503, "application/problem+json", `{"title":"down"}`), "429": answering(429, "text/plain", "x"),
		"the connection breaks": func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"no answer in time":     func(_ http.ResponseWriter, r *http.Request) bool { return silent(r) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.config.Attempt = time.Second // enough for an answer on a busy machine
			p.Hold("head-a", Data, p.signer(signature.ECDSAP256), signature.ECDSAP256)
			var asked atomic.Int32
			p.disturb = func(w http.ResponseWriter, r *http.Request) bool { return asked.Add(1) <= 2 && trouble(w, r) }
			s := p.keySigner()
			asked.Store(0)
			if _, err := s.Sign(signature.ContentOf(file)); err != nil || asked.Load() != 3 {
				t.Errorf("asked %d times: %v", asked.Load(), err)
			}
		})
	}
}

// silent waits until the other side has gone, which a server sees once it has read the body.
func silent(r *http.Request) bool {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	return true
}

// The answer is lost after the provider signed: asked again, it does not sign again.
func TestARepeatedRequestIsOneSignature(t *testing.T) {
	p, s := signing(t, signature.BIGN256)
	var asked atomic.Int32
	p.disturb = func(_ http.ResponseWriter, r *http.Request) bool {
		if asked.Add(1) > 2 {
			return false
		}
		p.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	if _, err := s.Sign(signature.ContentOf(file)); err != nil || asked.Load() != 3 || p.Signatures() != 1 {
		t.Errorf("asked %d times, %d signatures: %v", asked.Load(), p.Signatures(), err)
	}
	if _, err := s.Sign(signature.ContentOf(file)); err != nil || p.Signatures() != 2 {
		t.Errorf("another signature is the same: %d, %v", p.Signatures(), err)
	}
}

func TestWhatIsFinalIsNotRepeated(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 409, 413, 422, 501} {
		p, s := signing(t, signature.ECDSAP256)
		var asked atomic.Int32
		says := answering(status, "application/problem+json", `{"title":"no","detail":"the key\nis locked"}`)
		p.disturb = func(w http.ResponseWriter, r *http.Request) bool { asked.Add(1); return says(w, r) }
		_, err := s.Sign(signature.ContentOf(file))
		var problem *Problem
		if !errors.As(err, &problem) || problem.Status != status || asked.Load() != 1 || !strings.Contains(err.Error(), `"the key\nis locked"`) {
			t.Errorf("%d: asked %d times: %v", status, asked.Load(), err)
		}
	}
}

func TestAProviderThatStaysAwayIsGivenUp(t *testing.T) {
	p := newProvider(t)
	p.Hold("head-a", Data, p.signer(signature.ECDSAP256), signature.ECDSAP256)
	p.config.Timeout = time.Second
	s := p.keySigner()
	p.disturb = answering(503, "application/problem+json", `{"title":"moving house"}`)
	_, err := s.Sign(signature.ContentOf(file))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "moving house") {
		t.Errorf("got %v", err)
	}
	p.disturb = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Retry-After", "3600") // longer than we have
		return answering(429, "text/plain", "")(w, r)
	}
	if _, err = s.Sign(signature.ContentOf(file)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.disturb = func(_ http.ResponseWriter, r *http.Request) bool {
		cancel()
		return silent(r)
	}
	if _, err = s.SignContext(ctx, signature.ContentOf(file)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	p.server.Close()
	if _, err = s.Sign(signature.ContentOf(file)); !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestTheFakeHoldsUsToTheProtocol(t *testing.T) {
	p, _ := signing(t, signature.ECDSAP256)
	for name, c := range map[string]struct {
		path, once, kind, body string
		status                 int
	}{
		"right":               {"/v1/keys/head-a/signatures", "1", "application/json", `{"algorithm":"ecdsa-p256","data":"MAA="}`, 200},
		"no Idempotency-Key":  {"/v1/keys/head-a/signatures", "", "application/json", `{"algorithm":"ecdsa-p256","data":"MAA="}`, 400},
		"not JSON":            {"/v1/keys/head-a/signatures", "2", "text/plain", `{"algorithm":"ecdsa-p256","data":"MAA="}`, 400},
		"digest":              {"/v1/keys/head-a/signatures", "3", "application/json", `{"algorithm":"ecdsa-p256","digest":"MAA="}`, 400},
		"both":                {"/v1/keys/head-a/signatures", "4", "application/json", `{"algorithm":"ecdsa-p256","data":"MAA=","digest":"MAA="}`, 400},
		"neither":             {"/v1/keys/head-a/signatures", "5", "application/json", `{"algorithm":"ecdsa-p256"}`, 400},
		"unknown field":       {"/v1/keys/head-a/signatures", "6", "application/json", `{"algorithm":"ecdsa-p256","data":"MAA=","pin":"1"}`, 400},
		"another algorithm":   {"/v1/keys/head-a/signatures", "7", "application/json", `{"algorithm":"rsa-2048","data":"MAA="}`, 422},
		"no such key":         {"/v1/keys/head-b/signatures", "8", "application/json", `{"algorithm":"ecdsa-p256","data":"MAA="}`, 404},
		"POST to the key":     {"/v1/keys/head-a", "9", "application/json", `{}`, 405},
		"more than 64 KiB":    {"/v1/keys/head-a/signatures", "10", "application/json", `{"algorithm":"ecdsa-p256","data":"` + strings.Repeat("AAAA", maxMessage/3+1) + `"}`, 413},
		"much more":           {"/v1/keys/head-a/signatures", "11", "application/json", strings.Repeat(" ", 3*maxMessage), 413},
		"the same once again": {"/v1/keys/head-a/signatures", "12", "application/json", `{"algorithm":"ecdsa-p256","data":"MAA="}`, 200},
	} {
		if got := p.post(c.path, c.once, c.kind, c.body); got != c.status {
			t.Errorf("%s: %d, want %d", name, got, c.status)
		}
	}
	if got := p.post("/v1/keys/head-a/signatures", "1", "application/json", `{"algorithm":"ecdsa-p256","data":"MAAA"}`); got != 422 {
		t.Errorf("another request under one Idempotency-Key: %d", got)
	}
}

func (p *provider) post(path, once, kind, body string) (status int) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", kind)
	if once != "" {
		r.Header.Set("Idempotency-Key", once)
	}
	response, err := p.server.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
