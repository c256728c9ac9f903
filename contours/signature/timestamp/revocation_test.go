package timestamp

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Stamped an hour before the authority was revoked: whether that counts depends on why it was.
func TestWhatARevokedAuthorityStampedBefore(t *testing.T) {
	revokedAt := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, c := range []struct {
		name   string
		reason int
		at     time.Time
		status signature.Status
	}{
		{"superseded, stamped before", 4, revokedAt.Add(-time.Hour), signature.Valid},
		{"closed, stamped before", 5, revokedAt.Add(-time.Hour), signature.Valid},
		{"closed, stamped after", 5, revokedAt.Add(time.Minute), signature.Invalid},
		{"key stolen, stamped before", 1, revokedAt.Add(-time.Hour), signature.Invalid},
		{"centre's key stolen, stamped before", 2, revokedAt.Add(-time.Hour), signature.Invalid},
		{"reason untold, stamped before", 0, revokedAt.Add(-time.Hour), signature.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := newCentre(t)
			authority := root.authority(t)
			anchors := trust(t, root)
			lists, err := signature.OpenRevocationStore(anchors, signature.RevocationConfig{}, signature.Std())
			if err != nil {
				t.Fatal(err)
			}
			list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
				Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour),
				RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: authority.certificate.SerialNumber, RevocationTime: revokedAt, ReasonCode: c.reason}},
			}, root.certificate, root.key)
			if err != nil {
				t.Fatal(err)
			}
			verifier := NewVerifier(anchors, signature.Std())
			token := authority.stamp(t, stamped, c.at)
			wantStamp(t, verifier.Verify(token, signature.ContentOf(stamped)), signature.Valid, "", "")
			if err := lists.Add(list); err != nil {
				t.Fatal(err)
			}
			verifier.Authorities.Revocation = lists
			got := verifier.Verify(token, signature.ContentOf(stamped))
			if revoked := got.Authority.Revocation == signature.Revoked; got.Status != c.status || revoked != (c.status == signature.Invalid) {
				t.Errorf("stamp %s %s %s, revocation %s", got.Status, got.Field, got.Detail, got.Authority.Revocation)
			}
		})
	}
}
