package signature

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func algorithm(oid asn1.ObjectIdentifier, params ...byte) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: asn1.RawValue{FullBytes: params}}
}

func spkiOf(t *testing.T, key any) []byte {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return spki
}

func TestRSAParametersAreHeldToTheStandard(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	sig, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		algorithm pkix.AlgorithmIdentifier
		digest    asn1.ObjectIdentifier
		signed    Signed
		want      error
	}{
		{"message", algorithm(oidSHA256WithRSA, 5, 0), nil, Signed{Message: file}, nil},
		{"digest", algorithm(oidSHA256WithRSA), oidSHA256, Signed{Digest: sum[:]}, nil},
		{"key's own identifier", algorithm(oidRSA, 5, 0), oidSHA256, Signed{Message: file}, nil},
		{"key's own identifier in a certificate", algorithm(oidRSA, 5, 0), nil, Signed{Message: file}, ErrAlgorithm},
		{"odd parameters", algorithm(oidSHA256WithRSA, 2, 1, 1), nil, Signed{Message: file}, ErrAlgorithm},
		{"another digest", algorithm(oidSHA256WithRSA, 5, 0), oidSHA512, Signed{Message: file}, ErrAlgorithm},
		{"short digest", algorithm(oidSHA256WithRSA, 5, 0), nil, Signed{Digest: sum[:20]}, ErrAlgorithm},
		{"SHA-1", algorithm(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, 5, 0), nil, Signed{Message: file}, ErrAlgorithm},
		{"another message", algorithm(oidSHA256WithRSA, 5, 0), nil, Signed{Message: sum[:]}, ErrSignature},
		{"PSS without parameters", algorithm(oidRSAPSS), nil, Signed{Message: file}, ErrAlgorithm},
	} {
		if err := Std().Verify(spkiOf(t, &key.PublicKey), c.algorithm, c.digest, c.signed, sig); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if err := Std().Verify([]byte{5, 0}, algorithm(oidSHA256WithRSA), nil, Signed{Message: file}, sig); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("broken key: %v", err)
	}
}

// RFC 8032, 7.1, test 3.
func TestEd25519VectorVerifies(t *testing.T) {
	raw := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	spki := raw("302a300506032b6570032100" + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
	sig := raw("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")
	message := raw("af82")
	for _, c := range []struct {
		name      string
		algorithm pkix.AlgorithmIdentifier
		digest    asn1.ObjectIdentifier
		signed    Signed
		want      error
	}{
		{"certificate", algorithm(oidEd25519), nil, Signed{Message: message}, nil},
		{"CMS", algorithm(oidEd25519), oidSHA512, Signed{Message: message}, nil},
		{"CMS with SHA-256", algorithm(oidEd25519), oidSHA256, Signed{Message: message}, ErrAlgorithm},
		{"parameters", algorithm(oidEd25519, 5, 0), nil, Signed{Message: message}, ErrAlgorithm},
		{"digest only", algorithm(oidEd25519), oidSHA512, Signed{Digest: message}, ErrAlgorithm},
		{"another message", algorithm(oidEd25519), nil, Signed{Message: file}, ErrSignature},
	} {
		if err := Std().Verify(spki, c.algorithm, c.digest, c.signed, sig); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// crypto/x509 refuses certificates signed by RSA-PSS with the longest salt; the family does not.
func TestCertificateSignedWithPSSVerifies(t *testing.T) {
	dir := opensslCentre(t, rsaKey...)
	openssl(t, dir, "x509", "-req", "-in", "ee.csr", "-CA", "trust/ca.pem", "-CAkey", "ca.key", "-set_serial", "79", "-days", "20",
		"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:max", "-extfile", "openssl.cnf", "-extensions", "ee", "-out", "ee.pem")
	cms := opensslSign(t, dir, "-cades")
	trusted, err := Folder{Path: filepath.Join(dir, "trust")}.read()
	if err != nil {
		t.Fatal(err)
	}
	data, flaw := parse(cms)
	if flaw != nil {
		t.Fatal(flaw)
	}
	leaf, err := x509.ParseCertificate(data.certificates[0])
	if err != nil {
		t.Fatal(err)
	}
	if leaf.CheckSignatureFrom(trusted.Certificates[0]) == nil {
		t.Error("crypto/x509 has learned it: the family may be simpler")
	}
	wantVerdict(t, opensslVerifier(t, dir).Verify(cms, ContentOf(file), time.Now()), Valid, "", "")
}

func TestNamesWithinConstraints(t *testing.T) {
	for _, c := range []struct {
		form       byte
		name, base string
		want       bool
	}{
		{2, "mx.gov.by", "gov.by", true}, {2, "GOV.by", "gov.BY", true}, {2, "xgov.by", "gov.by", false}, {2, "mx.gov.by", ".gov.by", true},
		{1, "a@gov.by", "a@gov.by", true}, {1, "b@gov.by", "a@gov.by", false}, {1, "a@mx.gov.by", "gov.by", false},
		{1, "a@mx.gov.by", ".gov.by", true}, {1, "a@gov.by", ".gov.by", false}, {1, "a", "gov.by", false},
	} {
		form := formDNS
		if c.form == 1 {
			form = formEmail
		}
		if got := within(generalName{form, []byte(c.name)}, generalName{form, []byte(c.base)}); got != c.want {
			t.Errorf("%s within %s: %t", c.name, c.base, got)
		}
	}
}
