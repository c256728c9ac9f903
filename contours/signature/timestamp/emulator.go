package timestamp

import (
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// maxRequest bounds a request, in octets.
const maxRequest = 4 << 10

// Emulate is the emulator's time-stamping authority over HTTP (RFC 3161, 3.4), under the root of an algorithm. It stamps for
// the moments that now gives, so that stamps may come late on request; nil is the clock. It stamps digests of all families,
// under signature.EmulatorPolicy.
func Emulate(e *signature.Emulator, algorithm signature.Algorithm, now func() time.Time) http.Handler {
	if now == nil {
		now = time.Now
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
			http.Error(w, "want POST of application/timestamp-query", http.StatusUnsupportedMediaType)
			return
		}
		query, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
		if err != nil {
			return // nobody is there any more
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		w.Write(answerEmulated(e, algorithm, query, now()))
	})
}

// The bits of PKIFailureInfo that the emulator uses.
const (
	badAlg           = 0
	badRequest       = 2
	unacceptedPolicy = 15
	systemFailure    = 25
)

// answerEmulated is a TimeStampResp, granted or not.
func answerEmulated(e *signature.Emulator, algorithm signature.Algorithm, query []byte, at time.Time) []byte {
	asked, err := parseRequest(query)
	if err != nil {
		return rejection(badRequest, err.Error())
	}
	if !hashKnown(asked) {
		return rejection(badAlg, "digest "+asked.Hash.String()+" not known, or of another length")
	}
	if asked.Policy != nil && !asked.Policy.Equal(signature.EmulatorPolicy()) {
		return rejection(unacceptedPolicy, "the emulator's policy is "+signature.EmulatorPolicy().String())
	}
	token, err := e.StampDigest(signature.EmulatedStamp{Algorithm: algorithm, Hash: asked.Hash, Digest: asked.Digest, At: at, Nonce: asked.Nonce})
	if err != nil {
		return rejection(systemFailure, err.Error())
	}
	return response(func(b *cryptobyte.Builder) { b.AddASN1Uint64(0) }, token)
}

func hashKnown(asked Request) bool {
	for _, f := range []signature.Family{signature.Std(), signature.GOST(), signature.STB()} {
		for _, h := range f.Hashes() {
			if h.OID.Equal(asked.Hash) {
				return h.New().Size() == len(asked.Digest)
			}
		}
	}
	return false
}

// parseRequest reads a TimeStampReq (RFC 3161, 2.4.1). Extensions are refused.
func parseRequest(der cryptobyte.String) (asked Request, err error) {
	var body cryptobyte.String
	var version int
	var imprint Info
	var certificate bool // we bring it along always
	if !der.ReadASN1(&body, cbasn1.SEQUENCE) || !der.Empty() || !body.ReadASN1Integer(&version) || version != 1 || !readImprint(&body, &imprint) {
		return Request{}, fmt.Errorf("%w: not a request", ErrMalformed)
	}
	asked.Hash, asked.Digest = imprint.Hash, imprint.Digest
	if body.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) {
		var policy asn1.ObjectIdentifier
		if !body.ReadASN1ObjectIdentifier(&policy) {
			return Request{}, fmt.Errorf("%w: policy", ErrMalformed)
		}
		asked.Policy = policy
	}
	if body.PeekASN1Tag(cbasn1.INTEGER) {
		asked.Nonce = new(big.Int)
		if !body.ReadASN1Integer(asked.Nonce) {
			return Request{}, fmt.Errorf("%w: nonce", ErrMalformed)
		}
	}
	if body.PeekASN1Tag(cbasn1.BOOLEAN) && !body.ReadASN1Boolean(&certificate) || !body.Empty() {
		return Request{}, fmt.Errorf("%w: end of the request", ErrMalformed)
	}
	return asked, nil
}

// rejection says no, by one bit and in words.
func rejection(failure int, words string) []byte {
	bits := make([]byte, failure/8+1)
	bits[failure/8] = 0x80 >> (failure % 8)
	return response(func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(2)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(words)) })
		})
		b.AddASN1(cbasn1.BIT_STRING, func(b *cryptobyte.Builder) {
			b.AddUint8(uint8(7 - failure%8)) // a named bit list has no closing zeros
			b.AddBytes(bits)
		})
	}, nil)
}

func response(status cryptobyte.BuilderContinuation, token []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, status)
		b.AddBytes(token)
	})
	return b.BytesOrPanic()
}
