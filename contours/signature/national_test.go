package signature

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"os"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature/bash"
	"github.com/smdo-hub/smdo-hub/contours/signature/belt"
	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost3410"
	"github.com/smdo-hub/smdo-hub/contours/signature/gost94"
	"github.com/smdo-hub/smdo-hub/contours/signature/streebog"
)

// combination is what a message or certificate states about one right signature.
type combination struct {
	name   string
	oid    asn1.ObjectIdentifier
	digest asn1.ObjectIdentifier // nil: a certificate
	params []byte
	want   error
}

// check holds a right signature over file against what may be said about it.
func check(t *testing.T, family Family, spki, sig, sum []byte, all []combination) {
	t.Helper()
	for _, c := range all {
		for kind, signed := range map[string]Signed{"message": {Message: file}, "digest": {Digest: sum}} {
			if err := family.Verify(spki, algorithm(c.oid, c.params...), c.digest, signed, sig); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", c.name, kind, err, c.want)
			}
		}
	}
	right := all[0]
	for name, signed := range map[string]Signed{"another message": {Message: file[1:]}, "another digest": {Digest: bytes.Repeat([]byte{1}, len(sum))}} {
		if err := family.Verify(spki, algorithm(right.oid), right.digest, signed, sig); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := family.Verify(spki, algorithm(right.oid), right.digest, Signed{Digest: sum[1:]}, sig); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("short digest: %v", err)
	}
	for name, broken := range map[string][]byte{"no signature": {}, "half of it": sig[:len(sig)/2], "one octet more": append(bytes.Clone(sig), 0)} {
		if err := family.Verify(spki, algorithm(right.oid), right.digest, Signed{Message: file}, broken); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range [][]byte{nil, {5, 0}, spki[:len(spki)-1], append(bytes.Clone(spki), 0)} {
		if err := family.Verify(key, algorithm(right.oid), right.digest, Signed{Message: file}, sig); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("broken key %x: %v", key, err)
		}
	}
}

func TestGOSTCombinations(t *testing.T) {
	sum256, sum512, sum94 := streebog.Sum256(file), streebog.Sum512(file), gost94.Sum(file)
	key256, key512, key2001 := gost3410.R2012b256.OID(), gost3410.R2012b512.OID(), gost3410.R2001.OID()
	null, other := []byte{5, 0}, []byte{2, 1, 1}
	for _, c := range []struct {
		algorithm gost3410.Algorithm
		set       asn1.ObjectIdentifier
		sum       []byte
		all       []combination
	}{
		{gost3410.R2012b256, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 1}, sum256[:], []combination{
			{"certificate", oidGOST2012With256, nil, nil, nil},
			{"certificate, NULL", oidGOST2012With256, nil, null, nil},
			{"CMS by the key", key256, oidStreebog256, null, nil},
			{"CMS by its own", oidGOST2012With256, oidStreebog256, nil, nil},
			{"certificate by the key", key256, nil, nil, ErrAlgorithm},
			{"parameters", key256, oidStreebog256, other, ErrAlgorithm},
			{"512 bits", oidGOST2012With512, nil, nil, ErrAlgorithm},
			{"digest of 512 bits", key256, oidStreebog512, nil, ErrAlgorithm},
			{"digest of 94", key256, oidGOST94, nil, ErrAlgorithm},
			{"SHA-256", key256, oidSHA256, nil, ErrAlgorithm},
			{"edition of 2001", key2001, oidGOST94, nil, ErrAlgorithm},
			{"ECDSA", oidECDSAWithSHA256, nil, nil, ErrAlgorithm},
		}},
		{gost3410.R2012b512, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 2, 3}, sum512[:], []combination{
			{"certificate", oidGOST2012With512, nil, nil, nil},
			{"CMS by the key", key512, oidStreebog512, nil, nil},
			{"CMS by its own", oidGOST2012With512, oidStreebog512, null, nil},
			{"256 bits", oidGOST2012With256, nil, nil, ErrAlgorithm},
			{"key of 256 bits", key256, oidStreebog512, nil, ErrAlgorithm},
			{"digest of 256 bits", key512, oidStreebog256, nil, ErrAlgorithm},
		}},
		{gost3410.R2001, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 36, 0}, sum94[:], []combination{
			{"certificate", oidGOST2001With94, nil, nil, nil},
			{"CMS by the key", key2001, oidGOST94, null, nil},
			{"CMS by its own", oidGOST2001With94, oidGOST94, nil, ErrAlgorithm},
			{"certificate by the key", key2001, nil, nil, ErrAlgorithm},
			{"edition of 2012", key256, oidGOST94, nil, ErrAlgorithm},
			{"«Стрибог»", key2001, oidStreebog256, nil, ErrAlgorithm},
		}},
	} {
		t.Run(string(c.algorithm), func(t *testing.T) {
			key, err := gost3410.GenerateKey(rand.Reader, c.algorithm, c.set)
			if err != nil {
				t.Fatal(err)
			}
			sig, err := key.Sign(rand.Reader, c.sum)
			if err != nil {
				t.Fatal(err)
			}
			spki, err := key.Public().SubjectPublicKeyInfo()
			if err != nil {
				t.Fatal(err)
			}
			check(t, GOST(), spki, sig, c.sum, c.all)
			if algorithm := keyAlgorithm(spki); !GOST().Owns(algorithm) || STB().Owns(algorithm) || Std().Owns(algorithm) {
				t.Error("the key is not GOST's, or not GOST's alone")
			}
		})
	}
}

// A key of 2001 that names the parameters for tests of GOST R 34.11-94 would need them.
func TestGOST94IsThatOfCryptoPro(t *testing.T) {
	key, err := gost3410.GenerateKey(rand.Reader, gost3410.R2001, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 1})
	if err != nil {
		t.Fatal(err)
	}
	sum := gost94.Sum(file)
	sig, err := key.Sign(rand.Reader, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	public := *key.Public()
	for last, want := range []error{ErrAlgorithm, nil} {
		public.Digest = asn1.ObjectIdentifier{1, 2, 643, 2, 2, 30, last}
		spki, err := public.SubjectPublicKeyInfo()
		if err != nil {
			t.Fatal(err)
		}
		if err := GOST().Verify(spki, algorithm(oidGOST2001With94), nil, Signed{Message: file}, sig); !errors.Is(err, want) {
			t.Errorf("parameters .30.%d: %v, want %v", last, err, want)
		}
	}
}

func TestBignCombinations(t *testing.T) {
	sumBelt, sum256, sum384, sum512 := belt.Sum(file), bash.Sum256(file), bash.Sum384(file), bash.Sum512(file)
	null, other, levels := []byte{5, 0}, []byte{6, 1, 42}, bign.Levels()
	for _, c := range []struct {
		name  string
		level bign.Level
		hash  asn1.ObjectIdentifier
		sum   []byte
		all   []combination
	}{
		{"belt-hash", levels[0], oidBeltHash, sumBelt[:], []combination{
			{"certificate", oidBignWithBelt, nil, nil, nil},
			{"CMS", oidBignWithBelt, oidBeltHash, null, nil},
			{"parameters", oidBignWithBelt, oidBeltHash, other, ErrAlgorithm},
			{"another digest", oidBignWithBelt, oidBash256, null, ErrAlgorithm},
			{"SHA-256", oidBignWithBelt, oidSHA256, null, ErrAlgorithm},
			{"the key's identifier", bign.KeyOID(), oidBeltHash, null, ErrAlgorithm},
			{"bash384", oidBignWithBash384, nil, null, ErrAlgorithm},
			{"bash256, of the same length", oidBignWithBash256, nil, null, ErrSignature},
		}},
		{"bash256", levels[0], oidBash256, sum256[:], []combination{
			{"CMS", oidBignWithBash256, oidBash256, null, nil},
			{"belt-hash, of the same length", oidBignWithBelt, oidBeltHash, null, ErrSignature},
		}},
		{"bash384", levels[1], oidBash384, sum384[:], []combination{
			{"certificate", oidBignWithBash384, nil, null, nil},
			{"CMS", oidBignWithBash384, oidBash384, null, nil},
			{"bash512", oidBignWithBash512, nil, null, ErrAlgorithm},
		}},
		{"bash512", levels[2], oidBash512, sum512[:], []combination{
			{"certificate", oidBignWithBash512, nil, null, nil},
			{"CMS", oidBignWithBash512, oidBash512, null, nil},
			{"belt-hash", oidBignWithBelt, nil, null, ErrAlgorithm},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := bign.GenerateKey(rand.Reader, c.level.OID)
			if err != nil {
				t.Fatal(err)
			}
			name, err := asn1.Marshal(c.hash)
			if err != nil {
				t.Fatal(err)
			}
			sig, err := key.Sign(rand.Reader, name, c.sum)
			if err != nil {
				t.Fatal(err)
			}
			spki, err := key.Public().SubjectPublicKeyInfo()
			if err != nil {
				t.Fatal(err)
			}
			check(t, STB(), spki, sig, c.sum, c.all)
			if algorithm := keyAlgorithm(spki); !STB().Owns(algorithm) || GOST().Owns(algorithm) || Std().Owns(algorithm) {
				t.Error("the key is not bign's, or not bign's alone")
			}
		})
	}
}

// A self-signed certificate made by bee2evp verifies under its own key.
func TestCertificateOfBee2Verifies(t *testing.T) {
	text, err := os.ReadFile("bign/testdata/bee2evp-server.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("not PEM")
	}
	all, err := parseCertificates(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	c := all[0]
	algorithm, ok := signatureAlgorithm(c)
	if !ok {
		t.Fatal("no signature algorithm")
	}
	if err := STB().Verify(c.RawSubjectPublicKeyInfo, algorithm, nil, Signed{Message: c.RawTBSCertificate}, c.Signature); err != nil {
		t.Error(err)
	}
	if err := STB().Verify(c.RawSubjectPublicKeyInfo, algorithm, nil, Signed{Message: c.RawTBSCertificate[1:]}, c.Signature); !errors.Is(err, ErrSignature) {
		t.Errorf("another certificate: %v", err)
	}
}

func TestKeysAreParsedOnceAndBounded(t *testing.T) {
	parsed := 0
	cache := newKeyCache(func(spki []byte) (int, error) {
		if parsed++; len(spki) == 0 {
			return 0, ErrAlgorithm
		}
		return parsed, nil
	})
	for range 3 {
		if _, err := cache.get([]byte("key")); err != nil {
			t.Fatal(err)
		}
	}
	if parsed != 1 {
		t.Errorf("parsed %d times", parsed)
	}
	for range 2 {
		if _, err := cache.get(nil); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("a broken key: %v", err)
		}
	}
	if parsed != 3 || len(cache.keys) != 1 {
		t.Error("a broken key is remembered")
	}
	for i := range maxKeys + 10 {
		if _, err := cache.get([]byte{1, byte(i), byte(i >> 8)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(cache.keys) != maxKeys {
		t.Errorf("%d keys are held", len(cache.keys))
	}
}
