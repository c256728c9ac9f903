package remote

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

const (
	maxMessage = 64 << 10  // octets of what is to be signed
	maxAnswer  = 256 << 10 // octets of any answer
)

// Input is what a key wants to be given.
type Input string

const (
	Data   Input = "data"   // what is to be signed
	Digest Input = "digest" // its digest, by the algorithm
)

// description is what a provider says of a key.
type description struct {
	Key          string                `json:"key"`
	Algorithms   []signature.Algorithm `json:"algorithms"`
	Input        Input                 `json:"input"`
	Certificates [][]byte              `json:"certificates"`
}

// order is a request for a signature. Exactly one of Data and Digest is set.
type order struct {
	Algorithm signature.Algorithm `json:"algorithm"`
	Data      []byte              `json:"data,omitempty"`
	Digest    []byte              `json:"digest,omitempty"`
}

type answer struct {
	Algorithm    signature.Algorithm `json:"algorithm"`
	Signature    []byte              `json:"signature"`
	Certificates [][]byte            `json:"certificates"`
}

// A Problem is the provider's no (RFC 9457).
type Problem struct {
	Status int    `json:"status"` // of HTTP
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

func (p *Problem) Error() string {
	words := fmt.Sprintf("the provider answers %d", p.Status)
	if p.Title != "" {
		words += fmt.Sprintf(" %.100q", p.Title)
	}
	if p.Detail != "" {
		words += fmt.Sprintf(": %.300q", p.Detail)
	}
	return words
}

// ErrProtocol says that an answer is not what the protocol has.
var ErrProtocol = errors.New("not an answer of the signing protocol")

// read takes an answer apart: into, or the problem that it tells.
func read(r *http.Response, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // an unreadable one is none of ours
	if r.StatusCode != http.StatusOK {
		p := new(Problem)
		if media != "application/problem+json" || json.Unmarshal(body, p) != nil {
			p = &Problem{Title: http.StatusText(r.StatusCode)}
		}
		p.Status = r.StatusCode
		return p
	}
	if len(body) > maxAnswer {
		return fmt.Errorf("%w: longer than 256 KiB", ErrProtocol)
	}
	if media != "application/json" {
		return fmt.Errorf("%w: Content-Type is %.60q", ErrProtocol, r.Header.Get("Content-Type"))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	if decoder.More() {
		return fmt.Errorf("%w: more than one value", ErrProtocol)
	}
	return nil
}

func parseCertificates(all [][]byte) (certificates []*x509.Certificate, err error) {
	for _, der := range all {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: certificate: %w", ErrProtocol, err)
		}
		certificates = append(certificates, c)
	}
	if len(certificates) == 0 {
		return nil, fmt.Errorf("%w: no certificate", ErrProtocol)
	}
	return certificates, nil
}
