package gost3410

import (
	"crypto/rand"
	"testing"
)

// generate makes a key of this set, of the newest algorithm that it has.
func generate(t testing.TB, set ParameterSet) *PrivateKey {
	t.Helper()
	key, err := GenerateKey(rand.Reader, set.Algorithms[len(set.Algorithms)-1], set.OID)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed makes a key of this set, a random digest and the signature over it.
func signed(t testing.TB, set ParameterSet) (key *PrivateKey, digest, signature []byte) {
	t.Helper()
	key = generate(t, set)
	digest = make([]byte, set.Curve().Size())
	rand.Read(digest)
	signature, err := key.Sign(rand.Reader, digest)
	if err != nil {
		t.Fatal(err)
	}
	return key, digest, signature
}

func setNamed(t testing.TB, name string) ParameterSet {
	t.Helper()
	for _, set := range ParameterSets() {
		if set.Name == name {
			return set
		}
	}
	t.Fatalf("no parameter set %s", name)
	return ParameterSet{}
}
