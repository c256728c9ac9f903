package timestamp

import (
	"errors"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func FuzzParseToken(f *testing.F) {
	root := newCentre(f)
	f.Add(root.authority(f).stamp(f, stamped, time.Now()))
	verifier := trusting(f, newCentre(f)) // knows none of the fuzzer's authorities
	f.Fuzz(func(t *testing.T, token []byte) {
		info, err := ParseToken(token)
		stamp := verifier.Verify(token, signature.ContentOf(stamped))
		switch {
		case stamp.Status == signature.Valid:
			t.Error("a foreign token verifies")
		case err != nil && !errors.Is(err, ErrMalformed):
			t.Errorf("error of another kind: %v", err)
		case err != nil && stamp.Reason != signature.Malformed:
			t.Errorf("cannot be read, yet %s", stamp.Reason)
		case err == nil && (info.Serial == nil || !info.Time.Equal(stamp.Time) || info.Accuracy < 0):
			t.Errorf("read %+v, verified %+v", info, stamp)
		}
	})
}

func FuzzParseInfo(f *testing.F) {
	root := newCentre(f)
	f.Add(newDraft(root).info())
	f.Fuzz(func(t *testing.T, der []byte) {
		info, err := parseInfo(der)
		if err == nil && (info.Serial == nil || info.Accuracy < 0 || info.Time.Location() != time.UTC) {
			t.Errorf("read %+v", info)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	root := newCentre(f)
	token := root.authority(f).stamp(f, stamped, time.Now())
	f.Add(append([]byte{0x30, 0x82, byte((len(token) + 5) >> 8), byte(len(token) + 5), 0x30, 3, 2, 1, 0}, token...))
	f.Add([]byte{0x30, 14, 0x30, 12, 2, 1, 2, 0x30, 3, 0x0c, 1, 'x', 3, 2, 7, 0x80})
	f.Fuzz(func(t *testing.T, response []byte) {
		token, err := ParseResponse(response)
		var refused *RefusedError
		if (token == nil) == (err == nil) || err != nil && !errors.Is(err, ErrMalformed) && !errors.As(err, &refused) {
			t.Errorf("token of %d octets and %v", len(token), err)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	der, err := request(NewNonce(), oidPolicy).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		asked, err := parseRequest(der)
		if (err == nil) != (asked.Hash != nil) || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("read %+v, %v", asked, err)
		}
	})
}
