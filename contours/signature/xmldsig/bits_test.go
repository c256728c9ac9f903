package xmldsig

import (
	"crypto/elliptic"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// Every bit of a signed document is flipped in turn. In a document of nothing but the signed element and the
// signature no flip verifies. Where there are comments and blanks that nobody signs, what verifies gives the octets
// that were signed.
func TestNoFlippedBitVerifiesOtherData(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	element := Profile{Holder: Path{{}}, Covers: Path{{}, {"urn:m", "d"}}, IDs: ids}
	for name, c := range map[string]struct {
		doc     string
		profile Profile
		most    int // flips that may verify
	}{
		"all signed": {`<m xmlns="urn:m"><d Id="D">100</d></m>`, element, 0},
		"enveloped":  {packet, wholePacket, 400},
	} {
		t.Run(name, func(t *testing.T) {
			signed := s.sign(t, c.doc, c.profile)
			verifier := s.verifier(c.profile)
			want := verifier.Verify([]byte(signed), moment)
			wantVerdict(t, want, signature.Valid, "", "")
			verified := 0
			for i := range len(signed) {
				for bit := range 8 {
					flipped := []byte(signed)
					flipped[i] ^= 1 << bit
					got := verifier.Verify(flipped, moment)
					if got.Status != signature.Valid {
						continue
					}
					if verified++; string(got.Octets) != string(want.Octets) || verified > c.most {
						t.Fatalf("flip %d verifies, of octet %d, bit %d: %q", verified, i, bit, flipped[max(0, i-12):min(len(flipped), i+12)])
					}
				}
			}
			t.Logf("%d of %d flips verify", verified, 8*len(signed))
		})
	}
}
