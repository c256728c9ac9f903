package pkcs11

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// maxSessions is how many signatures one key makes at once: some tokens allow no more sessions in all.
const maxSessions = 4

// Key is a signature.Key in a token. It may be used by many goroutines; Close it after the last.
type Key struct {
	address      *address
	library      library
	certificates []*x509.Certificate
	can          []uint // the token's mechanisms

	turns chan struct{} // holds one for each session in use

	mu    sync.Mutex
	idle  []keySession
	wrong error // ErrPIN, once the token has refused the PIN
}

// keySession is a session in which the private key was found.
type keySession struct {
	session
	key object
}

// Open finds token, key and certificate, and logs in. Certificates, when given, stand for those on the token: the key's, followed by
// those of authorities. The error is ErrAbsent, ErrPIN, or says what is wrong with the URI, or what the library says.
func Open(uri string, certificates ...*x509.Certificate) (*Key, error) {
	a, err := parseAddress(uri)
	if err != nil {
		return nil, err
	}
	l, err := load(a.module)
	if err != nil {
		return nil, fmt.Errorf("open the token's key: %w", err)
	}
	k, err := open(l, a, certificates)
	if err != nil {
		return nil, fmt.Errorf("open the token's key: %w", err)
	}
	return k, nil
}

func open(l library, a *address, certificates []*x509.Certificate) (*Key, error) {
	k := &Key{address: a, library: l, certificates: certificates, turns: make(chan struct{}, maxSessions)}
	s, slot, err := k.begin()
	if err != nil {
		return nil, err
	}
	if k.can, err = l.mechanisms(slot); err == nil && len(certificates) == 0 {
		k.certificates, err = readChain(s.session, s.key.id)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	k.idle = append(k.idle, s)
	return k, nil
}

// readChain reads the certificate with an id, and of the others on the token those that it leads to.
func readChain(s session, id string) (chain []*x509.Certificate, err error) {
	objects, err := s.find(classCertificate, "", "")
	if err != nil {
		return nil, err
	}
	bySubject := make(map[string]*x509.Certificate)
	for _, o := range objects {
		c, err := x509.ParseCertificate(o.value)
		if err != nil {
			continue // of another application
		}
		bySubject[string(c.RawSubject)] = c
		if o.id == id && id != "" {
			chain = append(chain, c)
		}
	}
	if len(chain) != 1 {
		return nil, fmt.Errorf("the token has %d certificates with the id of the key, %q: give its certificate in a file", len(chain), id)
	}
	for c := chain[0]; !bytes.Equal(c.RawIssuer, c.RawSubject) && len(chain) < 8; chain = append(chain, c) {
		if c = bySubject[string(c.RawIssuer)]; c == nil || slices.Contains(chain, c) {
			break
		}
	}
	return chain, nil
}

// Certificates are the key's own and those of its authorities.
func (k *Key) Certificates() []*x509.Certificate { return k.certificates }

// Signer signs with the key by an algorithm; without one, by that of the certificate, which is PSS where the token does RSA in no other
// way.
func (k *Key) Signer(algorithm signature.Algorithm) (*signature.KeySigner, error) {
	if algorithm == "" {
		algorithm = signature.AlgorithmOf(k.certificates[0])
		if algorithm == signature.RSA2048 && !slices.Contains(k.can, uint(mechanismRSA)) {
			algorithm = signature.RSAPSS
		}
	}
	m, err := mechanismOf(algorithm)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.can, m.number) {
		return nil, fmt.Errorf("the token does not sign by %s: it has no mechanism %#x", algorithm, m.number)
	}
	return signature.NewKeySigner(k, algorithm, k.certificates[0], k.certificates[1:]...)
}

// SignValue has the token sign. Once it has begun, ctx does not stop it.
func (k *Key) SignValue(ctx context.Context, algorithm signature.Algorithm, message []byte) ([]byte, error) {
	m, err := mechanismOf(algorithm)
	if err != nil {
		return nil, err
	}
	select {
	case k.turns <- struct{}{}:
		defer func() { <-k.turns }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the token: %w", ctx.Err())
	}
	raw, err := k.sign(m, inputOf(algorithm, message))
	if errors.Is(err, errLost) {
		k.forget()
		raw, err = k.sign(m, inputOf(algorithm, message))
	}
	if err != nil {
		return nil, fmt.Errorf("sign with the token: %w", err)
	}
	return valueOf(algorithm, raw)
}

// sign uses an idle session or begins another. One that has failed is not used again.
func (k *Key) sign(m mechanism, input []byte) ([]byte, error) {
	s, ok := k.takeIdle()
	if !ok {
		var err error
		if s, _, err = k.begin(); err != nil {
			return nil, err
		}
	}
	value, err := s.sign(m, s.key.handle, input)
	if err != nil {
		s.close()
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.idle = append(k.idle, s)
	return value, nil
}

func (k *Key) takeIdle() (s keySession, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.idle) == 0 {
		return s, false
	}
	last := len(k.idle) - 1
	s, k.idle = k.idle[last], k.idle[:last]
	return s, true
}

// forget gives up the idle sessions: where one was lost, so are the others.
func (k *Key) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.idle {
		s.close()
	}
	k.idle = nil
}

// Close ends the sessions. The library stays, for other keys may use it.
func (k *Key) Close() error {
	k.forget()
	return nil
}
