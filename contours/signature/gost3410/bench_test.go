package gost3410

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
)

// BenchmarkVerify sets verification on each curve beside ECDSA P-256 of the standard library.
func BenchmarkVerify(b *testing.B) {
	b.Run("ECDSA P-256", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		digest := make([]byte, 32)
		rand.Read(digest)
		signature, err := ecdsa.SignASN1(rand.Reader, key, digest)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest, signature) {
				b.Fatal("does not verify")
			}
		}
	})
	for _, set := range ParameterSets() {
		b.Run(set.Name, func(b *testing.B) {
			key, digest, signature := signed(b, set)
			b.ReportAllocs()
			for b.Loop() {
				if err := Verify(key.Public(), digest, signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParsePublicKey(b *testing.B) {
	for _, name := range []string{"CryptoPro A", "TC26 256-A", "TC26 512-A", "TC26 512-C"} {
		b.Run(name, func(b *testing.B) {
			key, _, _ := signed(b, setNamed(b, name))
			spki, err := key.Public().SubjectPublicKeyInfo()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := ParsePublicKey(spki); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	for _, name := range []string{"CryptoPro A", "TC26 512-A"} {
		b.Run(name, func(b *testing.B) {
			key, digest, _ := signed(b, setNamed(b, name))
			for b.Loop() {
				if _, err := key.Sign(rand.Reader, digest); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
