package signature

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"

	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
)

// nationalKey is a throw-away key of a family that crypto/x509 does not know. Signing takes a time that depends on the key.
type nationalKey interface {
	crypto.Signer // of digests; options do not matter
	PKCS8() ([]byte, error)
	spki() ([]byte, error)
}

type gostKey struct{ *gost3410.PrivateKey }

func (k gostKey) Public() crypto.PublicKey { return k.PrivateKey.Public() }
func (k gostKey) spki() ([]byte, error)    { return k.PrivateKey.Public().SubjectPublicKeyInfo() }
func (k gostKey) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(random, digest)
}

// bignKey signs digests by belt-hash.
type bignKey struct{ *bign.PrivateKey }

func (k bignKey) Public() crypto.PublicKey { return k.PrivateKey.Public() }
func (k bignKey) spki() ([]byte, error)    { return k.PrivateKey.Public().SubjectPublicKeyInfo() }
func (k bignKey) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	name, err := asn1.Marshal(oidBeltHash)
	if err != nil {
		return nil, err
	}
	return k.PrivateKey.Sign(random, name, digest)
}

func newGOST(algorithm gost3410.Algorithm, set asn1.ObjectIdentifier) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) {
		key, err := gost3410.GenerateKey(rand.Reader, algorithm, set)
		return gostKey{key}, err
	}
}

func newBign() (crypto.Signer, error) {
	level := bign.Levels()[0]
	key, err := bign.GenerateKey(rand.Reader, level.OID)
	return bignKey{key}, err
}

func marshalPublic(key crypto.Signer) ([]byte, error) {
	if national, ok := key.(nationalKey); ok {
		return national.spki()
	}
	return x509.MarshalPKIXPublicKey(key.Public())
}

func marshalPrivate(key crypto.Signer) ([]byte, error) {
	if national, ok := key.(nationalKey); ok {
		return national.PKCS8()
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

func parsePrivate(pkcs8 []byte) (crypto.Signer, error) {
	if key, err := gost3410.ParsePrivateKey(pkcs8); err == nil {
		return gostKey{key}, nil
	}
	if key, err := bign.ParsePrivateKey(pkcs8); err == nil {
		return bignKey{key}, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("a key that does not sign")
	}
	return signer, nil
}
