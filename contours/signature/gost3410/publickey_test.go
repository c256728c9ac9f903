package gost3410

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
)

func wantNoKey(t *testing.T, what string, spki []byte) {
	t.Helper()
	if key, err := ParsePublicKey(spki); !errors.Is(err, ErrKey) || key != nil {
		t.Errorf("%s: %v, %v", what, key, err)
	}
}

// info is a SubjectPublicKeyInfo of parts that may be wrong.
func info(algorithm asn1.ObjectIdentifier, key []byte, parameters ...any) []byte {
	type identifier struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue
	}
	var content []byte
	for _, p := range parameters {
		content = append(content, marshal(p)...)
	}
	return marshal(struct {
		Identifier identifier
		Key        asn1.BitString
	}{
		identifier{algorithm, asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content}},
		asn1.BitString{Bytes: key, BitLength: 8 * len(key)},
	})
}

func marshal(value any) []byte {
	der, err := asn1.Marshal(value)
	if err != nil {
		panic(err)
	}
	return der
}

func TestPublicKeysComeBack(t *testing.T) {
	eachSet(t, func(t *testing.T, set ParameterSet) {
		key := generate(t, set).Public()
		spki, err := key.SubjectPublicKeyInfo()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParsePublicKey(spki)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Octets(), key.Octets()) || back.Algorithm != key.Algorithm || !back.Digest.Equal(key.Digest) || !back.Set.OID.Equal(set.OID) {
			t.Errorf("got %+v, want %+v", back, key)
		}
	})
}

func TestPrivateKeysComeBack(t *testing.T) {
	eachSet(t, func(t *testing.T, set ParameterSet) {
		key := generate(t, set)
		back, err := NewPrivateKey(key.Public().Algorithm, set.OID, key.Octets())
		if err != nil || !bytes.Equal(back.Public().Octets(), key.Public().Octets()) {
			t.Error(err)
		}
		pkcs8, err := key.PKCS8()
		if err != nil {
			t.Fatal(err)
		}
		back, err = ParsePrivateKey(pkcs8)
		if err != nil || !bytes.Equal(back.Octets(), key.Octets()) || !back.Public().Set.OID.Equal(set.OID) {
			t.Errorf("PKCS #8: %v", err)
		}
		for _, der := range [][]byte{nil, pkcs8[1:], pkcs8[:len(pkcs8)-1], append(slices.Clone(pkcs8), 0)} {
			if _, err := ParsePrivateKey(der); !errors.Is(err, ErrKey) {
				t.Errorf("%x: %v", der, err)
			}
		}
		q := order(set).FillBytes(make([]byte, set.Curve().Size()))
		slices.Reverse(q)
		for _, octets := range [][]byte{nil, make([]byte, len(q)), q, key.Octets()[1:]} {
			if _, err := NewPrivateKey(key.Public().Algorithm, set.OID, octets); err == nil {
				t.Errorf("accepted %x", octets)
			}
		}
	})
}

func TestKeysOfAnotherShapeAreRefused(t *testing.T) {
	set := setNamed(t, "CryptoPro A")
	algorithm, digest := R2012b256.OID(), digestsOf(R2012b256)[0]
	octets := generate(t, set).Public().Octets()
	inner := marshal(octets)
	good := info(algorithm, inner, set.OID, digest)
	if _, err := ParsePublicKey(good); err != nil {
		t.Fatal(err)
	}
	if _, err := ParsePublicKey(info(algorithm, inner, set.OID)); err != nil {
		t.Errorf("without digest: %v", err)
	}
	wantNoKey(t, "nothing", nil)
	wantNoKey(t, "an octet less", good[:len(good)-1])
	wantNoKey(t, "an octet more", append(slices.Clone(good), 0))
	wantNoKey(t, "inherited parameters", info(algorithm, inner))
	wantNoKey(t, "without OCTET STRING", info(algorithm, octets, set.OID, digest))
	wantNoKey(t, "octets behind the key", info(algorithm, append(slices.Clone(inner), 0), set.OID, digest))
	wantNoKey(t, "another digest", info(algorithm, inner, set.OID, digestsOf(R2012b512)[0]))
	wantNoKey(t, "something behind the digest", info(algorithm, inner, set.OID, digest, digest))
	wantNoKey(t, "no identifier behind the set", info(algorithm, inner, set.OID, 1))
	wantNoKey(t, "an unknown set", info(algorithm, inner, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 4}, digest))
	wantNoKey(t, "an unknown algorithm", info(asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 3}, inner, set.OID, digest))
	wantNoKey(t, "key agreement", info(asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 6, 1}, inner, set.OID, digest))
	wantNoKey(t, "2012 with 512 bits", info(R2012b512.OID(), inner, set.OID))
	wantNoKey(t, "the set of another length", info(algorithm, inner, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 2, 1}))
	big := slices.Clone(octets)
	slices.Reverse(big)
	wantNoKey(t, "big-endian", info(algorithm, marshal(big), set.OID, digest))
	wantNoKey(t, "a coordinate alone", info(algorithm, marshal(octets[:32]), set.OID, digest))
}

func TestKeysOf2001NameTheirDigest(t *testing.T) {
	set := setNamed(t, "CryptoPro B")
	inner := marshal(generate(t, set).Public().Octets())
	digest, encryption := asn1.ObjectIdentifier{1, 2, 643, 2, 2, 30, 1}, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 31, 1}
	for what, spki := range map[string][]byte{
		"digest":            info(R2001.OID(), inner, set.OID, digest),
		"digest for tests":  info(R2001.OID(), inner, set.OID, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 30, 0}),
		"digest and cipher": info(R2001.OID(), inner, set.OID, digest, encryption),
	} {
		if key, err := ParsePublicKey(spki); err != nil || key.Algorithm != R2001 || key.Digest == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantNoKey(t, "without digest", info(R2001.OID(), inner, set.OID))
	wantNoKey(t, "Streebog", info(R2001.OID(), inner, set.OID, digestsOf(R2012b256)[0]))
	wantNoKey(t, "four parameters", info(R2001.OID(), inner, set.OID, digest, encryption, encryption))
	wantNoKey(t, "no identifier behind the digest", info(R2001.OID(), inner, set.OID, digest, 1))
	wantNoKey(t, "a set of TC26", info(R2001.OID(), inner, setNamed(t, "TC26 256-C").OID, digest))
}

// A bit changed in the key's envelope is refused, or leads to another key that the signature is not of; all that
// remains are other names of the same curve, and the digest's parameters, which the caller sees.
func TestEveryBitOfAPublicKeyCounts(t *testing.T) {
	eachCurve(t, func(t *testing.T, set ParameterSet) {
		key, digest, signature := signed(t, set)
		spki, err := key.Public().SubjectPublicKeyInfo()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(spki) {
			spki[i/8] ^= 1 << (i % 8)
			other, err := ParsePublicKey(spki)
			if err == nil && Verify(other, digest, signature) == nil && other.Set.OID.Equal(set.OID) && other.Digest.Equal(key.Public().Digest) {
				t.Errorf("bit %d does not count", i)
			}
			if err != nil && !errors.Is(err, ErrKey) {
				t.Errorf("bit %d: %v", i, err)
			}
			spki[i/8] ^= 1 << (i % 8)
		}
	})
}

func TestNoKeyIsMadeForASetThatDoesNotSuit(t *testing.T) {
	set := setNamed(t, "TC26 512-A")
	if _, err := GenerateKey(nil, R2012b256, set.OID); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
	if _, err := NewPrivateKey(R2001, set.OID, make([]byte, 64)); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
	if oid := Algorithm("other").OID(); oid != nil {
		t.Error(oid)
	}
}
