package signature

import (
	"crypto/x509"
	"encoding/asn1"
)

// A purpose is what certificates have to be for. The first two methods return what speaks against a certificate, or "".
type purpose interface {
	signer(*x509.Certificate) string
	authority(*x509.Certificate) string

	service() ServiceKind // that a trusted list has to name
}

var oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}

// documents is the purpose of those who sign documents.
type documents struct{}

func (documents) signer(c *x509.Certificate) string    { return forPersons(c) }
func (documents) authority(c *x509.Certificate) string { return forPersons(c) }
func (documents) service() ServiceKind                 { return IssuingService }

// forPersons: national purposes differ from country to country, so that those are named which cannot mean a
// person's signature.
func forPersons(c *x509.Certificate) string {
	if len(c.UnknownExtKeyUsage) > 0 || len(c.ExtKeyUsage) == 0 {
		return ""
	}
	for _, usage := range c.ExtKeyUsage {
		switch usage {
		case x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageOCSPSigning:
		default:
			return ""
		}
	}
	return "extended key usage is for servers only"
}

// timeStamps is the purpose of time-stamping authorities.
type timeStamps struct{}

func (timeStamps) service() ServiceKind { return StampingService }

// signer: RFC 3161, 2.3: the one purpose timeStamping, in a critical extension.
func (timeStamps) signer(c *x509.Certificate) string {
	if len(c.UnknownExtKeyUsage) > 0 || len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping {
		return "extended key usage is not timeStamping alone"
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(oidExtendedKeyUsage) && e.Critical {
			return ""
		}
	}
	return "extended key usage is not critical"
}

func (timeStamps) authority(c *x509.Certificate) string {
	if len(c.UnknownExtKeyUsage) == 0 && len(c.ExtKeyUsage) == 0 {
		return ""
	}
	for _, usage := range c.ExtKeyUsage {
		if usage == x509.ExtKeyUsageTimeStamping || usage == x509.ExtKeyUsageAny {
			return ""
		}
	}
	return "an issuer's extended key usage leaves out timeStamping"
}
