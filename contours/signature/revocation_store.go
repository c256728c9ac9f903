package signature

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// RevocationConfig says where revocation lists come from.
type RevocationConfig struct {
	Folders   []string // of lists, PEM or DER, in files ending in .crl, .pem or .der; looked through every minute
	Addresses []string // distribution points, http or https
	Hosts     []string // more hosts, with their ports, whose distribution points may be used where a certificate of the trust store names them
	Cache     string   // folder for fetched lists, kept over restarts; none: in memory alone

	Every   time.Duration // how often an address is asked at least; by default an hour
	Timeout time.Duration // of one request, from first to last octet; by default a minute
	Grace   time.Duration // how long after nextUpdate a statement still counts

	OCSP      OCSPSource        // asked for certificates whose revocation lists leave open; none: nobody is asked
	Transport http.RoundTripper // of requests; by default a direct connection
	Log       *slog.Logger      // by default silent
}

// RevocationStore knows which certificates were revoked, from lists and from responders. Verdicts read it without
// waiting; Run gathers beside the path. It may be used by many goroutines.
//
// A list counts when its signature is that of an authority in the trust store, under the very key that issued the
// certificate in question. Of two lists of one issuer the newer counts, by number and date: an older one never
// comes back.
type RevocationStore struct {
	trust    *TrustStore
	families []Family
	config   RevocationConfig
	fetch    fetcher
	current  atomic.Pointer[crlIndex]
	ocsp     ocspAnswers

	reading sync.Mutex            // one look at the folders at a time
	mu      sync.Mutex            // guards changes of current, and what follows
	files   map[string]fileState  // by path; replaced as a whole
	sources map[string]*crlSource // by address
}

// crlIndex holds lists by the SubjectPublicKeyInfo of their issuers. It does not change.
type crlIndex map[string][]*CRL

// held is the list of the same issuer and scope as list; nil: there is none.
func (x crlIndex) held(list *CRL, key string) *CRL {
	if i := slices.IndexFunc(x[key], list.follows); i >= 0 {
		return x[key][i]
	}
	return nil
}

// follows reports whether both lists are of one row: of the same issuer and scope.
func (c *CRL) follows(other *CRL) bool {
	return bytes.Equal(c.issuer, other.issuer) && c.scope.der == other.scope.der
}

var (
	// ErrOlderCRL says that a list is older than one that we hold.
	ErrOlderCRL = errors.New("revocation list is older than the one held")

	// ErrCRLIssuer says that no authority of the trust store could have issued a list.
	ErrCRLIssuer = errors.New("issuer of the revocation list is not in the trust store")
)

// OpenRevocationStore reads folders and cache; it does not use the network. A file that is not a usable list is
// logged, and named by Problems: one bad list is no reason to do without the others.
func OpenRevocationStore(trust *TrustStore, config RevocationConfig, families ...Family) (*RevocationStore, error) {
	config.Every = orDefault(config.Every, time.Hour)
	config.Timeout = orDefault(config.Timeout, time.Minute)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	s := &RevocationStore{trust: trust, families: families, config: config, fetch: newFetcher(config.Transport, config.Timeout, config.Hosts),
		files: make(map[string]fileState), sources: make(map[string]*crlSource)}
	s.ocsp.wanted = make(chan ocspQuestion, maxQuestions)
	s.current.Store(new(crlIndex))
	for _, address := range config.Addresses {
		if err := s.fetch.allow(address); err != nil {
			return nil, fmt.Errorf("open revocation store: %w", err)
		}
	}
	if config.Cache != "" {
		if err := os.MkdirAll(config.Cache, 0o700); err != nil {
			return nil, fmt.Errorf("open revocation store: %w", err)
		}
	}
	for _, folder := range config.Folders {
		if _, err := os.ReadDir(folder); err != nil {
			return nil, fmt.Errorf("open revocation store: %w", err)
		}
	}
	s.readFolders()
	s.findSources()
	return s, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// Add takes a list that somebody brought. The error is ErrCRL, ErrCRLIssuer, ErrSignature, ErrAlgorithm or
// ErrOlderCRL; to bring the same list again is none.
func (s *RevocationStore) Add(data []byte) error {
	_, err := s.take(bytes.Clone(data))
	return err
}

// take returns the list held after a look at data, which it may keep.
func (s *RevocationStore) take(data []byte) (*CRL, error) {
	list, issuer, err := s.check(data)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(list, string(issuer.RawSubjectPublicKeyInfo))
}

// check reads a list and finds its issuer, whatever its source.
func (s *RevocationStore) check(data []byte) (*CRL, *x509.Certificate, error) {
	list, err := ParseCRL(data)
	if err != nil {
		return nil, nil, err
	}
	if list.ThisUpdate.After(time.Now().Add(clockSkew)) {
		return nil, nil, refusedCRL("issued in the future, at " + list.ThisUpdate.Format(time.RFC3339))
	}
	issuer, err := s.issuer(list)
	if err != nil {
		return nil, nil, fmt.Errorf("revocation list of %s: %w", list.Issuer(), err)
	}
	return list, issuer, nil
}

// clockSkew is by how much an issuer's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// issuer finds the authority whose signature a list bears.
func (s *RevocationStore) issuer(list *CRL) (*x509.Certificate, error) {
	anchors := s.trust.current.Load()
	err := ErrCRLIssuer
	for _, a := range slices.Concat(anchors.roots[string(list.issuer)], anchors.intermediates[string(list.issuer)]) {
		c := a.certificate
		if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCRLSign == 0 ||
			len(c.SubjectKeyId) > 0 && len(list.keyID) > 0 && !bytes.Equal(c.SubjectKeyId, list.keyID) {
			continue
		}
		family := familyOf(s.families, c.RawSubjectPublicKeyInfo)
		if family == nil {
			err = fmt.Errorf("%w: no family for keys of %s", ErrAlgorithm, keyAlgorithm(c.RawSubjectPublicKeyInfo))
			continue
		}
		if err = family.Verify(c.RawSubjectPublicKeyInfo, list.algorithm, nil, Signed{Message: list.tbs}, list.signature); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// put replaces the list of the same issuer and scope, if list is newer. The caller holds mu.
func (s *RevocationStore) put(list *CRL, key string) (*CRL, error) {
	old := *s.current.Load()
	if held := old.held(list, key); held != nil {
		if bytes.Equal(held.tbs, list.tbs) {
			return held, nil
		}
		if !list.newer(held) {
			return held, fmt.Errorf("%w: of %s, not after %s", ErrOlderCRL, list.ThisUpdate.Format(time.RFC3339), held.ThisUpdate.Format(time.RFC3339))
		}
	}
	next := maps.Clone(old)
	if next == nil {
		next = make(crlIndex)
	}
	next[key] = append(slices.DeleteFunc(slices.Clone(old[key]), list.follows), list)
	s.current.Store(&next)
	s.config.Log.Info("revocation list taken", "issuer", list.Issuer(), "issued", list.ThisUpdate, "next", list.NextUpdate, "entries", list.Len())
	return list, nil
}

// Lists returns the lists held.
func (s *RevocationStore) Lists() (all []*CRL) {
	for _, lists := range *s.current.Load() {
		all = append(all, lists...)
	}
	slices.SortFunc(all, func(a, b *CRL) int { return a.NextUpdate.Compare(b.NextUpdate) })
	return all
}

// standing gathers what is known of a certificate that issuer issued, also by lists that its message carried; what
// lists leave open, a responder is asked, for the next time.
func (s *RevocationStore) standing(certificate, issuer *x509.Certificate, at time.Time, carried ...carriedCRL) standing {
	known := s.shown(certificate, issuer, at, carried, s.listed(certificate, issuer, at))
	if s.config.OCSP == nil && !s.ocsp.taken.Load() {
		return known
	}
	return s.ask(certificate, issuer, at, known)
}

// listed is what lists know of a certificate.
func (s *RevocationStore) listed(certificate, issuer *x509.Certificate, at time.Time) standing {
	best := standing{state: Unknown}
	for _, list := range (*s.current.Load())[string(issuer.RawSubjectPublicKeyInfo)] {
		if !bytes.Equal(list.issuer, certificate.RawIssuer) {
			continue
		}
		if found := list.standing(certificate, at, s.config.Grace); found.better(best) {
			best = found
		}
	}
	return best
}

// Run gathers lists and answers until ctx ends, and returns its error. One Run a store.
func (s *RevocationStore) Run(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	if s.config.OCSP != nil {
		group.Go(func() { s.runOCSP(ctx) })
	}
	return s.runLists(ctx)
}
