package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Key is a signature.Key at a provider. It may be used by many goroutines.
type Key struct {
	config       Config
	address      *url.URL
	client       *http.Client
	described    description
	certificates []*x509.Certificate
}

// ErrCertificate says that the provider signs with another certificate than when the key was opened: open it again.
var ErrCertificate = errors.New("the provider signs with another certificate now")

// Open asks the provider what the key is. The error is a *Problem when the provider says no, ErrProtocol when it does not speak
// the protocol, or one of files and network.
func Open(ctx context.Context, config Config) (*Key, error) {
	k, err := open(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the key at the provider: %w", err)
	}
	return k, nil
}

func open(ctx context.Context, config Config) (*Key, error) {
	if config.Attempt == 0 {
		config.Attempt = 10 * time.Second
	}
	if config.Timeout == 0 {
		config.Timeout = 30 * time.Second
	}
	k := &Key{config: config}
	var err error
	if k.address, err = config.address(); err != nil {
		return nil, err
	}
	if k.client, err = config.client(); err != nil {
		return nil, err
	}
	if err = k.call(ctx, http.MethodGet, k.address.String(), nil, &k.described); err != nil {
		return nil, err
	}
	switch {
	case len(k.described.Algorithms) == 0:
		return nil, fmt.Errorf("%w: no algorithm", ErrProtocol)
	case k.described.Input != Data && k.described.Input != Digest:
		return nil, fmt.Errorf("%w: input %.20q", ErrProtocol, k.described.Input)
	}
	k.certificates, err = parseCertificates(k.described.Certificates)
	return k, err
}

// Certificates are the key's own and those of its authorities.
func (k *Key) Certificates() []*x509.Certificate { return k.certificates }

// Signer signs with the key by an algorithm; without one, by the first that the provider names and the certificate allows.
func (k *Key) Signer(algorithm signature.Algorithm) (*signature.KeySigner, error) {
	if algorithm != "" && !slices.Contains(k.described.Algorithms, algorithm) {
		return nil, fmt.Errorf("the provider's key does not sign with %s, but with %q", algorithm, k.described.Algorithms)
	}
	wanted := []signature.Algorithm{algorithm}
	if algorithm == "" {
		wanted = k.described.Algorithms
	}
	var refused error
	for _, a := range wanted {
		s, err := signature.NewKeySigner(k, a, k.certificates[0], k.certificates[1:]...)
		if err == nil {
			return s, nil
		}
		refused = errors.Join(refused, err)
	}
	return nil, fmt.Errorf("the provider's key: %w", refused)
}

// SignValue has the provider sign. The error is a *Problem when it says no, ErrProtocol, ErrCertificate, or one of
// files and network; the time is bounded by ctx and by the Config.
func (k *Key) SignValue(ctx context.Context, algorithm signature.Algorithm, message []byte) ([]byte, error) {
	value, err := k.sign(ctx, algorithm, message)
	if err != nil {
		return nil, fmt.Errorf("sign at the provider: %w", err)
	}
	return value, nil
}

func (k *Key) sign(ctx context.Context, algorithm signature.Algorithm, message []byte) ([]byte, error) {
	if len(message) > maxMessage {
		return nil, errors.New("more than 64 KiB to sign")
	}
	o := order{Algorithm: algorithm, Data: message}
	if k.described.Input == Digest {
		if algorithm == signature.Ed25519 {
			return nil, errors.New("Ed25519 does not sign digests, and the provider wants them")
		}
		sum := algorithm.Hash().New()
		sum.Write(message)
		o.Data, o.Digest = nil, sum.Sum(nil)
	}
	body, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var a answer
	if err := k.call(ctx, http.MethodPost, k.address.JoinPath("signatures").String(), body, &a); err != nil {
		return nil, err
	}
	switch {
	case a.Algorithm != algorithm:
		return nil, fmt.Errorf("%w: signed with %.20q instead of %s", ErrProtocol, a.Algorithm, algorithm)
	case len(a.Certificates) == 0:
		return nil, fmt.Errorf("%w: no certificate", ErrProtocol)
	case !bytes.Equal(a.Certificates[0], k.certificates[0].Raw):
		return nil, ErrCertificate
	}
	return a.Signature, nil
}

// newIdempotencyKey names one signature in all repetitions of the request for it.
func newIdempotencyKey() string {
	var octets [16]byte
	rand.Read(octets[:]) // never fails
	return hex.EncodeToString(octets[:])
}
