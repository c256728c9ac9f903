package tsl

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/xmldsig"
)

// Bounds of a list. The largest state's has some 500 services.
const (
	maxSize         = 10 << 20 // octets
	maxServices     = 20_000
	maxStatuses     = 256 // of a service
	maxCertificates = 32  // of a service
	maxText         = 512 // octets of a name that is kept
)

const spaceTSL = "http://uri.etsi.org/02231/v2#"

func element(local string) xmldsig.Name { return xmldsig.Name{Space: spaceTSL, Local: local} }

// ErrList says that a document is not a trusted list that can be relied on; a *Refusal tells why.
var ErrList = errors.New("trusted list refused")

// A Refusal is why a list was not taken, for a person: it is ErrList.
type Refusal struct {
	Text   signature.Text
	Detail string // for a specialist, in English
}

func (r *Refusal) Error() string { return ErrList.Error() + ": " + r.Text.EN + " (" + r.Detail + ")" }

// Is makes a Refusal an ErrList.
func (r *Refusal) Is(target error) bool { return target == ErrList }

func malformed(format string, args ...any) error {
	text := signature.Text{RU: "Документ не соответствует формату доверенного списка (ETSI TS 119 612)", EN: "The document does not follow the format of trusted lists (ETSI TS 119 612)"}
	return &Refusal{text, fmt.Sprintf(format, args...)}
}

// Profile is the signature under a list (TS 119 612, 5.7): enveloped in the root element, over all of it.
func Profile() xmldsig.Profile {
	root := xmldsig.Path{element("TrustServiceStatusList")}
	return xmldsig.Profile{Holder: root, Covers: root, IDs: []xmldsig.Name{{Local: "Id"}}, Properties: true}
}

// Reader returns what signature.Lists needs: a function that checks a list's own signature, by the algorithms of the
// given families, against the certificates of those who may sign it, and reads it. Errors are ErrList, *Refusal.
func Reader(families ...signature.Family) func(list []byte, signers []*x509.Certificate) (*signature.TrustList, error) {
	return func(list []byte, signers []*x509.Certificate) (*signature.TrustList, error) {
		if len(list) > maxSize {
			return nil, malformed("longer than %d octets", maxSize)
		}
		trust := func(der []byte, _ [][]byte, _ time.Time) signature.SignerVerdict { return pinned(der, signers) }
		verdict := xmldsig.NewVerifier(Profile(), trust, families...).Verify(list, time.Time{})
		if verdict.Status != signature.Valid {
			return nil, refusal(verdict)
		}
		read, err := readList(verdict.Root) // of the octets that were signed, and of nothing else
		if err != nil {
			return nil, err
		}
		if at := read.Issued; at.Before(verdict.Signer.NotBefore) || at.After(verdict.Signer.NotAfter) {
			return nil, &Refusal{signature.Text{RU: "Сертификат подписавшего список на день выпуска не действовал", EN: "The certificate of the list's signer was not valid on the day of issue"}, at.Format(time.RFC3339)}
		}
		return read, nil
	}
}

// pinned trusts the very certificates that are named, and no chain.
func pinned(der []byte, signers []*x509.Certificate) signature.SignerVerdict {
	i := slices.IndexFunc(signers, func(c *x509.Certificate) bool { return slices.Equal(c.Raw, der) })
	if i < 0 {
		return signature.SignerVerdict{Status: signature.Invalid, Reason: signature.Untrusted, Field: "signer", Detail: "signed by somebody whose lists do not count here"}
	}
	return signature.SignerVerdict{Status: signature.Valid, Signer: signature.Identify(signers[i])}
}

func refusal(v xmldsig.Verdict) error {
	var text signature.Text
	switch v.Reason {
	case signature.SignatureMissing:
		text = signature.Text{RU: "Доверенный список не подписан", EN: "The trusted list is not signed"}
	case signature.SignatureInvalid:
		text = signature.Text{RU: "Подпись доверенного списка неверна: список изменён", EN: "The signature of the trusted list is wrong: the list was altered"}
	case signature.Untrusted:
		text = signature.Text{RU: "Список подписан не тем, чей сертификат назван в настройках (list_signers)", EN: "The list is signed by somebody whose certificate the configuration does not name (list_signers)"}
	case signature.AlgorithmRefused:
		text = signature.Text{RU: "Алгоритм подписи доверенного списка неизвестен или не разрешён", EN: "The algorithm of the trusted list's signature is unknown or not allowed"}
	default:
		return malformed("%s: %s", v.Field, v.Detail)
	}
	return &Refusal{text, v.Field + ": " + v.Detail}
}
