package bign

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
)

// BenchmarkVerify sets verification at each level beside ECDSA P-256 of the standard library.
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
	for _, level := range Levels() {
		b.Run(level.Name, func(b *testing.B) {
			key, digest, signature := signed(b, level)
			b.ReportAllocs()
			for b.Loop() {
				if err := Verify(key.Public(), hbelt(), digest, signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	key, digest, _ := signed(b, Levels()[0])
	for b.Loop() {
		if _, err := key.Sign(rand.Reader, hbelt(), digest); err != nil {
			b.Fatal(err)
		}
	}
}
