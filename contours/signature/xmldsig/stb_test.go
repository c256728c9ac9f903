package xmldsig

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/contours/signature/bign"
)

// An example that bee2's provider for Java gives for XML signatures by STB 34.101.50: the names of the algorithms, and a
// signature over SignedInfo. Its key stands there without a certificate, and its digest is of a document that is not told.
func TestASignatureOfBee2(t *testing.T) {
	const example = `<doc><body>text</body><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2009/xmldsig11#bign-with-hbelt"/><Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>` +
		`<DigestMethod Algorithm="http://www.w3.org/2009/xmldsig11#belt-hash256"/><DigestValue>wHOrxc+1QSksYc3KhxzTlJ59/LS7S2EU89yQSUVQmGQ=</DigestValue></Reference></SignedInfo>` +
		`<SignatureValue>DUgVu7mUG8BbTXwlDmQ9c25uePVLL942JOnovjws1QpY++vPRA5Qw/9kgwfxHgsu</SignatureValue></Signature></doc>`
	octetsOfKey, err := base64.StdEncoding.DecodeString("vRpWUBedeeA/zuSdTCvV3fVM5G0M8R5P+Hv3qJCFf9B6xqYDYejIFzSRaG1GGygmGQwu2lkJBUqauE0qudmakA==")
	if err != nil {
		t.Fatal(err)
	}
	key, err := bign.NewPublicKey(bign.Levels()[0].OID, octetsOfKey)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := key.SubjectPublicKeyInfo()
	if err != nil {
		t.Fatal(err)
	}
	document := parse(t, example)
	canonical, err := Canonicalization{Inclusive: true}.Element(first(t, document, "SignedInfo"))
	if err != nil {
		t.Fatal(err)
	}
	info, flaw := Profile{}.readSignedInfo(parse(t, string(canonical)).Root)
	if flaw != nil {
		t.Fatal(flaw.detail)
	}
	value, _ := octets(first(t, document, "SignatureValue"))
	verify := func(message string) error {
		return signature.STB().Verify(spki, info.method.identifier(), info.method.digest, signature.Signed{Message: []byte(message)}, value)
	}
	if err := verify(string(canonical)); err != nil {
		t.Error(err)
	}
	if verify(strings.Replace(string(canonical), "wHOr", "wHOs", 1)) == nil {
		t.Error("an altered SignedInfo verifies")
	}
}
