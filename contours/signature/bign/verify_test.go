package bign

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"testing"
)

// eachLevel runs a test at every level.
func eachLevel(t *testing.T, test func(t *testing.T, level Level)) {
	for _, level := range Levels() {
		t.Run(level.Name, func(t *testing.T) { test(t, level) })
	}
}

// order is q.
func order(level Level) *big.Int {
	q, ok := new(big.Int).SetString(level.Curve().Params().Q, 16)
	if !ok {
		panic(level.Name)
	}
	return q
}

// little writes n in little-endian octets; what does not fit is cut off.
func little(n *big.Int, size int) []byte {
	wide := n.FillBytes(make([]byte, 2*size))
	slices.Reverse(wide)
	return wide[:size]
}

func fromLittle(octets []byte) *big.Int {
	octets = slices.Clone(octets)
	slices.Reverse(octets)
	return new(big.Int).SetBytes(octets)
}

func wantRefused(t *testing.T, what string, key *PublicKey, hashOID, digest, signature []byte) {
	t.Helper()
	if err := Verify(key, hashOID, digest, signature); !errors.Is(err, ErrSignature) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestWhatIsSignedVerifies(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		for range 20 {
			key, digest, signature := signed(t, level)
			if err := Verify(key.Public(), hbelt(), digest, signature); err != nil {
				t.Errorf("%v: digest %x, signature %x, key %x", err, digest, signature, key.Octets())
			}
			other, _, _ := signed(t, level)
			wantRefused(t, "another key", other.Public(), hbelt(), digest, signature)
		}
	})
}

// Private keys next to zero, to q and to its half, digests at and above q: multiples of G meet multiples of Q.
func TestSpecialKeysVerify(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		q, half, size := order(level), new(big.Int).Rsh(order(level), 1), level.Bits/4
		for _, d := range []*big.Int{big.NewInt(1), big.NewInt(2), big.NewInt(3), big.NewInt(127), half, new(big.Int).Add(half, big.NewInt(1)),
			new(big.Int).Sub(q, big.NewInt(1)), new(big.Int).Sub(q, big.NewInt(2)), new(big.Int).Lsh(big.NewInt(1), uint(level.Bits))} {
			key, err := NewPrivateKey(level.OID, little(d, size))
			if err != nil {
				t.Fatal(err)
			}
			for _, digest := range [][]byte{make([]byte, size), little(q, size), bytes.Repeat([]byte{0xFF}, size)} {
				signature, err := key.Sign(rand.Reader, hbelt(), digest)
				if err != nil {
					t.Fatal(err)
				}
				if err := Verify(key.Public(), hbelt(), digest, signature); err != nil {
					t.Errorf("d = %x, digest %x: %v", d, digest, err)
				}
			}
		}
	})
}

func TestNumbersOutOfRangeAreRefused(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, digest, signature := signed(t, level)
		size, q := level.Bits/4, order(level)
		s0, s1 := signature[:size/2], fromLittle(signature[size/2:])
		ones := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*size)), big.NewInt(1))
		for what, n := range map[string]*big.Int{
			"zero": big.NewInt(0), "one": big.NewInt(1), "q": q, "q-1": new(big.Int).Sub(q, big.NewInt(1)), "ones": ones,
			"S1+q": new(big.Int).Add(s1, q), "-S1": new(big.Int).Sub(q, s1),
		} {
			wantRefused(t, "S1 "+what, key.Public(), hbelt(), digest, slices.Concat(s0, little(n, size)))
			wantRefused(t, "S0 zero, S1 "+what, key.Public(), hbelt(), digest, slices.Concat(make([]byte, size/2), little(n, size)))
		}
		backwards := slices.Clone(signature)
		slices.Reverse(backwards)
		wantRefused(t, "big-endian", key.Public(), hbelt(), digest, backwards)
	})
}

// S1+q with a small S1 still fits: the very same number is refused for its second form alone.
func TestS1HasOneForm(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, digest, _ := signed(t, level)
		size := level.Bits / 4
		for s1 := range int64(3) {
			n := big.NewInt(s1)
			signature := slices.Concat(make([]byte, size/2), little(n.Add(n, order(level)), size))
			if err := Verify(key.Public(), hbelt(), digest, signature); err == nil || !errors.Is(err, ErrSignature) || err == ErrSignature {
				t.Errorf("S1 = q+%d was computed with: %v", s1, err)
			}
		}
	})
}

// R is infinity when S1 + H = -(S0 + 2^l)·d, for any S0.
func TestInfinityIsRefused(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, digest, signature := signed(t, level)
		size, q := level.Bits/4, order(level)
		for _, s0 := range [][]byte{signature[:size/2], make([]byte, size/2)} {
			multiplier := fromLittle(append(slices.Clone(s0), 1))
			s1 := multiplier.Mul(multiplier, fromLittle(key.Octets()))
			s1.Add(s1, fromLittle(digest)).Neg(s1).Mod(s1, q)
			wantRefused(t, "R = O", key.Public(), hbelt(), digest, append(slices.Clone(s0), little(s1, size)...))
		}
	})
}

func TestEveryBitCounts(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, digest, signature := signed(t, level)
		hashOID := hbelt()
		for what, octets := range map[string][]byte{"signature": signature, "digest": digest, "hash identifier": hashOID} {
			for i := range 8 * len(octets) {
				octets[i/8] ^= 1 << (i % 8)
				wantRefused(t, "flipped bit of the "+what, key.Public(), hashOID, digest, signature)
				octets[i/8] ^= 1 << (i % 8)
			}
		}
		if err := Verify(key.Public(), hashOID, digest, signature); err != nil {
			t.Error(err)
		}
	})
}

func TestLengthsAreExact(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, digest, signature := signed(t, level)
		for what, s := range map[string][]byte{
			"none": nil, "cut": signature[:len(signature)-1], "padded": append(slices.Clone(signature), 0), "S0 alone": signature[:len(digest)/2],
		} {
			wantRefused(t, "signature "+what, key.Public(), hbelt(), digest, s)
		}
		for what, d := range map[string][]byte{"none": nil, "cut": digest[:len(digest)-1], "padded": append(slices.Clone(digest), 0)} {
			wantRefused(t, "digest "+what, key.Public(), hbelt(), d, signature)
			if _, err := key.Sign(rand.Reader, hbelt(), d); err == nil {
				t.Errorf("digest %s was signed", what)
			}
		}
		for what, oid := range map[string][]byte{"none": nil, "cut": hbelt()[:10], "padded": append(hbelt(), 0), "without tag": hbelt()[2:]} {
			wantRefused(t, "hash identifier "+what, key.Public(), oid, digest, signature)
			if _, err := key.Sign(rand.Reader, oid, digest); err == nil {
				t.Errorf("hash identifier %s was signed", what)
			}
		}
	})
}

func TestSigningFailsWithItsSource(t *testing.T) {
	key, digest, _ := signed(t, Levels()[0])
	if signature, err := key.Sign(bytes.NewReader(make([]byte, 40)), hbelt(), digest); err == nil {
		t.Errorf("signed without randomness: %x", signature)
	}
}
