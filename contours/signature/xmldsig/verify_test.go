package xmldsig

import (
	"bytes"
	"crypto/elliptic"
	"errors"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestWhatIsSignedVerifies(t *testing.T) {
	signers := map[string]signer{
		"RSA": newRSA(t), "P-256": newECDSA(t, elliptic.P256()), "P-384": newECDSA(t, elliptic.P384()), "P-521": newECDSA(t, elliptic.P521()),
	}
	for name, s := range signers {
		t.Run(name, func(t *testing.T) {
			got := s.verifier(wholePacket).Verify([]byte(s.sign(t, packet, wholePacket)), moment)
			wantVerdict(t, got, signature.Valid, "", "")
			want := "<Packet xmlns=\"urn:packet\" Id=\"p1\">\n <Body xmlns:x=\"urn:x\" x:kind=\"a &lt; b c\">Приказ &amp; приложение &lt;1&gt; </Body><Empty></Empty>\n</Packet>"
			if string(got.Octets) != want {
				t.Errorf("signed\n%s\nwant\n%s", got.Octets, want)
			}
			if body := got.Root.Elements()[0]; body.Text() != "Приказ & приложение <1> " || got.Signer.CommonName != "Минсвязи" {
				t.Errorf("body %q, signer %+v", body.Text(), got.Signer)
			}
			got = s.verifier(dataInMessage).Verify([]byte(s.sign(t, message, dataInMessage)), moment)
			wantVerdict(t, got, signature.Valid, "", "")
			if want := `<t:Data xmlns:t="urn:types" Id="DATA"><t:Sum>100</t:Sum></t:Data>`; string(got.Octets) != want {
				t.Errorf("signed %s, want %s", got.Octets, want)
			}
		})
	}
}

func TestADocumentWithoutIdsIsSignedAsAWhole(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	p := Profile{Holder: Path{{}}, Covers: Path{{}}}
	signed := s.sign(t, "<?before it?><a/><!-- dropped --><?after it?>", p)
	got := s.verifier(p).Verify([]byte(signed), moment)
	wantVerdict(t, got, signature.Valid, "", "")
	if want := "<?before it?>\n<a></a>\n<?after it?>"; string(got.Octets) != want {
		t.Errorf("signed %q, want %q", got.Octets, want)
	}
	wantVerdict(t, s.verifier(p).Verify([]byte(strings.Replace(signed, "after it", "after all", 1)), moment), signature.Invalid, signature.SignatureInvalid, "DigestValue")
}

func TestChangesThatMeanNothingDoNotBreakASignature(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	signed := s.sign(t, packet, wholePacket)
	changed := strings.NewReplacer("&lt;", "&#60;", "<Empty/>", "<Empty ></Empty >", "\r\n", "\n", "<!-- c -->", "<!-- d --><!-- e -->", "<Body x:kind", "<Body   x:kind").Replace(signed)
	if changed == signed {
		t.Fatal("nothing was changed")
	}
	wantVerdict(t, s.verifier(wholePacket).Verify([]byte(changed), moment), signature.Valid, "", "")
}

func TestVerdictsSayWhatIsWrong(t *testing.T) {
	s, other := newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P256())
	signed := s.sign(t, message, dataInMessage)
	verify := func(doc string) Verdict { return s.verifier(dataInMessage).Verify([]byte(doc), moment) }
	const refused = signature.AlgorithmRefused
	for name, c := range map[string]struct {
		doc    string
		reason signature.Reason
		field  string
	}{
		"data altered":        {replace(t, signed, "100", "900"), signature.SignatureInvalid, "DigestValue"},
		"SignedInfo altered":  {replace(t, signed, "<ds:DigestValue>", "<ds:DigestValue> "), signature.SignatureInvalid, "SignatureValue"},
		"no signature":        {message, signature.SignatureMissing, "Signature"},
		"no place":            {replace(t, message, "<t:Sign/>", ""), signature.SignatureMissing, "Signature"},
		"not XML":             {signed[1:], signature.Malformed, "document"},
		"nothing":             {"", signature.Malformed, "document"},
		"SHA-1 signature":     {replace(t, signed, w3c+"ecdsa-sha256", spaceDS+"rsa-sha1"), refused, "SignatureMethod"},
		"SHA-1 digest":        {replace(t, signed, enc+"sha256", spaceDS+"sha1"), refused, "DigestMethod"},
		"HMAC":                {replace(t, signed, w3c+"ecdsa-sha256", w3c+"hmac-sha256"), refused, "SignatureMethod"},
		"another key's":       {replace(t, signed, w3c+"ecdsa-sha256", w3c+"rsa-sha256"), refused, "SignatureMethod"},
		"no family":           {replace(t, signed, w3c+"ecdsa-sha256", gost+"gostr34102012-gostr34112012-256"), refused, "SignatureMethod"},
		"untrusted":           {other.sign(t, message, dataInMessage), signature.Untrusted, ""},
		"no KeyInfo":          {cut(t, signed, "<ds:KeyInfo>", "</ds:KeyInfo>"), signature.Malformed, "Signature"},
		"no certificate":      {cut(t, signed, "<ds:X509Certificate>", "</ds:X509Certificate>"), signature.Malformed, "X509Certificate"},
		"broken certificate":  {replace(t, signed, "<ds:X509Certificate>M", "<ds:X509Certificate>N"), signature.Malformed, "X509Certificate"},
		"no canonicalization": {cut(t, signed, "<ds:CanonicalizationMethod", "</ds:CanonicalizationMethod>"), signature.Malformed, "CanonicalizationMethod"},
	} {
		t.Run(name, func(t *testing.T) { wantVerdict(t, verify(c.doc), signature.Invalid, c.reason, c.field) })
	}
	t.Run("expired", func(t *testing.T) {
		wantVerdict(t, s.verifier(dataInMessage).Verify([]byte(signed), moment.AddDate(9, 0, 0)), signature.Invalid, signature.Untrusted, "")
	})
	t.Run("families not allowed", func(t *testing.T) {
		wantVerdict(t, NewVerifier(dataInMessage, trust(s.root)).Verify([]byte(signed), moment), signature.Invalid, refused, "certificate.key")
	})
}

// cut removes what stands between two texts, with them.
func cut(t *testing.T, doc, from, to string) string {
	t.Helper()
	before, rest, ok := strings.Cut(doc, from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("no %s … %s", from, to)
	}
	return before + after
}

func TestATransformOfTheProfileTakesPart(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	upper := func(xml []byte) ([]byte, error) { return bytes.ReplaceAll(xml, []byte("Sum"), []byte("SUM")), nil }
	p := dataInMessage
	p.Transforms = []Transform{{"urn:upper", upper}}
	signed := s.sign(t, message, p)
	got := s.verifier(p).Verify([]byte(signed), moment)
	wantVerdict(t, got, signature.Valid, "", "")
	if !strings.Contains(string(got.Octets), "<t:SUM>") {
		t.Errorf("signed %s", got.Octets)
	}
	wantVerdict(t, s.verifier(dataInMessage).Verify([]byte(signed), moment), signature.Invalid, signature.AlgorithmRefused, "Transform")
	for name, apply := range map[string]func([]byte) ([]byte, error){
		"fails":          func([]byte) ([]byte, error) { return []byte("<a/>"), errors.New("no") },
		"leaves nothing": func([]byte) ([]byte, error) { return nil, nil },
	} {
		p.Transforms = []Transform{{"urn:upper", apply}}
		t.Run(name, func(t *testing.T) {
			wantVerdict(t, s.verifier(p).Verify([]byte(signed), moment), signature.Invalid, signature.Malformed, "Transforms")
		})
	}
}

func TestSignRefusesWhatWouldNotVerify(t *testing.T) {
	s, other := newECDSA(t, elliptic.P256()), newECDSA(t, elliptic.P256())
	for name, try := range map[string]func() ([]byte, error){
		"foreign certificate": func() ([]byte, error) { return Sign([]byte(message), dataInMessage, s.key, other.certificate) },
		"no certificate":      func() ([]byte, error) { return Sign([]byte(message), dataInMessage, s.key) },
		"not XML":             func() ([]byte, error) { return Sign([]byte("<a"), dataInMessage, s.key, s.certificate) },
		"no place":            func() ([]byte, error) { return Sign([]byte(packet), dataInMessage, s.key, s.certificate) },
		"no id": func() ([]byte, error) {
			return Sign([]byte(replace(t, message, ` Id="DATA"`, "")), dataInMessage, s.key, s.certificate)
		},
		"id twice": func() ([]byte, error) {
			return Sign([]byte(replace(t, message, "<s:Header/>", `<s:Header Id="DATA"/>`)), dataInMessage, s.key, s.certificate)
		},
		"signed already": func() ([]byte, error) {
			return Sign([]byte(s.sign(t, message, dataInMessage)), dataInMessage, s.key, s.certificate)
		},
	} {
		if signed, err := try(); err == nil {
			t.Errorf("%s: signed %s", name, signed)
		}
	}
}
