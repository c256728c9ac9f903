package bign

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
)

func TestKeysComeBack(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, _, _ := signed(t, level)
		spki, err := key.Public().SubjectPublicKeyInfo()
		if err != nil {
			t.Fatal(err)
		}
		public, err := ParsePublicKey(spki)
		if err != nil || !bytes.Equal(public.Octets(), key.Public().Octets()) || public.Level.Name != level.Name {
			t.Errorf("%v, %v", public, err)
		}
		private, err := NewPrivateKey(level.OID, key.Octets())
		if err != nil || !bytes.Equal(private.Public().Octets(), key.Public().Octets()) {
			t.Error(err)
		}
		pkcs8, err := key.PKCS8()
		if err != nil {
			t.Fatal(err)
		}
		private, err = ParsePrivateKey(pkcs8)
		if err != nil || !bytes.Equal(private.Octets(), key.Octets()) || private.Public().Level.Name != level.Name {
			t.Errorf("PKCS #8: %v", err)
		}
		for _, der := range [][]byte{nil, pkcs8[1:], pkcs8[:len(pkcs8)-1], append(slices.Clone(pkcs8), 0)} {
			if _, err := ParsePrivateKey(der); !errors.Is(err, ErrKey) {
				t.Errorf("%x: %v", der, err)
			}
		}
		size := level.Bits / 4
		for _, octets := range [][]byte{nil, make([]byte, size), little(order(level), size), key.Octets()[1:]} {
			if _, err := NewPrivateKey(level.OID, octets); err == nil {
				t.Errorf("accepted %x", octets)
			}
		}
	})
}

// A bit changed in a public key is refused or gives another key, one whose signature it is not.
func TestEveryBitOfAPublicKeyCounts(t *testing.T) {
	eachLevel(t, func(t *testing.T, level Level) {
		key, digest, signature := signed(t, level)
		spki, err := key.Public().SubjectPublicKeyInfo()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(spki) {
			spki[i/8] ^= 1 << (i % 8)
			other, err := ParsePublicKey(spki)
			if err != nil && !errors.Is(err, ErrKey) {
				t.Errorf("bit %d: %v", i, err)
			}
			if err == nil && Verify(other, hbelt(), digest, signature) == nil {
				t.Errorf("bit %d does not count", i)
			}
			spki[i/8] ^= 1 << (i % 8)
		}
	})
}

func TestKeysOfAnotherShapeAreRefused(t *testing.T) {
	key, _, _ := signed(t, Levels()[0])
	octets := key.Public().Octets()
	info := func(key []byte, identifier ...any) []byte {
		var content []byte
		for _, part := range identifier {
			content = append(content, marshal(part)...)
		}
		return marshal(struct {
			Identifier asn1.RawValue
			Key        asn1.BitString
		}{asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}})
	}
	good := info(octets, KeyOID(), Levels()[0].OID)
	if _, err := ParsePublicKey(good); err != nil {
		t.Fatal(err)
	}
	backwards := slices.Clone(octets)
	slices.Reverse(backwards)
	for what, spki := range map[string][]byte{
		"nothing":                 nil,
		"an octet less":           good[:len(good)-1],
		"an octet more":           append(slices.Clone(good), 0),
		"inherited parameters":    info(octets, KeyOID()),
		"parameters written out":  info(octets, KeyOID(), struct{ Version int }{1}),
		"three parts":             info(octets, KeyOID(), Levels()[0].OID, Levels()[0].OID),
		"key of another level":    info(octets, KeyOID(), Levels()[1].OID),
		"an unknown curve":        info(octets, KeyOID(), asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 3, 4}),
		"signature algorithm":     info(octets, asn1.ObjectIdentifier{1, 2, 112, 0, 2, 0, 34, 101, 45, 12}, Levels()[0].OID),
		"wrapped in OCTET STRING": info(marshal(octets), KeyOID(), Levels()[0].OID),
		"big-endian":              info(backwards, KeyOID(), Levels()[0].OID),
		"uncompressed of SEC 1":   info(append([]byte{4}, octets...), KeyOID(), Levels()[0].OID),
	} {
		if key, err := ParsePublicKey(spki); !errors.Is(err, ErrKey) || key != nil {
			t.Errorf("%s: %v, %v", what, key, err)
		}
	}
	for _, oid := range []asn1.ObjectIdentifier{nil, KeyOID()} {
		if _, err := GenerateKey(rand.Reader, oid); !errors.Is(err, ErrKey) {
			t.Error(err)
		}
		if _, err := NewPrivateKey(oid, key.Octets()); !errors.Is(err, ErrKey) {
			t.Error(err)
		}
	}
}

func marshal(value any) []byte {
	der, err := asn1.Marshal(value)
	if err != nil {
		panic(err)
	}
	return der
}
