package signature

import (
	"encoding/base64"
	"testing"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// span is a part of a message that nothing signs, in octets.
type span struct{ from, to int }

// flipEveryBit flips each bit of a message in turn. None may verify, except within what is listed as unsigned; it
// returns how many did there.
func flipEveryBit(t *testing.T, verifier *Verifier, cms []byte, content Content, at time.Time, unsigned ...span) (passed int) {
	t.Helper()
	wantVerdict(t, verifier.Verify(cms, content, at), Valid, "", "")
	for i := range cms {
		exempt := false
		for _, u := range unsigned {
			exempt = exempt || u.from <= i && i < u.to
		}
		for bit := range 8 {
			cms[i] ^= 1 << bit
			verdict := verifier.Verify(cms, content, at)
			cms[i] ^= 1 << bit
			switch {
			case verdict.Status != Valid:
			case exempt:
				passed++
			default:
				t.Errorf("octet %d bit %d flipped: still valid", i, bit)
			}
		}
	}
	return passed
}

func TestNoFlippedBitOfTheEmulatorsVerifies(t *testing.T) {
	e := openEmulator(t)
	verifier := NewVerifier(openStore(t, e.Folder()), allFamilies()...)
	for _, algorithm := range []Algorithm{ECDSAP256, RSA2048, Ed25519, GOST2012256, GOST2012512, BIGN256} {
		t.Run(string(algorithm), func(t *testing.T) {
			flipEveryBit(t, verifier, signFile(t, issue(t, e, SignerOptions{Algorithm: algorithm})), ContentOf(file), time.Now())
		})
	}
}

func TestNoFlippedBitOfOpensslVerifies(t *testing.T) {
	for name, c := range map[string]struct{ key, sign []string }{
		"RSA":           {rsaKey, []string{"-cades"}},
		"PSS":           {rsaKey, []string{"-cades", "-keyopt", "rsa_padding_mode:pss"}},
		"PSS salt 1":    {rsaKey, []string{"-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:1"}},
		"ECDSA":         {p256Key, []string{"-cades"}},
		"ECDSA keyid":   {p256Key, []string{"-cades", "-keyid"}},
		"ECDSA SHA-512": {p256Key, []string{"-cades", "-md", "sha512"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := opensslCentre(t, c.key...)
			flipEveryBit(t, opensslVerifier(t, dir), opensslSign(t, dir, c.sign...), ContentOf(file), time.Now())
		})
	}
}

// Without the attribute that names the certificate, the certificate is held by its issuer's signature alone.
func TestNoFlippedBitOfPlainCMSVerifies(t *testing.T) {
	dir := opensslCentre(t, p256Key...)
	verifier := opensslVerifier(t, dir)
	verifier.RequireSigningCertificate = false
	flipEveryBit(t, verifier, opensslSign(t, dir), ContentOf(file), time.Now())
	flipEveryBit(t, verifier, opensslSign(t, dir, "-noattr"), ContentOf(file), time.Now())
}

// An intermediate that the chain needs is protected by its signature; one that none needs, and unsigned
// attributes, are the only parts that nothing protects.
func TestFlippedBitsCountWhereSomethingIsSigned(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	middle := newCentre(t, "РУЦ", root)
	stranger := newCentre(t, "Чужой УЦ", nil)
	leaf := middle.issue()
	verifier, content := trusting(t, root), ContentOf(file)
	flipEveryBit(t, verifier, leaf.sign(t, middle), content, moment)

	cms := edit(t, leaf.sign(t, middle, stranger), func(n *node) {
		n.signer().kids = append(n.signer().kids, unsignedAttribute(&node{tag: cbasn1.OCTET_STRING, body: []byte("штамп")}))
	})
	foreign := spanOf(t, cms, stranger.certificate.Raw)
	foreign.from += 4                          // its own header has to fit
	attribute := span{len(cms) - 12, len(cms)} // the value with its tag and length
	if passed := flipEveryBit(t, verifier, cms, content, moment, foreign, attribute, unsignedType(t, cms)); passed < 80 {
		t.Errorf("%d flips verify, fewer than the unsigned value has bits", passed)
	}
}

// unsignedType is the OBJECT IDENTIFIER of the unsigned attribute.
func unsignedType(t *testing.T, cms []byte) span {
	t.Helper()
	return spanOf(t, cms, oidNode(oidTimeStamp).body)
}

func spanOf(t *testing.T, cms, part []byte) span {
	t.Helper()
	for i := range len(cms) - len(part) {
		if string(cms[i:i+len(part)]) == string(part) {
			return span{i, i + len(part)}
		}
	}
	t.Fatal("not in the message")
	return span{}
}

func TestNoFlippedBitOfBase64Verifies(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	text := base64.StdEncoding.EncodeToString(root.issue().sign(t))
	flipEveryBit(t, trusting(t, root), []byte(text[:64]+"\r\n"+text[64:]+"\r\n"), ContentOf(file), moment)
}
