package gost94

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The customary examples of the CryptoPro parameters; the package comment tells of the first.
func TestPublishedDigests(t *testing.T) {
	for message, want := range map[string]string{
		"":               "981e5f3ca30c841487830f84fb433e13ac1101569b9c13584ac483234cd656c0",
		"a":              "e74c52dd282183bf37af0079c9f78055715a103f17e3133ceff1aacf2f403011",
		"abc":            "b285056dbf18d7392d7677369524dd14747459ed8143997e163b2986f92fd42c",
		"message digest": "bc6041dd2aa401ebfa6e9886734174febdb4729aa972d60f549ac39b29721ba0",
		"The quick brown fox jumps over the lazy dog":                                      "9004294a361a508c586fe53d1f1b02746765e71b765472786e4770d565830a76",
		"This is message, length=32 bytes":                                                 "2cefc2f7b7bdc514e18ea57fa74ff357e7fa17d652c75f69cb1be7893ede48eb",
		"Suppose the original message has length = 50 bytes":                               "c3730c5cbccacf915ac292676f21e8bd4ef75331d9405e5f1a61dc3130a65011",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789":                   "73b70a39497de53a6e08c67b6d4db853540f03e9389299d9b0156ef7e85d0f61",
		"12345678901234567890123456789012345678901234567890123456789012345678901234567890": "6bc7b38989b28cf93ae8842bf9d752905910a7528a61e5bce0782de43e610c90",
		strings.Repeat("U", 128):                                                           "1c4ac7614691bbf427fa2316216be8f10d92edfd37cd1027514c1008f649c4e8",
		strings.Repeat("a", 1000000):                                                       "8693287aa62f9478f7cb312ec0866b6c4e4a0f11160441e8f4ffcd2715dd554f",
	} {
		if got := Sum([]byte(message)); hex.EncodeToString(got[:]) != want {
			t.Errorf("%.60q (%d octets): %x, want %s", message, len(message), got, want)
		}
	}
}

// Blocks of ones make Σ carry through all its words.
func TestSumCarries(t *testing.T) {
	var d digest
	d.Write(bytes.Repeat([]byte{0xff}, 2*BlockSize))
	if want := (block{^uint64(1), ^uint64(0), ^uint64(0), ^uint64(0)}); d.sum != want || d.length != 512 {
		t.Errorf("Σ %x after %d bits", d.sum, d.length)
	}
}

func TestAnySplitOfWritesGivesTheSameSum(t *testing.T) {
	random := rand.New(rand.NewPCG(34, 94))
	h := New()
	for range 300 {
		data := randomBytes(random, random.IntN(5*BlockSize))
		h.Reset()
		for left := data; len(left) > 0; {
			n := random.IntN(len(left)) + 1
			h.Write(left[:n])
			left = left[n:]
			h.Sum(nil) // must change nothing
		}
		want := Sum(data)
		if got := h.Sum([]byte("before")); !bytes.Equal(got, append([]byte("before"), want[:]...)) {
			t.Fatalf("of %x: %x, want %x", data, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	if h := New(); h.Size() != 32 || len(h.Sum(nil)) != 32 || h.BlockSize() != 32 {
		t.Errorf("size %d, block %d", h.Size(), h.BlockSize())
	}
}

func TestHashingAllocatesNothing(t *testing.T) {
	h, data, out := New(), make([]byte, 1000), make([]byte, 0, Size)
	if n := testing.AllocsPerRun(10, func() { h.Reset(); h.Write(data); h.Sum(out) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a message"), 4)
	f.Add(make([]byte, 2*BlockSize), BlockSize)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		at = int(uint(at) % uint(len(data)+1))
		h := New()
		h.Write(data[:at])
		h.Write(data[at:])
		if got, want := h.Sum(nil), Sum(data); !bytes.Equal(got, want[:]) {
			t.Errorf("in two parts %x, whole %x", got, want)
		}
	})
}

func randomBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func BenchmarkGOST94(b *testing.B) {
	for _, size := range []int{256, 8 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			h, data := New(), make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				h.Write(data)
			}
		})
	}
}
