package gost3410

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(1, &r) // RUSAGE_THREAD
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func TestScratch(t *testing.T) {
	if os.Getenv("SCRATCH") == "" {
		return
	}
	runtime.LockOSThread()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	digest := make([]byte, 32)
	sig, _ := ecdsa.SignASN1(rand.Reader, key, digest)
	type job struct {
		name string
		f    func()
		best []float64
	}
	jobs := []*job{{name: "P256", f: func() { ecdsa.VerifyASN1(&key.PublicKey, digest, sig) }}}
	for _, n := range []string{"CryptoPro A", "CryptoPro B", "CryptoPro C", "TC26 256-A", "TC26 512-A", "TC26 512-B", "TC26 512-C", "TC26 512 test"} {
		k, d, s := signed(t, setNamed(t, n))
		jobs = append(jobs, &job{name: n, f: func() {
			if Verify(k.Public(), d, s) != nil {
				panic("x")
			}
		}})
	}
	for range 60 {
		for _, j := range jobs {
			n := 0
			t0 := time.Now()
			for time.Since(t0) < 2*time.Millisecond {
				j.f()
				n++
			}
			j.best = append(j.best, float64(time.Since(t0).Microseconds())/float64(n))
		}
	}
	for _, j := range jobs {
		slices.Sort(j.best)
		fmt.Printf("%-16s min %.1f µs  p20 %.1f  ratio(min) %.3f\n", j.name, j.best[0], j.best[12], jobs[0].best[0]/j.best[0])
	}
}
