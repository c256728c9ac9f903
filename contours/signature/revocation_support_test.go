package signature

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

// present is the moment of tests on revocation: lists from the future are refused, so that it has to be near.
func present() time.Time { return time.Now().UTC().Truncate(time.Second) }

// around makes a certificate valid for a year to both sides of the present.
func around(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = present().AddDate(-1, 0, 0), present().AddDate(1, 0, 0)
	if c.IsCA {
		c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
}

// listing says what is to stand in a list; by default it was issued an hour ago and runs for a day.
type listing struct {
	number              int64
	issued, next        time.Time
	revoked             map[*x509.Certificate]time.Time
	reason              RevocationReason
	extensions, ofEntry []pkix.Extension
	signer              *centre // by default the issuer itself
}

// list makes a revocation list of c.
func (c *centre) list(l listing) []byte {
	c.t.Helper()
	if l.issued.IsZero() {
		l.issued = present().Add(-time.Hour)
	}
	if l.next.IsZero() {
		l.next = l.issued.Add(24 * time.Hour)
	}
	template := &x509.RevocationList{Number: big.NewInt(max(l.number, 1)), ThisUpdate: l.issued, NextUpdate: l.next, ExtraExtensions: l.extensions}
	for certificate, at := range l.revoked {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: certificate.SerialNumber, RevocationTime: at, ReasonCode: int(l.reason), ExtraExtensions: l.ofEntry})
	}
	signer := c
	if l.signer != nil {
		signer = l.signer
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, signer.certificate, signer.key)
	if err != nil {
		c.t.Fatal(err)
	}
	return der
}

// revoking opens a store over roots and intermediates, and a verifier that reads it.
func revoking(t testing.TB, config RevocationConfig, centres ...*centre) (*Verifier, *RevocationStore) {
	t.Helper()
	verifier := trusting(t, centres...)
	store, err := OpenRevocationStore(verifier.trust, config, Std())
	if err != nil {
		t.Fatal(err)
	}
	verifier.Revocation = store
	return verifier, store
}

func (s *RevocationStore) mustAdd(t testing.TB, lists ...[]byte) {
	t.Helper()
	for _, l := range lists {
		if err := s.Add(l); err != nil {
			t.Fatal(err)
		}
	}
}

// wantRevocation checks what the verdict on the only signer of a message says of revocation.
func wantRevocation(t *testing.T, got Verdict, state Revocation, at time.Time) {
	t.Helper()
	if s := got.Signers[0]; s.Revocation != state || !s.RevocationTime.Equal(at) {
		t.Errorf("revocation %s as of %s, want %s as of %s", s.Revocation, s.RevocationTime, state, at)
	}
}
