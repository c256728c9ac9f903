package timestamp

import (
	"bytes"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// flipEveryBit flips each bit of a token in turn; none may verify, except within what is listed as unsigned.
func flipEveryBit(t *testing.T, verifier *Verifier, token []byte, unsigned ...[]byte) (passed int) {
	t.Helper()
	over := signature.ContentOf(stamped)
	wantStamp(t, verifier.Verify(token, over), signature.Valid, "", "")
	exempt := make([]bool, len(token))
	for _, u := range unsigned {
		at := bytes.Index(token, u)
		if at < 0 {
			t.Fatal("the unsigned part is not in the token")
		}
		for i := range u {
			exempt[at+i] = true
		}
	}
	for i := range token {
		for bit := range 8 {
			token[i] ^= 1 << bit
			stamp := verifier.Verify(token, over)
			token[i] ^= 1 << bit
			switch {
			case stamp.Status != signature.Valid:
			case exempt[i]:
				passed++
			default:
				t.Errorf("octet %d bit %d flipped: still valid", i, bit)
			}
		}
	}
	return passed
}

func TestNoFlippedBitOfATokenVerifies(t *testing.T) {
	root := newCentre(t)
	authority := root.authority(t)
	flipEveryBit(t, trusting(t, root), authority.stamp(t, stamped, time.Now()))

	// openssl brings the root along, which the verifier takes from its own store.
	o := newOffice(t, authority, root, "plain")
	asked := request(NewNonce(), nil)
	token, err := asked.Accept(o.reply(t, asked.bytes(t)))
	if err != nil {
		t.Fatal(err)
	}
	if passed := flipEveryBit(t, trusting(t, root), token, root.certificate.Raw[4:]); passed == 0 {
		t.Error("no flip in the root that nobody needs verifies: the test flips nothing")
	}
}

// What nothing signs may turn a token in a signature into a bad one; the signature then has the time of receipt.
func TestAFlippedBitInASignaturesStampCannotMoveItsTime(t *testing.T) {
	f := newFixture(t)
	stampedCMS := f.addStamp(t, f.stampedAt)
	for i := range stampedCMS {
		stampedCMS[i] ^= 1
		verdict := f.documents.Verify(stampedCMS, signature.ContentOf(file), f.stampedAt.AddDate(0, 0, 1))
		stampedCMS[i] ^= 1
		if verdict.TimeSource == signature.StampTime && !verdict.Time.Equal(f.stampedAt) {
			t.Fatalf("octet %d flipped: time is %s", i, verdict.Time)
		}
	}
}
