package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
)

// Algorithm is what a signer signs with: a kind of key and all that goes with it.
type Algorithm string

const (
	ECDSAP256   Algorithm = "ecdsa-p256"   // with SHA-256; the emulator's default
	ECDSAP384   Algorithm = "ecdsa-p384"   // with SHA-384
	ECDSAP521   Algorithm = "ecdsa-p521"   // with SHA-512
	RSA2048     Algorithm = "rsa-2048"     // PKCS#1 v1.5 with SHA-256; keys of a file may be longer
	Ed25519     Algorithm = "ed25519"      // with SHA-512
	GOST2012256 Algorithm = "gost2012-256" // GOST R 34.10-2012 with the parameters CryptoPro A and «Стрибог» of 256 bits
	GOST2012512 Algorithm = "gost2012-512" // GOST R 34.10-2012 with the parameters TC26 512-A and «Стрибог» of 512 bits
	BIGN256     Algorithm = "bign-256"     // STB 34.101.45 on bign-curve256v1 with belt-hash
)

// Algorithms lists all that an emulator signs with.
func Algorithms() []Algorithm {
	return []Algorithm{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048, Ed25519, GOST2012256, GOST2012512, BIGN256}
}

// suite is what goes with an algorithm.
type suite struct {
	root      Algorithm // of the emulator's root that issues such signers
	hash      Hash
	signature asn1.ObjectIdentifier // in CMS
	issued    asn1.ObjectIdentifier // in certificates, where it differs
	null      bool                  // parameters are NULL rather than absent
	option    crypto.Hash           // for crypto.Signer, which wants the message itself with 0
	newKey    func() (crypto.Signer, error)
}

// suite is empty for an unknown algorithm.
func (a Algorithm) suite() suite {
	switch a {
	case ECDSAP256:
		return suite{ECDSAP256, hashSHA256(), oidECDSAWithSHA256, nil, false, crypto.SHA256, newECDSA(elliptic.P256())}
	case ECDSAP384:
		return suite{ECDSAP256, hashSHA384(), oidECDSAWithSHA384, nil, false, crypto.SHA384, newECDSA(elliptic.P384())}
	case ECDSAP521:
		return suite{ECDSAP256, hashSHA512(), oidECDSAWithSHA512, nil, false, crypto.SHA512, newECDSA(elliptic.P521())}
	case RSA2048:
		return suite{ECDSAP256, hashSHA256(), oidSHA256WithRSA, nil, true, crypto.SHA256, func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }}
	case Ed25519:
		return suite{ECDSAP256, hashSHA512(), oidEd25519, nil, false, 0, newEd25519}
	case GOST2012256:
		key := newGOST(gost3410.R2012b256, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 1})
		return suite{GOST2012256, hashStreebog256(), gost3410.R2012b256.OID(), oidGOST2012With256, false, 0, key}
	case GOST2012512:
		key := newGOST(gost3410.R2012b512, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 2, 1})
		return suite{GOST2012256, hashStreebog512(), gost3410.R2012b512.OID(), oidGOST2012With512, false, 0, key}
	case BIGN256:
		return suite{BIGN256, hashBelt(), oidBignWithBelt, nil, true, 0, newBign}
	}
	return suite{}
}

// certificateAlgorithm is the AlgorithmIdentifier of certificates that such a key has signed.
func (s suite) certificateAlgorithm() []byte {
	if s.issued != nil {
		return algorithmIdentifier(s.issued, s.null)
	}
	return algorithmIdentifier(s.signature, s.null)
}

// algorithmOf tells by a SubjectPublicKeyInfo what the owner of the key signs with; empty when it is none of ours.
func algorithmOf(spki []byte) Algorithm {
	switch oid := keyAlgorithm(spki); {
	case oid.Equal(gost3410.R2012b256.OID()):
		return GOST2012256
	case oid.Equal(gost3410.R2012b512.OID()):
		return GOST2012512
	case oid.Equal(bign.KeyOID()):
		return BIGN256
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return ""
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return RSA2048
	case ed25519.PublicKey:
		return Ed25519
	case *ecdsa.PublicKey:
		return map[elliptic.Curve]Algorithm{elliptic.P256(): ECDSAP256, elliptic.P384(): ECDSAP384, elliptic.P521(): ECDSAP521}[key.Curve]
	}
	return ""
}

func (a Algorithm) sign(key crypto.Signer, message []byte) ([]byte, error) {
	s := a.suite()
	if a == Ed25519 {
		return key.Sign(rand.Reader, message, s.option)
	}
	return key.Sign(rand.Reader, s.hash.sumOf(message), s.option)
}

func newKey(a Algorithm) (crypto.Signer, error) {
	s := a.suite()
	if s.newKey == nil {
		return nil, fmt.Errorf("no algorithm called %q", a)
	}
	return s.newKey()
}

func newECDSA(curve elliptic.Curve) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return ecdsa.GenerateKey(curve, rand.Reader) }
}

func newEd25519() (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}
