package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// call makes a request, again and again where that may help and is safe: a description changes nothing, and a signature is named by
// its Idempotency-Key.
func (k *Key) call(ctx context.Context, method, address string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, k.config.Timeout)
	defer cancel()
	once := newIdempotencyKey()
	pauses := &pause{ExponentialBackOff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(100*time.Millisecond), backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))}
	var last error
	err := backoff.Retry(func() error {
		pauses.atLeast, last = k.try(ctx, method, address, once, body, into)
		if last != nil && !passing(last) {
			return backoff.Permanent(last)
		}
		return last
	}, backoff.WithContext(pauses, ctx))
	if err != nil && !errors.Is(err, last) {
		return fmt.Errorf("%w, and before that: %w", err, last)
	}
	return err
}

// try makes one request. After a refusal, retry is how long the provider wants us to wait.
func (k *Key) try(ctx context.Context, method, address, once string, body []byte, into any) (retry time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, k.config.Attempt)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, &localError{err}
	}
	token, err := k.config.token()
	if err != nil {
		return 0, &localError{err}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Accept", "application/json, application/problem+json")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", once)
	}
	response, err := k.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")) // a date, or nothing, is no wish
	if err := read(response, into); err != nil && ctx.Err() != nil {
		return 0, ctx.Err() // out of time: what a server says that saw us hang up is not its answer
	} else {
		return time.Duration(seconds) * time.Second, err
	}
}

// localError is of this side: to repeat the request would not help.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

// passing reports whether a request that failed may go better another time.
func passing(err error) bool {
	var problem *Problem
	var local *localError
	var untrusted *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	var network *net.OpError
	switch {
	case errors.As(err, &problem):
		return problem.Status == http.StatusTooManyRequests || problem.Status >= 500 && problem.Status != http.StatusNotImplemented
	case errors.As(err, &local), errors.Is(err, ErrProtocol), errors.As(err, &untrusted), errors.As(err, &notTLS):
		return false
	case errors.As(err, &network) && network.Op == "remote error": // the other side's TLS does not want us
		return false
	}
	return true // the network's
}

// pause is a BackOff that waits as long as the provider asks, if that is longer.
type pause struct {
	*backoff.ExponentialBackOff
	atLeast time.Duration
}

// NextBackOff is the pause before the next request.
func (p *pause) NextBackOff() time.Duration {
	return max(p.ExponentialBackOff.NextBackOff(), p.atLeast)
}
