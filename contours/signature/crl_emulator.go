package signature

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// An EmulatedRevocation is an entry of the emulator's lists.
type EmulatedRevocation struct {
	Certificate *x509.Certificate
	At          time.Time
	Reason      RevocationReason
}

// RevocationLists issues a revocation list of each of the emulator's roots, in the order of Roots, with the entries
// that are of its certificates. For exercises with lists that have run out, next may lie in the past. A later
// issued makes a newer list.
func (e *Emulator) RevocationLists(issued, next time.Time, entries ...EmulatedRevocation) ([][]byte, error) {
	var lists [][]byte
	for _, certificate := range e.Roots() {
		root := e.rootFor(algorithmOf(certificate.RawSubjectPublicKeyInfo))
		template := &x509.RevocationList{Number: big.NewInt(issued.Unix()), ThisUpdate: issued, NextUpdate: next}
		for _, entry := range entries {
			if bytes.Equal(entry.Certificate.RawIssuer, certificate.RawSubject) {
				template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
					x509.RevocationListEntry{SerialNumber: entry.Certificate.SerialNumber, RevocationTime: entry.At, ReasonCode: int(entry.Reason)})
			}
		}
		list, err := issueList(template, root)
		if err != nil {
			return nil, fmt.Errorf("issue revocation list of %s: %w", certificate.Subject, err)
		}
		lists = append(lists, list)
	}
	return lists, nil
}

// issueList is for lists what issueCertificate is for certificates.
func issueList(template *x509.RevocationList, issuer credential) ([]byte, error) {
	pattern, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, issuer.certificate, pattern)
	if err != nil {
		return nil, err
	}
	signer := algorithmOf(issuer.certificate.RawSubjectPublicKeyInfo)
	algorithm := signer.suite().certificateAlgorithm()
	fields := elementsOf(elementsOf(der, cbasn1.SEQUENCE)[0], cbasn1.SEQUENCE)
	fields[1] = algorithm // RFC 5280, 5.1: version, signature, issuer, dates, entries, extensions
	tbs := wrap(cbasn1.SEQUENCE, fields...)
	signature, err := signer.sign(issuer.key, tbs)
	if err != nil {
		return nil, err
	}
	return wrap(cbasn1.SEQUENCE, tbs, algorithm, wrap(cbasn1.BIT_STRING, []byte{0}, signature)), nil
}
