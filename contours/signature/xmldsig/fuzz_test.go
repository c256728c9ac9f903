package xmldsig

import (
	"crypto/elliptic"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// FuzzVerify: nothing panics, and of a signer who signed one document no other verifies.
func FuzzVerify(f *testing.F) {
	s := newECDSA(f, elliptic.P256())
	signed := s.sign(f, message, dataInMessage)
	v := s.verifier(dataInMessage)
	want := v.Verify([]byte(signed), moment)
	if want.Status != signature.Valid {
		f.Fatal(want.Detail)
	}
	// The key is a new one each time, so that what is found is kept as places and texts rather than as documents.
	f.Add(0, 0, "")
	f.Add(40, 0, "<!-- c -->")
	f.Add(120, 30, `<t:Data Id="DATA"/>`)
	f.Add(len(signed)-20, 3, `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>`)
	f.Fuzz(func(t *testing.T, at, drop int, text string) {
		if at < 0 || at > len(signed) || drop < 0 || drop > len(signed)-at {
			return
		}
		got := v.Verify([]byte(signed[:at]+text+signed[at+drop:]), moment)
		if got.Status == signature.Valid && string(got.Octets) != string(want.Octets) {
			t.Fatalf("at %d, %d octets replaced by %q: signed %s", at, drop, text, got.Octets)
		}
	})
}
