package bash

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
)

// tableH is the first octets of the table H of STB 34.101.31, of which the examples take their messages, made by the rule
// of that standard.
func tableH() []byte {
	h := make([]byte, 256)
	h[11] = 0x8e
	for x := 12; x < 256+10; x++ {
		t := h[(x-1)%256]
		for range 116 {
			t = t>>1 | byte(bits.OnesCount8(t&0x63)&1)<<7
		}
		h[x%256] = t
	}
	return h
}

// STB 34.101.77, table A.2: bash-f.
func TestPermutationExample(t *testing.T) {
	var s [words]uint64
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(tableH()[8*i:])
	}
	permute(&s)
	var got []byte
	for _, w := range s {
		got = binary.LittleEndian.AppendUint64(got, w)
	}
	want := "8FE727775EA7F140B95BB6A200CBB28C7F0809C0C0BC68B7DC5AEDC841BD94E4" +
		"03630C301FC255DF5B67DB53EF65E376E8A4D797A6172F2271BA48093173D329" +
		"C3502AC946767326A2891971392D3F7089959F5D61621238655975E00E2132A0" +
		"D5018CEEDB17731CCD88FC50151D37C0D4A3359506AEDC2E6109511E7703AFBB" +
		"014642348D8568AA1A5D9868C4C7E6DFA756B1690C7C2608A2DC136F5997AB8F" +
		"BB3F4D9F033C87CA6070E117F099C4094972ACD9D976214B7CED8E3F8B6E058E"
	if text(got) != want {
		t.Errorf("permuted %X", got)
	}
}

// STB 34.101.77, tables A.3: the hashes of the first octets of H, around the borders of a block.
func TestHashExamples(t *testing.T) {
	for _, c := range []struct {
		size int
		n    int
		want string
	}{
		{Size256, 0, "114C3DFAE373D9BCBC3602D6386F2D6A2059BA1BF9048DBAA5146A6CB775709D"},
		{Size256, 127, "3D7F4EFA00E9BA33FEED259986567DCF5C6D12D51057A968F14F06CC0F905961"},
		{Size256, 128, "D7F428311254B8B2D00F7F9EEFBD8F3025FA87C4BABD1BDDBE87E35B7AC80DD6"},
		{Size256, 135, "1393FA1B65172F2D18946AEAE576FA1CF54FDD354A0CB2974A997DC4865D3100"},
		{Size384, 95, "64334AF830D33F63E9ACDFA184E32522103FFF5C6860110A2CD369EDBC04387C501D8F92F749AE4DE15A8305C353D64D"},
		{Size384, 96, "D06EFBC16FD6C0880CBFC6A4E3D65AB101FA82826934190FAABEBFBFFEDE93B22B85EA72A7FB3147A133A5A8FEBD8320"},
		{Size384, 108, "FF763296571E2377E71A1538070CC0DE88888606F32EEE6B082788D246686B00FC05A17405C5517699DA44B7EF5F55AB"},
		{Size512, 63, "2A66C87C189C12E255239406123BDEDBF19955EAF0808B2AD705E249220845E20F4786FB6765D0B5C48984B1B16556EF19EA8192B985E4233D9C09508D6339E7"},
		{Size512, 64, "07ABBF8580E7E5A321E9B940F667AE209E2952CEF557978AE743DB086BAB4885B708233C3F5541DF8AAFC3611482FDE498E58B3379A6622DAC2664C9C118A162"},
		{Size512, 127, "526073918F97928E9D15508385F42F03ADE3211A23900A30131F8A1E3E1EE21CC09D13CFF6981101235D895746A4643F0AA62B0A7BC98A269E4507A257F0D4EE"},
		{Size512, 192, "8724C7FF8A2A83F22E38CB9763777B96A70ABA3444F214C763D93CD6D19FCFDE6C3D3931857C4FF6CCCD49BD99852FE9EAA7495ECCDD96B571E0EDCF47F89768"},
	} {
		if got := whole(c.size, tableH()[:c.n]); text(got) != c.want {
			t.Errorf("%d octets of %d: %X, want %s", c.size, c.n, got, c.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for size, block := range map[int]int{Size256: BlockSize256, Size384: BlockSize384, Size512: BlockSize512} {
		if h := open(size); h.Size() != size || len(h.Sum(nil)) != size || h.BlockSize() != block {
			t.Errorf("size %d, block %d, want %d, %d", h.Size(), h.BlockSize(), size, block)
		}
	}
}

func open(size int) hash.Hash {
	return map[int]func() hash.Hash{Size256: New256, Size384: New384, Size512: New512}[size]()
}

func whole(size int, data []byte) []byte {
	a, b, c := Sum256(data), Sum384(data), Sum512(data)
	return map[int][]byte{Size256: a[:], Size384: b[:], Size512: c[:]}[size]
}

func TestAnySplitOfWritesGivesTheSameSum(t *testing.T) {
	random := rand.New(rand.NewPCG(34, 77))
	for _, size := range []int{Size256, Size384, Size512} {
		h := open(size)
		for range 300 {
			data := randomBytes(random, random.IntN(5*BlockSize256))
			h.Reset()
			for left := data; len(left) > 0; {
				n := random.IntN(len(left)) + 1
				h.Write(left[:n])
				left = left[n:]
				h.Sum(nil) // must change nothing
			}
			if got, want := h.Sum([]byte("before")), append([]byte("before"), whole(size, data)...); !bytes.Equal(got, want) {
				t.Fatalf("%d octets of %x: %x, want %x", size, data, got, want)
			}
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
	f.Add(make([]byte, 2*BlockSize256), BlockSize256)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		at = int(uint(at) % uint(len(data)+1))
		for _, size := range []int{Size256, Size384, Size512} {
			h := open(size)
			h.Write(data[:at])
			h.Write(data[at:])
			if got, want := h.Sum(nil), whole(size, data); !bytes.Equal(got, want) {
				t.Errorf("%d octets in two parts %x, whole %x", size, got, want)
			}
		}
	})
}

func text(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

func randomBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func BenchmarkBash(b *testing.B) {
	for _, size := range []int{Size256, Size384, Size512} {
		b.Run(fmt.Sprint(8*size), func(b *testing.B) {
			h, data := open(size), make([]byte, 8<<10)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				h.Write(data)
			}
		})
	}
}
