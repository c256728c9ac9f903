package timestamp

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A Request asks for a stamp over a digest (RFC 3161, 2.4.1), and for the authority's certificate along with it.
type Request struct {
	Digest []byte
	Hash   asn1.ObjectIdentifier // by which Digest was taken
	Nonce  *big.Int              // ties the response to this request; nil for none
	Policy asn1.ObjectIdentifier // under which to stamp; nil for the authority's own choice
}

// NewRequest asks for a stamp over digest, taken by the algorithm hash. NewNonce makes nonces.
func NewRequest(digest []byte, hash asn1.ObjectIdentifier, nonce *big.Int, policy asn1.ObjectIdentifier) Request {
	return Request{digest, hash, nonce, policy}
}

// NewNonce returns a positive random number of 64 bits.
func NewNonce() *big.Int {
	var octets [8]byte
	rand.Read(octets[:])              // never fails
	octets[0] = octets[0]&0x7f | 1<<6 // the same length each time
	return new(big.Int).SetBytes(octets[:])
}

// Marshal returns the request as DER.
func (r Request) Marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(r.Hash) })
			b.AddASN1OctetString(r.Digest)
		})
		if r.Policy != nil {
			b.AddASN1ObjectIdentifier(r.Policy)
		}
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
		b.AddASN1Boolean(true) // certReq: without the certificate nobody could verify later
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write time-stamp request: %w", err)
	}
	return der, nil
}

// ErrMismatch says that a token is not what was asked for.
var ErrMismatch = errors.New("time stamp is not the one requested")

// Accept takes the token from an authority's response: *RefusedError when the authority refused, ErrMalformed when
// the response cannot be read, ErrMismatch when the token is of another digest, nonce or policy. Whether the token is
// genuine a Verifier has to say.
func (r Request) Accept(response []byte) (token []byte, err error) {
	if token, err = ParseResponse(response); err != nil {
		return nil, err
	}
	info, err := ParseToken(token)
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Hash.Equal(r.Hash) || !bytes.Equal(info.Digest, r.Digest):
		return nil, fmt.Errorf("%w: it is over another digest", ErrMismatch)
	case !sameNonce(info.Nonce, r.Nonce):
		return nil, fmt.Errorf("%w: it has another nonce", ErrMismatch)
	case r.Policy != nil && !info.Policy.Equal(r.Policy):
		return nil, fmt.Errorf("%w: it is under policy %s", ErrMismatch, info.Policy)
	}
	return token, nil
}

func sameNonce(got, want *big.Int) bool {
	if got == nil || want == nil {
		return got == want
	}
	return got.Cmp(want) == 0
}
