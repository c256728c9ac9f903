package bign

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"
)

// BenchmarkVerify sets verification at each level beside ECDSA P-256.
func BenchmarkVerify(b *testing.B) {
	for _, level := range Levels() {
		b.Run(level.Name, func(b *testing.B) {
			key, digest, signature := signed(b, level)
			hashOID := hbelt()
			besideP256(b, func() error { return Verify(key.Public(), hashOID, digest, signature) })
		})
	}
}

// besideP256 takes turns with ECDSA P-256 of the standard library, so that what else the machine does slows both, and
// reports the best of each: verifications a second, and how fast that is when P-256 is 1.
func besideP256(b *testing.B, verify func() error) {
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
	own, total, p256 := time.Hour, time.Duration(0), time.Hour
	for b.Loop() {
		start := time.Now()
		err := verify()
		between := time.Now()
		right := ecdsa.VerifyASN1(&key.PublicKey, digest, signature)
		end := time.Now()
		if err != nil || !right {
			b.Fatal(err, right)
		}
		own, p256 = min(own, between.Sub(start)), min(p256, end.Sub(between))
		total += between.Sub(start)
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(1/own.Seconds(), "best/s")
	b.ReportMetric(1/p256.Seconds(), "P256-best/s")
	b.ReportMetric(p256.Seconds()/own.Seconds(), "of-P256")
}

func BenchmarkSign(b *testing.B) {
	key, digest, _ := signed(b, Levels()[0])
	for b.Loop() {
		if _, err := key.Sign(rand.Reader, hbelt(), digest); err != nil {
			b.Fatal(err)
		}
	}
}
