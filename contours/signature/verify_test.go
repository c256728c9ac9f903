package signature

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func TestVerdictNamesSignerAndChain(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	leaf := root.issue()
	verdict := trusting(t, root).Verify(leaf.sign(t), ContentOf(file), moment)
	wantVerdict(t, verdict, Valid, "", "")
	if verdict.Emulated || !verdict.Time.Equal(moment) || verdict.TimeSource != ReceiptTime || len(verdict.Signers) != 1 {
		t.Errorf("verdict %+v", verdict)
	}
	s := verdict.Signers[0]
	if s.Signer.CommonName != "Иванова А. П." || s.Family != "std" || s.Domain != "ГосСУОК" || s.Revocation != NotChecked ||
		!s.SigningTime.Equal(moment) || !strings.Contains(s.Signer.Issuer, "CN=КУЦ") || len(s.Signer.Serial) != 32 {
		t.Errorf("signer %+v", s)
	}
	if len(s.Chain) != 2 || !bytes.Equal(s.Chain[0], sumOf(leaf.certificate)) || !bytes.Equal(s.Chain[1], sumOf(root.certificate)) ||
		!bytes.Equal(s.Signer.Certificate, s.Chain[0]) {
		t.Errorf("chain %x", s.Chain)
	}
}

func TestBase64WithLineEndsIsTolerated(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	verifier := trusting(t, root)
	text := base64.StdEncoding.EncodeToString(root.issue().sign(t))
	var lines strings.Builder
	for len(text) > 76 {
		lines.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	lines.WriteString(text + "\n")
	wantVerdict(t, verifier.Verify([]byte(lines.String()), ContentOf(file), moment), Valid, "", "")
	wantVerdict(t, verifier.Verify([]byte(lines.String()+"!"), ContentOf(file), moment), Invalid, Malformed, "cms")
	wantVerdict(t, verifier.Verify(nil, ContentOf(file), moment), Invalid, Malformed, "cms")
}

func TestSignatureOfAnotherFileIsInvalid(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	verdict := trusting(t, root).Verify(root.issue().sign(t), ContentOf(append(file, ' ')), moment)
	wantVerdict(t, verdict, Invalid, SignatureInvalid, fieldDigest)
	if verdict.Signers[0].Signer.CommonName == "" {
		t.Error("an invalid signature names no signer")
	}
}

func TestMissingDigestIsUndeterminable(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	verdict := trusting(t, root).Verify(root.issue().sign(t), Content{}, moment)
	wantVerdict(t, verdict, Undeterminable, AlgorithmRefused, "digestAlgorithm")
}

func TestWithoutFamilyNothingVerifies(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	store, err := NewTrustStore(Domain{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	wantVerdict(t, NewVerifier(store).Verify(root.issue().sign(t), ContentOf(file), moment), Invalid, AlgorithmRefused, "certificate.key")
}

// merge puts the signers of several messages into one.
func merge(t *testing.T, messages ...[]byte) []byte {
	t.Helper()
	return edit(t, messages[0], func(n *node) {
		for _, m := range messages[1:] {
			other := parseNodes(t, m)[0]
			n.signedData().kids[3].kids = append(n.signedData().kids[3].kids, other.signedData().kids[3].kids...)
			n.signedData().kids[4].kids = append(n.signedData().kids[4].kids, other.signedData().kids[4].kids...)
		}
	})
}

func TestVerdictIsTheWorstOfAllSigners(t *testing.T) {
	root, other := newCentre(t, "КУЦ", nil), newCentre(t, "Другой УЦ", nil)
	middle := newCentre(t, "Пропавший УЦ", root)
	good, missing, foreign := root.issue().sign(t), middle.issue().sign(t), other.issue().sign(t, other)
	verifier := trusting(t, root)

	wantVerdict(t, verifier.Verify(merge(t, good, root.issue().sign(t)), ContentOf(file), moment), Valid, "", "")
	verdict := verifier.Verify(merge(t, good, missing), ContentOf(file), moment)
	wantVerdict(t, verdict, Undeterminable, ChainIncomplete, "chain")
	if verdict.Signers[0].Status != Valid || verdict.Signers[1].Status != Undeterminable {
		t.Errorf("signers %+v", verdict.Signers)
	}
	verdict = verifier.Verify(merge(t, missing, foreign, good), ContentOf(file), moment)
	wantVerdict(t, verdict, Invalid, Untrusted, fieldRoot)
	if len(verdict.Signers) != 3 || verdict.Signers[2].Status != Valid {
		t.Errorf("signers %+v", verdict.Signers)
	}
}

func TestMoreThanTwentySignersAreRefused(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	leaf := root.issue()
	var all [][]byte
	for range 21 {
		all = append(all, leaf.sign(t))
	}
	verifier := trusting(t, root)
	wantVerdict(t, verifier.Verify(merge(t, all[:20]...), ContentOf(file), moment), Valid, "", "")
	wantVerdict(t, verifier.Verify(merge(t, all...), ContentOf(file), moment), Invalid, Malformed, "signerInfos")
}

func TestOversizeAndDeepMessagesAreRefused(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	verifier := trusting(t, root)
	cms := root.issue().sign(t)
	long := edit(t, cms, func(n *node) {
		n.signer().kids = append(n.signer().kids, unsignedAttribute(&node{tag: cbasn1.OCTET_STRING, body: make([]byte, maxCMS)}))
	})
	wantVerdict(t, verifier.Verify(long, ContentOf(file), moment), Invalid, Malformed, "cms")
	deep := &node{tag: cbasn1.NULL}
	for range maxDepth {
		deep = &node{tag: cbasn1.SEQUENCE, kids: []*node{deep}}
	}
	nested := edit(t, cms, func(n *node) { n.signer().kids = append(n.signer().kids, unsignedAttribute(deep)) })
	wantVerdict(t, verifier.Verify(nested, ContentOf(file), moment), Invalid, Malformed, "cms")
}

var oidTimeStamp = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}

func unsignedAttribute(value *node) *node {
	return &node{tag: contextTag(1), kids: []*node{{tag: cbasn1.SEQUENCE, kids: []*node{
		oidNode(oidTimeStamp), {tag: cbasn1.SET, kids: []*node{value}},
	}}}}
}

func oidNode(oid asn1.ObjectIdentifier) *node {
	der, err := asn1.Marshal(oid)
	if err != nil {
		panic(err)
	}
	return &node{tag: cbasn1.OBJECT_IDENTIFIER, body: der[2:]}
}

// What signs nothing must not matter, and what contradicts itself must not pass.
func TestContradictionsInTheEnvelopeAreRefused(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	leaf := root.issue()
	cms := leaf.sign(t)
	verifier := trusting(t, root)
	other := parseNodes(t, root.issue().certificate.Raw)[0]
	sha512 := &node{tag: cbasn1.SEQUENCE, kids: []*node{oidNode(oidSHA512)}}
	null := &node{tag: cbasn1.NULL}
	cases := []struct {
		name   string
		reason Reason
		change func(n *node)
	}{
		{"unsigned attribute", "", func(n *node) { n.signer().kids = append(n.signer().kids, unsignedAttribute(null)) }},
		{"certificate of another", "", func(n *node) { n.signedData().kids[3].kids = append(n.signedData().kids[3].kids, other) }},
		{"digest parameters NULL", "", func(n *node) { n.signer().kids[2].kids = append(n.signer().kids[2].kids, null) }},
		{"version 3", Malformed, func(n *node) { n.signedData().kids[0].body = []byte{3} }},
		{"signer version 3", Malformed, func(n *node) { n.signer().kids[0].body = []byte{3} }},
		{"no digest algorithms", Malformed, func(n *node) { n.signedData().kids[1].kids = nil }},
		{"digest algorithm too many", Malformed, func(n *node) { n.signedData().kids[1].kids = append(n.signedData().kids[1].kids, sha512) }},
		{"digest algorithm twice", Malformed, func(n *node) {
			k := n.signedData().kids[1]
			k.kids = append(k.kids, k.kids[0])
		}},
		{"content type", Malformed, func(n *node) { n.signedData().kids[2].kids[0] = oidNode(oidSignedData) }},
		{"attached content", Malformed, func(n *node) {
			n.signedData().kids[2].kids = append(n.signedData().kids[2].kids,
				&node{tag: contextTag(0), kids: []*node{{tag: cbasn1.OCTET_STRING, body: file}}})
		}},
		{"no certificates", Malformed, func(n *node) { n.signedData().kids[3].kids = nil }},
		{"certificate of an unknown kind", Malformed, func(n *node) {
			n.signedData().kids[3].kids = append(n.signedData().kids[3].kids, &node{tag: contextTag(2), kids: []*node{null}})
		}},
		{"no signers", Malformed, func(n *node) { n.signedData().kids[4].kids = nil }},
		{"other serial", Malformed, func(n *node) { n.signer().kids[1].kids[1].body[0] ^= 1 }},
		{"signature parameters", AlgorithmRefused, func(n *node) { n.signer().kids[4].kids = append(n.signer().kids[4].kids, null) }},
		{"key algorithm as signature algorithm", AlgorithmRefused, func(n *node) { n.signer().kids[4].kids[0] = oidNode(oidECKey) }},
		{"other digest in the signature algorithm", AlgorithmRefused, func(n *node) { n.signer().kids[4].kids[0] = oidNode(oidECDSAWithSHA384) }},
		{"RSA for an EC key", AlgorithmRefused, func(n *node) { n.signer().kids[4].kids[0] = oidNode(oidSHA256WithRSA) }},
		{"unknown digest", AlgorithmRefused, func(n *node) {
			md5 := oidNode(asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5})
			n.signedData().kids[1].kids[0].kids[0], n.signer().kids[2].kids[0] = md5, md5
		}},
		{"attributes out of order", Malformed, func(n *node) {
			k := n.signer().kids[3].kids
			k[0], k[1] = k[1], k[0]
		}},
		{"attribute twice", Malformed, func(n *node) {
			k := n.signer().kids[3]
			k.kids = append(k.kids, k.kids[len(k.kids)-1])
		}},
		{"attribute with two values", Malformed, func(n *node) {
			k := n.signer().kids[3].kids[0].kids[1]
			k.kids = append(k.kids, k.kids[0])
		}},
		{"attribute without value", Malformed, func(n *node) { n.signer().kids[3].kids[0].kids[1].kids = nil }},
		{"empty attributes", Malformed, func(n *node) { n.signer().kids[3].kids = nil }},
		{"no attributes", Malformed, func(n *node) { n.signer().kids = append(n.signer().kids[:3:3], n.signer().kids[4:]...) }},
		{"attribute dropped", SignatureInvalid, func(n *node) { // the signing time, which nobody requires
			k := n.signer().kids[3]
			for i, a := range k.kids {
				if bytes.Equal(a.kids[0].body, oidNode(oidSigningTime).body) {
					k.kids = append(k.kids[:i:i], k.kids[i+1:]...)
					return
				}
			}
			t.Fatal("no signing time")
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Invalid
			if c.reason == "" {
				status = Valid
			}
			wantVerdict(t, verifier.Verify(edit(t, cms, c.change), ContentOf(file), moment), status, c.reason, "")
		})
	}
}

// Another certificate for the same key, issuer and serial must not slip under a signature.
func TestSigningCertificateBindsTheCertificate(t *testing.T) {
	root := newCentre(t, "КУЦ", nil)
	leaf := root.issue()
	template := *leaf.certificate
	template.Subject.CommonName, template.RawSubject = "Самозванец", nil
	der, err := createCertificate(&template, root.credential, leaf.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	twin := parseNodes(t, der)[0]
	swapped := edit(t, leaf.sign(t), func(n *node) { n.signedData().kids[3].kids[0] = twin })
	wantVerdict(t, trusting(t, root).Verify(swapped, ContentOf(file), moment), Invalid, SignatureInvalid, "signingCertificateV2")
	both := edit(t, leaf.sign(t), func(n *node) { n.signedData().kids[3].kids = append(n.signedData().kids[3].kids, twin) })
	wantVerdict(t, trusting(t, root).Verify(both, ContentOf(file), moment), Invalid, Malformed, "sid")
}

func TestVerifierServesManyAtOnce(t *testing.T) {
	e := openEmulator(t)
	store := openStore(t, e.Folder())
	verifier := NewVerifier(store, Std())
	messages := [][]byte{signFile(t, issue(t, e, SignerOptions{})), signFile(t, issue(t, e, SignerOptions{Name: "Петров"}))}
	at, content := time.Now(), ContentOf(file)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 50 {
				if i%10 == 0 {
					if err := store.Reload(); err != nil {
						t.Error(err)
					}
				}
				if v := verifier.Verify(messages[i%2], content, at); v.Status != Valid || !v.Emulated {
					t.Errorf("verdict %+v", v)
				}
			}
		})
	}
	wait.Wait()
}
