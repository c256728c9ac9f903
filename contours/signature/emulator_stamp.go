package signature

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidTSTInfo      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidTimeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
)

// EmulatorPolicy is the policy that the emulator stamps under: below the arc that is set apart for examples.
func EmulatorPolicy() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 999, 1} }

// An EmulatedStamp says what the emulator's time-stamping authority is to stamp, and for when: it believes whatever moment it is told,
// so that stamps may come late, or early.
type EmulatedStamp struct {
	Algorithm Algorithm // of the authority: one of the roots'; by default ECDSAP256
	Hash      asn1.ObjectIdentifier
	Digest    []byte
	At        time.Time
	Nonce     *big.Int // nil: none
}

// Stamp stamps data, by the digest that goes with the algorithm: for AddStamps.
func (e *Emulator) Stamp(algorithm Algorithm, data []byte, at time.Time) (token []byte, err error) {
	hash := algorithm.Hash()
	if hash.New == nil {
		return nil, fmt.Errorf("emulated time stamp: no algorithm called %q", algorithm)
	}
	return e.StampDigest(EmulatedStamp{Algorithm: algorithm, Hash: hash.OID, Digest: hash.sumOf(data), At: at})
}

// StampDigest returns a time-stamp token (RFC 3161) as DER. There is an authority under each root.
func (e *Emulator) StampDigest(s EmulatedStamp) (token []byte, err error) {
	if s.Algorithm == "" {
		s.Algorithm = ECDSAP256
	}
	authority, err := e.stampAuthority(s.Algorithm)
	if err != nil {
		return nil, fmt.Errorf("emulated time stamp: %w", err)
	}
	info := s.info()
	hash := s.Algorithm.Hash()
	c := composer{authority.with(s.Algorithm), authority.certificate, nil, s.Algorithm, s.At, &carried{oidTSTInfo, info}}
	if token, err = c.compose(hash.sumOf(info)); err != nil {
		return nil, fmt.Errorf("emulated time stamp: %w", err)
	}
	return token, nil
}

// stampAuthority is as old as the roots are: exercises stamp for other years.
func (e *Emulator) stampAuthority(a Algorithm) (credential, error) {
	name, ok := rootFiles()[a]
	if !ok {
		return credential{}, fmt.Errorf("no authority stamps by %q", a)
	}
	return e.openCredential("stamps-"+name[0], func() (credential, error) {
		key, err := newKey(a)
		if err != nil {
			return credential{}, err
		}
		root := e.roots[a]
		template := certificateTemplate(pkix.Name{CommonName: "Служба штампов времени" + name[1], Organization: []string{emulatorName}}, root.certificate.NotBefore, root.certificate.NotAfter)
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.ExtraExtensions = []pkix.Extension{{Id: oidExtendedKeyUsage, Critical: true, Value: wrap(cbasn1.SEQUENCE, objectIdentifier(oidTimeStamping))}}
		return certify(template, key, root)
	})
}

// info is the TSTInfo (RFC 3161, 2.4.2).
func (s EmulatedStamp) info() []byte {
	serial := certificateTemplate(pkix.Name{}, s.At, s.At).SerialNumber // random
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(1)
		b.AddASN1ObjectIdentifier(EmulatorPolicy())
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addAlgorithm(b, s.Hash, nil)
			b.AddASN1OctetString(s.Digest)
		})
		b.AddASN1BigInt(serial)
		b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s.At.UTC().Format("20060102150405Z"))) })
		if s.Nonce != nil {
			b.AddASN1BigInt(s.Nonce)
		}
	})
	return b.BytesOrPanic()
}

func objectIdentifier(oid asn1.ObjectIdentifier) []byte {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(oid)
	return b.BytesOrPanic()
}
