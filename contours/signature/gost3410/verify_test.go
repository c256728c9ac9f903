package gost3410

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature/curve"
)

// eachSet runs a test with every parameter set.
func eachSet(t *testing.T, test func(t *testing.T, set ParameterSet)) {
	for _, set := range ParameterSets() {
		t.Run(set.Name, func(t *testing.T) { test(t, set) })
	}
}

// eachCurve runs a test with one parameter set of every curve.
func eachCurve(t *testing.T, test func(t *testing.T, set ParameterSet)) {
	seen := map[*curve.Curve]bool{}
	for _, set := range ParameterSets() {
		if !seen[set.Curve()] {
			t.Run(set.Name, func(t *testing.T) { test(t, set) })
		}
		seen[set.Curve()] = true
	}
}

// order is q.
func order(set ParameterSet) *big.Int {
	q, ok := new(big.Int).SetString(set.Curve().Params().Q, 16)
	if !ok {
		panic(set.Name)
	}
	return q
}

// pack makes s‖r; numbers that are too long lose their upper octets.
func pack(set ParameterSet, s, r *big.Int) []byte {
	number := func(n *big.Int) []byte {
		wide := n.FillBytes(make([]byte, 2*set.Curve().Size()))
		return wide[set.Curve().Size():]
	}
	return append(number(s), number(r)...)
}

func unpack(signature []byte) (s, r *big.Int) {
	half := len(signature) / 2
	return new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
}

func wantRefused(t *testing.T, what string, key *PublicKey, digest, signature []byte) {
	t.Helper()
	if err := Verify(key, digest, signature); !errors.Is(err, ErrSignature) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestWhatIsSignedVerifies(t *testing.T) {
	eachSet(t, func(t *testing.T, set ParameterSet) {
		for _, algorithm := range set.Algorithms {
			key, err := GenerateKey(rand.Reader, algorithm, set.OID)
			if err != nil {
				t.Fatal(err)
			}
			for range 10 {
				digest := make([]byte, set.Curve().Size())
				rand.Read(digest)
				signature, err := key.Sign(rand.Reader, digest)
				if err != nil {
					t.Fatal(err)
				}
				if err := Verify(key.Public(), digest, signature); err != nil {
					t.Errorf("%v, digest %x, signature %x, key %x", err, digest, signature, key.Octets())
				}
				wantRefused(t, "another key", generate(t, set).Public(), digest, signature)
			}
		}
	})
}

// Private keys next to zero, to q and to its half: multiples of G meet multiples of Q on the way.
func TestSpecialKeysVerify(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		q, half := order(set), new(big.Int).Rsh(order(set), 1)
		for _, d := range []*big.Int{big.NewInt(1), big.NewInt(2), big.NewInt(3), big.NewInt(127), half, new(big.Int).Add(half, big.NewInt(1)),
			new(big.Int).Sub(q, big.NewInt(1)), new(big.Int).Sub(q, big.NewInt(2)), new(big.Int).Lsh(big.NewInt(1), uint(q.BitLen()/2))} {
			octets := d.FillBytes(make([]byte, set.Curve().Size()))
			slices.Reverse(octets)
			key, err := NewPrivateKey(set.Algorithms[0], set.OID, octets)
			if err != nil {
				t.Fatal(err)
			}
			for _, digest := range [][]byte{make([]byte, len(octets)), bytes.Repeat([]byte{0xFF}, len(octets)), octets} {
				signature, err := key.Sign(rand.Reader, digest)
				if err != nil {
					t.Fatal(err)
				}
				if err := Verify(key.Public(), digest, signature); err != nil {
					t.Errorf("d = %x, digest %x: %v", d, digest, err)
				}
			}
		}
	})
}

func TestNumbersOutOfRangeAreRefused(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		key, digest, signature := signed(t, set)
		s, r := unpack(signature)
		q := order(set)
		p, _ := new(big.Int).SetString(set.Curve().Params().P, 16)
		plus := func(n, m *big.Int) *big.Int { return new(big.Int).Add(n, m) }
		minus := func(n, m *big.Int) *big.Int { return new(big.Int).Sub(n, m) }
		zero, one := big.NewInt(0), big.NewInt(1)
		ones := minus(new(big.Int).Lsh(one, uint(8*set.Curve().Size())), one)
		special := []*big.Int{zero, one, q, plus(q, one), minus(q, one), p, plus(p, one), minus(p, one), ones}
		for _, n := range special {
			wantRefused(t, "s special", key.Public(), digest, pack(set, n, r))
			wantRefused(t, "r special", key.Public(), digest, pack(set, s, n))
			for _, m := range special {
				wantRefused(t, "both special", key.Public(), digest, pack(set, n, m))
			}
		}
		// The same number once more: where it fits, else cut off.
		wantRefused(t, "s+q", key.Public(), digest, pack(set, plus(s, q), r))
		wantRefused(t, "r+q", key.Public(), digest, pack(set, s, plus(r, q)))
		wantRefused(t, "-s", key.Public(), digest, pack(set, minus(q, s), r))
		wantRefused(t, "-r", key.Public(), digest, pack(set, s, minus(q, r)))
		wantRefused(t, "-s, -r", key.Public(), digest, pack(set, minus(q, s), minus(q, r)))
		wantRefused(t, "r and s exchanged", key.Public(), digest, pack(set, r, s))
		backwards := slices.Clone(signature)
		slices.Reverse(backwards)
		wantRefused(t, "little-endian", key.Public(), digest, backwards)
	})
}

// C is infinity when s = r·d: no digest has such a signature.
func TestInfinityIsRefused(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		key, digest, signature := signed(t, set)
		_, r := unpack(signature)
		octets := key.Octets()
		slices.Reverse(octets)
		for _, r := range []*big.Int{r, big.NewInt(1)} {
			s := new(big.Int).Mul(r, new(big.Int).SetBytes(octets))
			wantRefused(t, "C = O", key.Public(), digest, pack(set, s.Mod(s, order(set)), r))
		}
	})
}

func TestEveryBitOfASignatureCounts(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		key, digest, signature := signed(t, set)
		step := 1
		if len(digest) == 64 {
			step = 7 // a bit or two of each octet: these curves are slow
		}
		for i := 0; i < 8*len(signature); i += step {
			signature[i/8] ^= 1 << (i % 8)
			wantRefused(t, "flipped bit of the signature", key.Public(), digest, signature)
			signature[i/8] ^= 1 << (i % 8)
		}
		for i := 0; i < 8*len(digest); i += step {
			digest[i/8] ^= 1 << (i % 8)
			wantRefused(t, "flipped bit of the digest", key.Public(), digest, signature)
			digest[i/8] ^= 1 << (i % 8)
		}
		if err := Verify(key.Public(), digest, signature); err != nil {
			t.Error(err)
		}
	})
}

func TestLengthsAreExact(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		key, digest, signature := signed(t, set)
		size := len(digest)
		wantRefused(t, "no signature", key.Public(), digest, nil)
		wantRefused(t, "no digest", key.Public(), nil, signature)
		wantRefused(t, "signature cut", key.Public(), digest, signature[:2*size-1])
		wantRefused(t, "signature of r alone", key.Public(), digest, signature[size:])
		wantRefused(t, "signature padded behind", key.Public(), digest, append(slices.Clone(signature), 0))
		wantRefused(t, "signature padded before", key.Public(), digest, append([]byte{0}, signature...))
		wantRefused(t, "halves padded", key.Public(), digest, slices.Concat([]byte{0}, signature[:size], []byte{0}, signature[size:]))
		wantRefused(t, "digest cut", key.Public(), digest[:size-1], signature)
		wantRefused(t, "digest padded", key.Public(), append(slices.Clone(digest), 0), signature)
		wantRefused(t, "digest of the other length", key.Public(), make([]byte, 96-size), signature)
		if _, err := key.Sign(rand.Reader, digest[:size-1]); err == nil {
			t.Error("a cut digest was signed")
		}
	})
}

// RFC 7091, 6.2, step 3: a digest that is 0 modulo q counts as 1.
func TestTheDigestZeroIsOne(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		key := generate(t, set)
		zero := make([]byte, set.Curve().Size())
		one := slices.Clone(zero)
		one[0] = 1
		q := order(set).FillBytes(make([]byte, len(zero)))
		slices.Reverse(q)
		signature, err := key.Sign(rand.Reader, zero)
		if err != nil {
			t.Fatal(err)
		}
		for _, digest := range [][]byte{zero, one, q} {
			if err := Verify(key.Public(), digest, signature); err != nil {
				t.Errorf("%x: %v", digest, err)
			}
		}
	})
}

func TestSigningFailsWithItsSource(t *testing.T) {
	key, digest, _ := signed(t, setNamed(t, "CryptoPro A"))
	if signature, err := key.Sign(bytes.NewReader(make([]byte, 40)), digest); err == nil {
		t.Errorf("signed without randomness: %x", signature)
	}
}
