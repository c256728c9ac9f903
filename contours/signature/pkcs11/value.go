package pkcs11

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// mechanismOf says how a token signs by an algorithm.
func mechanismOf(a signature.Algorithm) (mechanism, error) {
	switch a {
	case signature.ECDSAP256, signature.ECDSAP384, signature.ECDSAP521:
		return mechanism{number: mechanismECDSA}, nil
	case signature.RSA2048:
		return mechanism{number: mechanismRSA}, nil
	case signature.RSAPSS:
		return mechanism{number: mechanismPSS, pss: true}, nil
	case signature.Ed25519:
		return mechanism{number: mechanismEdDSA}, nil
	case signature.GOST2012256:
		return mechanism{number: mechanismGOST256}, nil
	case signature.GOST2012512:
		return mechanism{number: mechanismGOST512}, nil
	}
	return mechanism{}, fmt.Errorf("PKCS #11 has no mechanism for %s: such keys sign through a provider over HTTP", a)
}

// inputOf is what the mechanism wants to be given of a message.
func inputOf(a signature.Algorithm, message []byte) []byte {
	if a == signature.Ed25519 {
		return message
	}
	sum := a.Hash().New()
	sum.Write(message)
	digest := sum.Sum(nil)
	if a == signature.RSA2048 {
		return digestInfo(digest)
	}
	return digest
}

// digestInfo is a SHA-256 as RFC 8017, 9.2, has it signed: CKM_RSA_PKCS adds the padding alone.
func digestInfo(digest []byte) []byte {
	prefix := [...]byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, sha256.Size}
	return append(prefix[:], digest...)
}

// valueOf is the token's signature in the form of CMS. Tokens give ECDSA as r and s, each in the length of the group's order; GOST
// they give as s and r already.
func valueOf(a signature.Algorithm, raw []byte) ([]byte, error) {
	switch a {
	case signature.ECDSAP256, signature.ECDSAP384, signature.ECDSAP521:
	default:
		return raw, nil
	}
	if len(raw) == 0 || len(raw)%2 != 0 {
		return nil, errors.New("the token's ECDSA signature is not r and s")
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:len(raw)/2]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[len(raw)/2:]))
	})
	return b.Bytes()
}
