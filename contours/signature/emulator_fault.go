package signature

import (
	"crypto/x509"
	"fmt"
	"time"
)

// Fault is something that the emulator does wrong on request.
type Fault string

const (
	NoFault          Fault = ""
	FaultExpired     Fault = "expired"       // the certificate ended yesterday
	FaultNotYetValid Fault = "not yet valid" // the certificate begins in a year
	FaultWrongDigest Fault = "wrong digest"  // the signature is of another file
	FaultUnknownRoot Fault = "unknown root"  // a root that nobody has, brought along in the message
	FaultBrokenChain Fault = "broken chain"  // issued by an authority whose certificate is missing
	FaultRevoked     Fault = "revoked"       // the certificate was revoked an hour ago, by the list in RevocationFolder
	FaultStaleList   Fault = "stale list"    // issued by an authority whose only list, there too, ran out yesterday
	FaultLateStamp   Fault = "late stamp"    // made in time, by its own word, but stamped after the certificate's end
)

// Faults lists all that an emulator does wrong.
func Faults() []Fault {
	return []Fault{FaultExpired, FaultNotYetValid, FaultWrongDigest, FaultUnknownRoot, FaultBrokenChain, FaultRevoked, FaultStaleList, FaultLateStamp}
}

func (e *Emulator) faulty(o SignerOptions) (c credential, others []*x509.Certificate, err error) {
	issuer, from, to := e.rootFor(o.Algorithm), e.now().Add(-backdated), e.now().AddDate(signerYears, 0, 0)
	switch o.Fault {
	case FaultExpired, FaultLateStamp:
		from, to = e.now().AddDate(-2, 0, 0), e.now().AddDate(0, 0, -1)
	case FaultNotYetValid:
		from = e.now().AddDate(1, 0, 0)
	case FaultUnknownRoot:
		if issuer, err = newAuthority(o.Algorithm.suite().root, "Неизвестный корень", e.now(), nil); err != nil {
			return c, nil, err
		}
		others = append(others, issuer.certificate)
	case FaultBrokenChain:
		if issuer, err = newAuthority(o.Algorithm.suite().root, "Пропавший центр", e.now(), &issuer); err != nil {
			return c, nil, err
		}
	case FaultStaleList:
		if issuer, err = e.staleAuthority(o.Algorithm); err != nil {
			return c, nil, err
		}
		others = append(others, issuer.certificate)
	case FaultWrongDigest, FaultRevoked:
	default:
		return c, nil, fmt.Errorf("no fault called %q", o.Fault)
	}
	if c, err = newSigner(o, issuer, from, to); err == nil && o.Fault == FaultRevoked {
		err = e.Revoke(EmulatedRevocation{Certificate: c.certificate, At: e.now().Add(-time.Hour), Reason: keyCompromise})
	}
	return c, others, err
}
