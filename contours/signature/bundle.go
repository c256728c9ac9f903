package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	maxBundle             = 1 << 20 // octets
	maxBundleCertificates = 100
)

// ErrBundle says that octets hold no certificates in a form that is known here.
var ErrBundle = errors.New("not certificates in PEM, DER or PKCS #7")

// ParseBundle reads certificates as centres give them out: one or more in PEM, in DER, or in a PKCS #7 message without
// signers (.p7b, certs-only; RFC 5652, 5.1), itself PEM or DER. Nothing of them is verified. The error is ErrBundle.
func ParseBundle(data []byte) (all []*x509.Certificate, err error) {
	if len(data) > maxBundle {
		return nil, fmt.Errorf("%w: longer than %d octets", ErrBundle, maxBundle)
	}
	if block, rest := pem.Decode(data); block != nil && (block.Type == "PKCS7" || block.Type == "CMS") && len(bytes.TrimSpace(rest)) == 0 {
		data = block.Bytes
	}
	if carried, ok := carriedCertificates(data); ok {
		for _, der := range carried {
			c, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrBundle, err)
			}
			all = append(all, c)
		}
	} else if all, err = parseCertificates(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBundle, err)
	}
	if len(all) == 0 || len(all) > maxBundleCertificates {
		return nil, fmt.Errorf("%w: %d certificates, want 1 to %d", ErrBundle, len(all), maxBundleCertificates)
	}
	return all, nil
}

// carriedCertificates lists the certificates of a SignedData, DER.
func carriedCertificates(data cryptobyte.String) (all [][]byte, ok bool) {
	var message, explicit, body, certificates, one cryptobyte.String
	if checkDER(data, 0) != nil || !data.ReadASN1(&message, cbasn1.SEQUENCE) || !data.Empty() || !message.SkipASN1(cbasn1.OBJECT_IDENTIFIER) ||
		!message.ReadASN1(&explicit, contextTag(0)) || !message.Empty() || !explicit.ReadASN1(&body, cbasn1.SEQUENCE) ||
		!body.SkipASN1(cbasn1.INTEGER) || !body.SkipASN1(cbasn1.SET) || !body.SkipASN1(cbasn1.SEQUENCE) || !body.ReadASN1(&certificates, contextTag(0)) {
		return nil, false
	}
	for !certificates.Empty() {
		if !certificates.ReadASN1Element(&one, cbasn1.SEQUENCE) {
			return nil, false // an attribute certificate, or none
		}
		all = append(all, one)
	}
	return all, true
}
