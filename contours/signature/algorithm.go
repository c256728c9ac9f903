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

// Algorithm is what a signer signs with: a kind of key and all that goes with it. The names are also those of the
// protocol of package remote.
type Algorithm string

const (
	ECDSAP256   Algorithm = "ecdsa-p256"   // with SHA-256; the emulator's default
	ECDSAP384   Algorithm = "ecdsa-p384"   // with SHA-384
	ECDSAP521   Algorithm = "ecdsa-p521"   // with SHA-512
	RSA2048     Algorithm = "rsa-2048"     // PKCS#1 v1.5 with SHA-256; keys that are not the emulator's may be longer
	RSAPSS      Algorithm = "rsa-pss"      // the same keys, PSS with SHA-256 and a salt of 32 octets
	Ed25519     Algorithm = "ed25519"      // with SHA-512
	GOST2012256 Algorithm = "gost2012-256" // GOST R 34.10-2012 with the parameters CryptoPro A and «Стрибог» of 256 bits
	GOST2012512 Algorithm = "gost2012-512" // GOST R 34.10-2012 with the parameters TC26 512-A and «Стрибог» of 512 bits
	BIGN256     Algorithm = "bign-256"     // STB 34.101.45 on bign-curve256v1 with belt-hash
)

// Algorithms lists all that an emulator signs with.
func Algorithms() []Algorithm {
	return []Algorithm{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048, RSAPSS, Ed25519, GOST2012256, GOST2012512, BIGN256}
}

// suite is what goes with an algorithm.
type suite struct {
	root       Algorithm // of the emulator's root that issues such signers
	hash       Hash
	signature  asn1.ObjectIdentifier // in CMS
	issued     asn1.ObjectIdentifier // in certificates, where it differs
	parameters []byte                // DER; nil where they are absent
	option     crypto.SignerOpts     // for crypto.Signer
	newKey     func() (crypto.Signer, error)
}

// suite is empty for an unknown algorithm.
func (a Algorithm) suite() suite {
	switch a {
	case ECDSAP256:
		return suite{ECDSAP256, hashSHA256(), oidECDSAWithSHA256, nil, nil, crypto.SHA256, newECDSA(elliptic.P256())}
	case ECDSAP384:
		return suite{ECDSAP256, hashSHA384(), oidECDSAWithSHA384, nil, nil, crypto.SHA384, newECDSA(elliptic.P384())}
	case ECDSAP521:
		return suite{ECDSAP256, hashSHA512(), oidECDSAWithSHA512, nil, nil, crypto.SHA512, newECDSA(elliptic.P521())}
	case RSA2048:
		return suite{ECDSAP256, hashSHA256(), oidSHA256WithRSA, nil, derNULL(), crypto.SHA256, newRSA}
	case RSAPSS:
		return suite{ECDSAP256, hashSHA256(), oidRSAPSS, nil, pssParameters(), &rsa.PSSOptions{SaltLength: pssSalt, Hash: crypto.SHA256}, newRSA}
	case Ed25519:
		return suite{ECDSAP256, hashSHA512(), oidEd25519, nil, nil, crypto.Hash(0), newEd25519}
	case GOST2012256:
		key := newGOST(gost3410.R2012b256, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 1})
		return suite{GOST2012256, hashStreebog256(), gost3410.R2012b256.OID(), oidGOST2012With256, nil, nil, key}
	case GOST2012512:
		key := newGOST(gost3410.R2012b512, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 2, 1})
		return suite{GOST2012256, hashStreebog512(), gost3410.R2012b512.OID(), oidGOST2012With512, nil, nil, key}
	case BIGN256:
		return suite{BIGN256, hashBelt(), oidBignWithBelt, nil, derNULL(), nil, newBign}
	}
	return suite{}
}

// certificateAlgorithm is the AlgorithmIdentifier of certificates that such a key has signed.
func (s suite) certificateAlgorithm() []byte {
	if s.issued != nil {
		return algorithmIdentifier(s.issued, s.parameters)
	}
	return algorithmIdentifier(s.signature, s.parameters)
}

// Hash is the digest algorithm that goes with a: of files, and of what is signed, save that Ed25519 signs the message
// itself. It is empty for an unknown algorithm.
func (a Algorithm) Hash() Hash { return a.suite().hash }

// AlgorithmOf tells what the owner of a certificate signs with; empty when it is none of ours. For RSA, which leaves
// the choice, it is RSA2048.
func AlgorithmOf(certificate *x509.Certificate) Algorithm {
	return algorithmOf(certificate.RawSubjectPublicKeyInfo)
}

// suits reports whether the owner of a key may sign with a.
func (a Algorithm) suits(spki []byte) bool {
	key := algorithmOf(spki)
	return a != "" && (a == key || a == RSAPSS && key == RSA2048)
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
	if a == Ed25519 {
		return key.Sign(rand.Reader, message, a.suite().option)
	}
	return a.signDigest(key, a.Hash().sumOf(message))
}

func (a Algorithm) signDigest(key crypto.Signer, digest []byte) ([]byte, error) {
	return key.Sign(rand.Reader, digest, a.suite().option)
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

func newRSA() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }

func newEd25519() (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}
