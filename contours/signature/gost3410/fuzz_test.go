package gost3410

import (
	"bytes"
	"testing"
)

// An accepted key, written again, is the same octets: there is no second form. (Keys of 2001 may carry a third
// parameter, which is not kept.)
func FuzzParsePublicKey(f *testing.F) {
	for _, set := range ParameterSets() {
		spki, err := generate(f, set).Public().SubjectPublicKeyInfo()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(spki)
		f.Add(spki[:len(spki)-1])
	}
	f.Fuzz(func(t *testing.T, spki []byte) {
		key, err := ParsePublicKey(spki)
		if err != nil {
			if key != nil {
				t.Error("a key with an error")
			}
			return
		}
		back, err := key.SubjectPublicKeyInfo()
		if err != nil {
			t.Fatal(err)
		}
		if key.Algorithm != R2001 && !bytes.Equal(back, spki) {
			t.Errorf("%x, written again %x", spki, back)
		}
		if again, err := ParsePublicKey(back); err != nil || !bytes.Equal(again.Octets(), key.Octets()) {
			t.Errorf("read again: %v", err)
		}
	})
}

// Of all signatures that are made of a right one by changing octets, only the right one verifies.
func FuzzVerify(f *testing.F) {
	sets := ParameterSets()
	for i, set := range sets {
		size := set.Curve().Size()
		f.Add(uint8(i), bytes.Repeat([]byte{byte(i), 1}, size), make([]byte, size), []byte{})
		f.Add(uint8(i), bytes.Repeat([]byte{byte(i), 2}, size), bytes.Repeat([]byte{0xFF}, size), []byte{0x80})
	}
	f.Fuzz(func(t *testing.T, index uint8, secrets, digest, mask []byte) {
		set := sets[int(index)%len(sets)]
		random := bytes.NewReader(secrets)
		key, err := GenerateKey(random, set.Algorithms[0], set.OID)
		if err != nil {
			return
		}
		if Verify(key.Public(), digest, mask) == nil {
			t.Errorf("%x verifies", mask)
		}
		signature, err := key.Sign(random, digest)
		if err != nil {
			return
		}
		changed := false
		for i, m := range mask {
			changed = changed || m != 0
			if i < len(signature) {
				signature[i] ^= m
			} else {
				signature, changed = append(signature, m), true
			}
		}
		if err := Verify(key.Public(), digest, signature); (err == nil) == changed {
			t.Errorf("changed: %v, verdict: %v", changed, err)
		}
	})
}
