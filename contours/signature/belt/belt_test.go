package belt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The table H begins as the standard prints it and holds every octet once.
func TestTableH(t *testing.T) {
	want := "b194bac80a08f53b366d008e584a5de48504fa9d1bb6c7ac252e72c202fdce0d"
	if got := hex.EncodeToString(substitution[:32]); got != want {
		t.Errorf("H begins with %s, want %s", got, want)
	}
	var seen [256]bool
	for _, s := range substitution {
		if seen[s] {
			t.Errorf("%02x comes twice", s)
		}
		seen[s] = true
	}
}

// STB 34.101.31, table A.1: the cipher, alone and beside a block of another key.
func TestCipherExample(t *testing.T) {
	low, high, block := words(substitution[128:]), words(substitution[144:]), words(substitution[:])
	var key, other schedule
	key.set(low, high)
	other.set(high, low)
	const want = "69CCA1C93557C9E3D66BC3E0FA88FA6E"
	if got := text(encrypt(&table, &key, block)); got != want {
		t.Errorf("enciphered %s", got)
	}
	if left, right := encryptBoth(&table, &key, &other, block, low); text(left) != want || right != encrypt(&table, &other, low) {
		t.Errorf("enciphered together %s, %s", text(left), text(right))
	}
	if left, right := encryptBoth(&table, &other, &key, low, block); text(right) != want || left != encrypt(&table, &other, low) {
		t.Errorf("enciphered together %s, %s", text(left), text(right))
	}
}

// STB 34.101.31, table A.8: belt-compress.
func TestCompressExample(t *testing.T) {
	x1, x2, h1, h2 := words(substitution[:]), words(substitution[16:]), words(substitution[32:]), words(substitution[48:])
	sum, next1, next2 := compress(x1, x2, h1, h2)
	if got := text(sum); got != "46FE7425C9B181EB41DFEE3E72163D5A" {
		t.Errorf("σ1 %s", got)
	}
	if got := text(next1) + text(next2); got != "ED2F5481D593F40D87FCE37D6BC1A2E1B7D1A2CC975C82D3C0497488C90D99D8" {
		t.Errorf("σ2 %s", got)
	}
}

// STB 34.101.31, table A.23: the hash of the first octets of H.
func TestHashExamples(t *testing.T) {
	for n, want := range map[int]string{
		13: "ABEF9725D4C5A83597A367D14494CC2542F20F659DDFECC961A3EC550CBA8C75",
		32: "749E4C3653AECE5E48DB4761227742EB6DBE13F4A80F7BEFF1A9CF8D10EE7786",
		48: "9D02EE446FB6A29FE5C982D4B13AF9D3E90861BC4CEF27CF306BFB0B174A154A",
	} {
		if got := Sum(substitution[:n]); strings.ToUpper(hex.EncodeToString(got[:])) != want {
			t.Errorf("of %d octets: %X, want %s", n, got, want)
		}
	}
}

func text(x quad) string {
	b := make([]byte, 16)
	x.put(b)
	return fmt.Sprintf("%X", b)
}

func TestAnySplitOfWritesGivesTheSameSum(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 81))
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

func BenchmarkBelt(b *testing.B) {
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
