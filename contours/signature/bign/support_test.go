package bign

import (
	"crypto/rand"
	"testing"
)

// signed makes a key of this level, a random digest and the signature over it.
func signed(t testing.TB, level Level) (key *PrivateKey, digest, signature []byte) {
	t.Helper()
	key, err := GenerateKey(rand.Reader, level.OID)
	if err != nil {
		t.Fatal(err)
	}
	digest = make([]byte, level.Bits/4)
	rand.Read(digest)
	if signature, err = key.Sign(rand.Reader, hbelt(), digest); err != nil {
		t.Fatal(err)
	}
	return key, digest, signature
}
