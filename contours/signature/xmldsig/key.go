package xmldsig

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// signerKey is the key of a signer, and the family that knows it.
type signerKey struct {
	certificate *x509.Certificate
	family      signature.Family
}

func (c *check) signer(der []byte) (k signerKey, _ *flaw) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return k, malformed("X509Certificate", "cannot be read")
	}
	algorithm := keyAlgorithm(certificate.RawSubjectPublicKeyInfo)
	for _, f := range c.families {
		if f.Owns(algorithm) {
			return signerKey{certificate, f}, nil
		}
	}
	return k, invalid(signature.AlgorithmRefused, "certificate.key", "no family for keys of "+algorithm.String())
}

// keyAlgorithm reads the algorithm of a SubjectPublicKeyInfo.
func keyAlgorithm(spki []byte) (oid asn1.ObjectIdentifier) {
	input := cryptobyte.String(spki)
	var body, algorithm cryptobyte.String
	if input.ReadASN1(&body, tag.SEQUENCE) && body.ReadASN1(&algorithm, tag.SEQUENCE) {
		algorithm.ReadASN1ObjectIdentifier(&oid)
	}
	return oid
}

func (k signerKey) verify(method signatureMethod, message, value []byte) error {
	if method.pair {
		key, ok := k.certificate.PublicKey.(*ecdsa.PublicKey)
		if !ok {
			return fmt.Errorf("%w: signature algorithm does not suit the key", signature.ErrAlgorithm)
		}
		var err error
		if value, err = sequenceOf(value, octetsOf(key)); err != nil {
			return err
		}
	}
	return k.family.Verify(k.certificate.RawSubjectPublicKeyInfo, method.identifier(), method.digest, signature.Signed{Message: message}, value)
}

// octetsOf is the length of a number of the key's order.
func octetsOf(key *ecdsa.PublicKey) int { return (key.Curve.Params().N.BitLen() + 7) / 8 }

// sequenceOf makes of r‖s (XMLDSig 1.1, 6.4.3), each of n octets, the SEQUENCE of both that certificates have.
func sequenceOf(pair []byte, n int) ([]byte, error) {
	if len(pair) != 2*n {
		return nil, fmt.Errorf("%w: %d octets instead of %d", signature.ErrSignature, len(pair), 2*n)
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(pair[:n]))
		b.AddASN1BigInt(new(big.Int).SetBytes(pair[n:]))
	})
	return b.Bytes()
}

// pairOf is the reverse.
func pairOf(sequence []byte, n int) ([]byte, error) {
	input := cryptobyte.String(sequence)
	var body cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	if !input.ReadASN1(&body, tag.SEQUENCE) || !body.ReadASN1Integer(r) || !body.ReadASN1Integer(s) || r.BitLen() > 8*n || s.BitLen() > 8*n {
		return nil, errors.New("signer returned no ECDSA signature")
	}
	pair := make([]byte, 2*n)
	r.FillBytes(pair[:n])
	s.FillBytes(pair[n:])
	return pair, nil
}
