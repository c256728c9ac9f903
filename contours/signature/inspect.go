package signature

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
)

// Inspection is what a message says of itself. Nothing of it is verified.
type Inspection struct {
	Signers      []InspectedSigner
	Certificates []*x509.Certificate // that can be read
}

// InspectedSigner is what a message says of one signer.
type InspectedSigner struct {
	Certificate        *x509.Certificate // nil: not in the message, or not to be read
	Digest             string            // name of the algorithm, or its identifier
	Algorithm          string
	SigningTime        time.Time // zero when not stated
	SigningCertificate bool      // the certificate is among what is signed (CAdES-BES)
	Stamps             int       // time stamps over the signature (CAdES-T)
}

// Inspect reads a detached message, DER or base64, of which nothing needs to be trusted. What Verify would call
// malformed is ErrMalformed.
func Inspect(cms []byte) (Inspection, error) {
	der, flaw := decode(cms)
	var data *signedData
	if flaw == nil {
		data, flaw = parse(der)
	}
	if flaw != nil {
		return Inspection{}, fmt.Errorf("%w: %w", ErrMalformed, flaw)
	}
	var all Inspection
	for _, der := range data.certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			all.Certificates = append(all.Certificates, c)
		}
	}
	for i := range data.signers {
		all.Signers = append(all.Signers, inspect(&data.signers[i], data))
	}
	return all, nil
}

func inspect(s *signerInfo, data *signedData) InspectedSigner {
	i := InspectedSigner{Digest: algorithmName(s.digest.Algorithm), Algorithm: algorithmName(s.algorithm.Algorithm), Stamps: len(stampsIn(s.unsigned))}
	if der, flaw := s.find(data.certificates); flaw == nil {
		i.Certificate, _ = x509.ParseCertificate(der)
	}
	if attributes, flaw := parseAttributes(s.signed, data.contentType); flaw == nil {
		i.SigningTime, i.SigningCertificate = attributes.signingTime, attributes.certificate != nil
	}
	return i
}

// algorithmName is what people call a digest or a signature algorithm; its identifier when we do not know it.
func algorithmName(oid asn1.ObjectIdentifier) string {
	if h, ok := hashByOID(hashesOf([]Family{Std(), GOST(), STB()}), oid); ok {
		return string(h.Name)
	}
	for _, a := range []struct {
		oid  asn1.ObjectIdentifier
		name string
	}{
		{oidRSA, "RSA"}, {oidRSAPSS, "RSA-PSS"}, {oidSHA256WithRSA, "RSA with SHA-256"}, {oidSHA384WithRSA, "RSA with SHA-384"}, {oidSHA512WithRSA, "RSA with SHA-512"},
		{oidECDSAWithSHA256, "ECDSA with SHA-256"}, {oidECDSAWithSHA384, "ECDSA with SHA-384"}, {oidECDSAWithSHA512, "ECDSA with SHA-512"}, {oidEd25519, "Ed25519"},
		{gost3410.R2012b256.OID(), string(gost3410.R2012b256)}, {gost3410.R2012b512.OID(), string(gost3410.R2012b512)}, {gost3410.R2001.OID(), string(gost3410.R2001)},
		{oidGOST2012With256, "GOST R 34.10-2012 with streebog256"}, {oidGOST2012With512, "GOST R 34.10-2012 with streebog512"}, {oidGOST2001With94, "GOST R 34.10-2001 with GOST R 34.11-94"},
		{oidBignWithBelt, "bign with belt-hash"}, {oidBignWithBash256, "bign with bash256"}, {oidBignWithBash384, "bign with bash384"}, {oidBignWithBash512, "bign with bash512"},
	} {
		if a.oid.Equal(oid) {
			return a.name
		}
	}
	return oid.String()
}

// KeyName tells people what kind of key a SubjectPublicKeyInfo holds: "ECDSA P-256", "GOST R 34.10-2012 256,
// CryptoPro A", "bign-curve256v1"; its algorithm's identifier when we do not know it.
func KeyName(spki []byte) string {
	if key, err := gost3410.ParsePublicKey(spki); err == nil {
		return string(key.Algorithm) + ", " + key.Set.Name
	}
	if key, err := bign.ParsePublicKey(spki); err == nil {
		return key.Level.Name
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	}
	if err == nil && keyAlgorithm(spki).Equal(oidEd25519) {
		return "Ed25519"
	}
	return keyAlgorithm(spki).String()
}
