package signature

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Bounds of what is kept about responders.
const (
	maxAnswers   = 10_000
	maxQuestions = 256         // waiting to be asked
	askAgain     = time.Minute // after which the same question may be asked again
)

// An OCSPSource asks a responder about a certificate and returns the response as it came, or an error.
type OCSPSource interface {
	Ask(ctx context.Context, certificate, issuer *x509.Certificate) ([]byte, error)
}

type ocspQuestion struct{ certificate, issuer *x509.Certificate }

// ocspAnswers holds verified answers by the SHA-256 of certificates, and the questions still to be asked.
type ocspAnswers struct {
	wanted chan ocspQuestion
	taken  atomic.Bool // some answer was, ever

	mu      sync.RWMutex
	answers map[[sha256.Size]byte]*ocspAnswer
	asked   map[[sha256.Size]byte]time.Time
}

// AddOCSP takes the answer of a responder about a certificate, stapled to a message or brought in a file. The error
// is ErrOCSP or ErrAlgorithm. An answer older than the one held changes nothing.
func (s *RevocationStore) AddOCSP(response []byte, certificate, issuer *x509.Certificate) error {
	a, err := parseOCSP(response, certificate, issuer)
	if err != nil {
		return err
	}
	if a.responder != nil && s.listed(a.responder, issuer, a.thisUpdate).state == Revoked {
		return refusedOCSP("the responder's certificate was revoked")
	}
	key := sha256.Sum256(certificate.Raw)
	s.ocsp.mu.Lock()
	defer s.ocsp.mu.Unlock()
	if held := s.ocsp.answers[key]; held == nil || a.thisUpdate.After(held.thisUpdate) || !bytes.Equal(held.issuer, a.issuer) {
		s.ocsp.answers = bounded(s.ocsp.answers, maxAnswers)
		s.ocsp.answers[key] = a
		s.ocsp.taken.Store(true)
	}
	return nil
}

// bounded makes room for one more; whichever comes first goes.
func bounded[V any](m map[[sha256.Size]byte]V, most int) map[[sha256.Size]byte]V {
	if m == nil {
		return make(map[[sha256.Size]byte]V)
	}
	if len(m) >= most {
		for any := range m {
			delete(m, any)
			break
		}
	}
	return m
}

// ask adds to what lists know what a responder said, and has it asked anew when that leaves the question open.
func (s *RevocationStore) ask(certificate, issuer *x509.Certificate, at time.Time, known standing) standing {
	key := sha256.Sum256(certificate.Raw)
	s.ocsp.mu.RLock()
	a := s.ocsp.answers[key]
	s.ocsp.mu.RUnlock()
	if a != nil && bytes.Equal(a.issuer, issuer.RawSubjectPublicKeyInfo) {
		if said := a.standing(at, s.config.Grace); said.better(known) {
			known = said
		}
	}
	if s.config.OCSP != nil && known.state != Good && known.state != Revoked {
		s.question(key, ocspQuestion{certificate, issuer})
	}
	return known
}

// question queues a question, unless it was asked just now or too many wait: the next verdict asks again.
func (s *RevocationStore) question(key [sha256.Size]byte, q ocspQuestion) {
	s.ocsp.mu.Lock()
	defer s.ocsp.mu.Unlock()
	now := time.Now()
	if last, ok := s.ocsp.asked[key]; ok && now.Sub(last) < askAgain {
		return
	}
	select {
	case s.ocsp.wanted <- q:
		s.ocsp.asked = bounded(s.ocsp.asked, maxAnswers)
		s.ocsp.asked[key] = now
	default:
	}
}

// runOCSP asks what verdicts left open, one question after the other.
func (s *RevocationStore) runOCSP(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-s.ocsp.wanted:
			if err := s.askNow(ctx, q); err != nil && ctx.Err() == nil {
				s.config.Log.Warn("no OCSP answer", "issuer", q.issuer.Subject.String(), "serial", fmt.Sprintf("%x", q.certificate.SerialNumber), "error", err)
			}
		}
	}
}

func (s *RevocationStore) askNow(ctx context.Context, q ocspQuestion) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	response, err := s.config.OCSP.Ask(ctx, q.certificate, q.issuer)
	if err != nil {
		return err
	}
	return s.AddOCSP(response, q.certificate, q.issuer)
}

// Responders asks, over HTTP, the responders that certificates name, at the hosts that it was given.
type Responders struct{ fetch fetcher }

// NewResponders allows hosts, with their ports. A request may take as long as the store's Timeout.
func NewResponders(transport http.RoundTripper, hosts ...string) *Responders {
	return &Responders{newFetcher(transport, 0, hosts)}
}

// Ask sends a request without nonce: answers made beforehand are as good (RFC 5019).
func (r *Responders) Ask(ctx context.Context, certificate, issuer *x509.Certificate) ([]byte, error) {
	request, err := ocsp.CreateRequest(certificate, issuer, nil)
	if err != nil {
		return nil, fmt.Errorf("ask OCSP responder: %w", err)
	}
	err = errHost
	for _, address := range certificate.OCSPServer {
		if !r.fetch.allows(address) {
			continue
		}
		var response []byte
		if response, err = r.fetch.do(ctx, http.MethodPost, address, bytes.NewReader(request), "application/ocsp-request", maxOCSP); err == nil {
			return response, nil
		}
	}
	return nil, fmt.Errorf("ask OCSP responder: %w", err)
}
