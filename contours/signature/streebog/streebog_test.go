package streebog

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"testing"
)

// The examples of RFC 6986, 10. The second message is a line of «Слово о полку Игореве» in CP1251.
func TestExamplesOfTheStandard(t *testing.T) {
	cases := []struct{ message, sum256, sum512 string }{
		{
			"303132333435363738393031323334353637383930313233343536373839303132333435363738393031323334353637383930313233343536373839303132",
			"9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500",
			"1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48",
		},
		{
			"d1e520e2e5f2f0e82c20d1f2f0e8e1eee6e820e2edf3f6e82c20e2e5fef2fa20f120eceef0ff20f1f2f0e5ebe0ece820ede020f5f0e0e1f0fbff20efebfaeafb20c8e3eef0e5e2fb",
			"9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50",
			"1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28",
		},
		{ // widely published: the empty message
			"",
			"3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb",
			"8e945da209aa869f0455928529bcae4679e9873ab707b55315f56ceb98bef0a7362f715528356ee83cda5f2aac4c6ad2ba3a715c1bcd81cb8e9f90bf4c1c1a8a",
		},
	}
	for _, c := range cases {
		message, err := hex.DecodeString(c.message)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sum256(message); hex.EncodeToString(got[:]) != c.sum256 {
			t.Errorf("256 of %s: %x, want %s", c.message, got, c.sum256)
		}
		if got := Sum512(message); hex.EncodeToString(got[:]) != c.sum512 {
			t.Errorf("512 of %s: %x, want %s", c.message, got, c.sum512)
		}
	}
}

// Two full blocks of ones make Σ carry through all its words.
func TestSumCarries(t *testing.T) {
	d := start(Size512)
	d.Write(bytes.Repeat([]byte{0xff}, 2*BlockSize))
	want := block{^uint64(1), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	if d.sum != want || d.length != 1024 {
		t.Errorf("Σ %x after %d bits", d.sum, d.length)
	}
}

func sizes() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{"256": New256, "512": New512}
}

func whole(size string, data []byte) []byte {
	if size == "256" {
		sum := Sum256(data)
		return sum[:]
	}
	sum := Sum512(data)
	return sum[:]
}

func TestAnySplitOfWritesGivesTheSameSum(t *testing.T) {
	random := rand.New(rand.NewPCG(34, 11))
	for size, open := range sizes() {
		h := open()
		for range 300 {
			data := randomBytes(random, random.IntN(5*BlockSize))
			h.Reset()
			for left := data; len(left) > 0; {
				n := random.IntN(len(left)) + 1
				h.Write(left[:n])
				left = left[n:]
				h.Sum(nil) // must change nothing
			}
			if got, want := h.Sum([]byte("before")), append([]byte("before"), whole(size, data)...); !bytes.Equal(got, want) {
				t.Fatalf("%s of %x: %x, want %x", size, data, got, want)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for h, size := range map[hash.Hash]int{New256(): Size256, New512(): Size512} {
		if h.Size() != size || len(h.Sum(nil)) != size || h.BlockSize() != 64 {
			t.Errorf("size %d, block %d, want %d", h.Size(), h.BlockSize(), size)
		}
	}
}

func TestHashingAllocatesNothing(t *testing.T) {
	h, data, out := New512(), make([]byte, 1000), make([]byte, 0, Size512)
	if n := testing.AllocsPerRun(10, func() { h.Reset(); h.Write(data); h.Sum(out) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a message"), 4)
	f.Add(make([]byte, 2*BlockSize), BlockSize)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		at = int(uint(at) % uint(len(data)+1))
		for size, open := range sizes() {
			h := open()
			h.Write(data[:at])
			h.Write(data[at:])
			if got, want := h.Sum(nil), whole(size, data); !bytes.Equal(got, want) {
				t.Errorf("%s in two parts %x, whole %x", size, got, want)
			}
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

func BenchmarkStreebog(b *testing.B) {
	for _, size := range []int{256, 8 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			h, data := New256(), make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				h.Write(data)
			}
		})
	}
}
