package bign

import (
	"bytes"
	"testing"
)

// An accepted key, written again, is the same octets: there is no second form.
func FuzzParsePublicKey(f *testing.F) {
	for _, level := range Levels() {
		key, _, _ := signed(f, level)
		spki, err := key.Public().SubjectPublicKeyInfo()
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
		if back, err := key.SubjectPublicKeyInfo(); err != nil || !bytes.Equal(back, spki) {
			t.Errorf("%x, written again %x, %v", spki, back, err)
		}
	})
}

// Of all signatures that are made of a right one by changing octets, only the right one verifies.
func FuzzVerify(f *testing.F) {
	levels := Levels()
	for i, level := range levels {
		size := level.Bits / 4
		f.Add(uint8(i), bytes.Repeat([]byte{byte(i), 1}, size), make([]byte, size), []byte{})
		f.Add(uint8(i), bytes.Repeat([]byte{byte(i), 2}, size), bytes.Repeat([]byte{0xFF}, size), []byte{0x80})
	}
	f.Fuzz(func(t *testing.T, index uint8, secrets, digest, mask []byte) {
		level := levels[int(index)%len(levels)]
		random := bytes.NewReader(secrets)
		key, err := GenerateKey(random, level.OID)
		if err != nil {
			return
		}
		if Verify(key.Public(), hbelt(), digest, mask) == nil {
			t.Errorf("%x verifies", mask)
		}
		signature, err := key.Sign(random, hbelt(), digest)
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
		if err := Verify(key.Public(), hbelt(), digest, signature); (err == nil) == changed {
			t.Errorf("changed: %v, verdict: %v", changed, err)
		}
	})
}
