package xmldsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"fmt"
	"hash"

	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost94"
	"github.com/smdo-hub/smdo-hub/contours/signature/streebog"
)

// signing is how a key signs.
type signing struct {
	method  signatureMethod
	options crypto.Hash // zero where package crypto has no name for the digest
	hash    func() hash.Hash
}

func (s signing) sum(message []byte) []byte {
	h := s.hash()
	h.Write(message)
	return h.Sum(nil)
}

// signingWith returns what goes with a key.
func signingWith(public crypto.PublicKey) (signing, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return newSigning(w3c+"rsa-sha256", crypto.SHA256, sha256.New), nil
	case *ecdsa.PublicKey:
		switch octetsOf(key) {
		case 32:
			return newSigning(w3c+"ecdsa-sha256", crypto.SHA256, sha256.New), nil
		case 48:
			return newSigning(w3c+"ecdsa-sha384", crypto.SHA384, sha512.New384), nil
		case 66:
			return newSigning(w3c+"ecdsa-sha512", crypto.SHA512, sha512.New), nil
		}
	case *gost3410.PublicKey:
		switch key.Algorithm {
		case gost3410.R2012b256:
			return newSigning(gost+"gostr34102012-gostr34112012-256", 0, streebog.New256), nil
		case gost3410.R2012b512:
			return newSigning(gost+"gostr34102012-gostr34112012-512", 0, streebog.New512), nil
		case gost3410.R2001:
			return newSigning(w3c+"gostr34102001-gostr3411", 0, gost94.New), nil
		}
	case *bign.PublicKey:
		if key.Level.Bits == 128 {
			return newSigning(stb+"bign-with-hbelt", 0, belt.New), nil
		}
	}
	return signing{}, fmt.Errorf("sign XML: no method for this key of type %T", public)
}

func newSigning(uri string, options crypto.Hash, hash func() hash.Hash) signing {
	method, _ := signatureByURI(uri)
	return signing{method, options, hash}
}

// isOf reports whether a certificate is of a key.
func isOf(certificate *x509.Certificate, public crypto.PublicKey) bool {
	switch key := public.(type) {
	case *gost3410.PublicKey:
		certified, err := gost3410.ParsePublicKey(certificate.RawSubjectPublicKeyInfo)
		return err == nil && certified.Algorithm == key.Algorithm && string(certified.Octets()) == string(key.Octets())
	case *bign.PublicKey:
		spki, err := key.SubjectPublicKeyInfo()
		return err == nil && string(spki) == string(certificate.RawSubjectPublicKeyInfo)
	case interface{ Equal(crypto.PublicKey) bool }:
		return key.Equal(certificate.PublicKey)
	}
	return false
}
