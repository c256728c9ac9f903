package xmldsig_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// A request is signed by the system that sends it: the signature stands beside the data.
func Example() {
	name := func(local string) xmldsig.Name { return xmldsig.Name{Space: "urn:request", Local: local} }
	profile := xmldsig.Profile{
		Holder: xmldsig.Path{name("Request"), name("Signed")},
		Covers: xmldsig.Path{name("Request"), name("Data")},
		IDs:    []xmldsig.Name{{Local: "Id"}},
	}
	key, certificate := selfSigned()
	signed, err := xmldsig.Sign([]byte(`<Request xmlns="urn:request"><Data Id="D"><Sum>100</Sum></Data><Signed/></Request>`), profile, key, certificate)
	if err != nil {
		panic(err)
	}

	// One certificate is trusted here; a hub asks its trust store.
	known := func(der []byte, _ [][]byte, at time.Time) signature.SignerVerdict {
		if !certificate.Equal(&x509.Certificate{Raw: der}) || at.After(certificate.NotAfter) {
			return signature.SignerVerdict{Status: signature.Invalid, Reason: signature.Untrusted}
		}
		return signature.SignerVerdict{Status: signature.Valid}
	}
	verdict := xmldsig.NewVerifier(profile, known, signature.Std()).Verify(signed, time.Now())
	fmt.Println(verdict.Status)
	fmt.Println(string(verdict.Octets))
	fmt.Println(verdict.Root.Elements()[0].Text())
	// Output:
	// valid
	// <Data xmlns="urn:request" Id="D"><Sum>100</Sum></Data>
	// 100
}

func selfSigned() (*ecdsa.PrivateKey, *x509.Certificate) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ИС ведомства"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, certificate
}
