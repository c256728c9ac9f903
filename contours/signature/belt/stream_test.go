package belt

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"testing"
)

// longStream writes 16 MiB of a xorshift generator, each 1024 octets followed by the octet 42. It is the stream over which
// the hash functions of RustCrypto, which others wrote, state their digests.
func longStream(w io.Writer) {
	x, y, z, v := uint32(0x07873b4a), uint32(0xfaab8ffe), uint32(0x1745980f), uint32(0xb0adb4f3)
	part := make([]byte, 1025)
	part[1024] = 42
	for range 16 << 10 {
		for i := 0; i < 1024; i += 4 {
			t := x ^ x<<11
			x, y, z, v = y, z, v, v^v>>19^t^t>>8
			binary.LittleEndian.PutUint32(part[i:], v)
		}
		w.Write(part)
	}
}

func TestLongStream(t *testing.T) {
	h := New()
	longStream(h)
	if got, want := hex.EncodeToString(h.Sum(nil)), "a45053f80827d530008198c8185aa507403b4a21f591579f07c34358e5991754"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
