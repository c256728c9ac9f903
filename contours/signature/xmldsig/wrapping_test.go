package xmldsig

import (
	"crypto/elliptic"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// between returns the one part of a document from one text up to the end of another.
func between(t testing.TB, doc, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, from)
	part, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("no %s … %s", from, to)
	}
	return from + part + to
}

// A signed element moved aside, with another one in its place, is the classic attack (McIntosh and Austel, 2005).
func TestSignatureWrappingIsRefused(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	signed := s.sign(t, message, dataInMessage)
	data := between(t, signed, "<t:Data", "</t:Data>")
	sign := between(t, signed, "<ds:Signature ", "</ds:Signature>")
	forged := strings.NewReplacer("100", "999", `"DATA"`, `"FORGED"`).Replace(data)
	sameID := strings.ReplaceAll(data, "100", "999")
	noID := strings.NewReplacer("100", "999", ` Id="DATA"`, "").Replace(data)
	holder := between(t, signed, "<t:Sign>", "</t:Sign>")
	const invalid, malformed = signature.SignatureInvalid, signature.Malformed
	for name, c := range map[string]struct {
		doc    string
		reason signature.Reason
		field  string
	}{
		"signed element in the header":           {replace(t, replace(t, signed, data, forged), "<s:Header/>", "<s:Header>"+data+"</s:Header>"), invalid, "Reference"},
		"signed element beside the forged":       {replace(t, signed, data, forged+data), malformed, "Reference"},
		"signed element in the forged":           {replace(t, signed, data, strings.Replace(forged, "</t:Data>", data+"</t:Data>", 1)), invalid, "Reference"},
		"signed element in an unknown one":       {replace(t, signed, data, forged+"<x>"+data+"</x>"), invalid, "Reference"},
		"signed element in the signature":        {replace(t, replace(t, signed, data, noID), "</ds:KeyInfo>", "<x>"+data+"</x></ds:KeyInfo>"), invalid, "Reference"},
		"signed element in an Object":            {replace(t, replace(t, signed, data, forged), "</ds:Signature>", "<ds:Object>"+data+"</ds:Object></ds:Signature>"), malformed, "Signature"},
		"forged element without id":              {replace(t, replace(t, signed, data, noID), "<s:Header/>", "<s:Header>"+data+"</s:Header>"), invalid, "Reference"},
		"the id twice, forged first":             {replace(t, replace(t, signed, data, sameID), "</t:Send>", "<x>"+data+"</x></t:Send>"), malformed, "Reference"},
		"the id twice, forged last":              {replace(t, signed, "</t:Send>", "<x>"+sameID+"</x></t:Send>"), malformed, "Reference"},
		"a second Signature":                     {replace(t, signed, sign, sign+sign), malformed, "Signature"},
		"a second Signature of another":          {replace(t, signed, sign, between(t, newECDSA(t, elliptic.P256()).sign(t, message, dataInMessage), "<ds:Signature ", "</ds:Signature>")+sign), malformed, "Signature"},
		"a second place":                         {replace(t, signed, holder, "<t:Sign></t:Sign>"+holder), malformed, "Signature"},
		"a second body":                          {replace(t, signed, "<s:Body>", "<s:Body></s:Body><s:Body>"), malformed, "Signature"},
		"Signature elsewhere":                    {replace(t, replace(t, signed, sign, ""), "<s:Header/>", "<s:Header>"+sign+"</s:Header>"), signature.SignatureMissing, "Signature"},
		"Signature of another namespace":         {strings.ReplaceAll(signed, spaceDS+`"`, `urn:other"`), signature.SignatureMissing, "Signature"},
		"a second SignedInfo":                    {replace(t, signed, "<ds:SignatureValue>", between(t, signed, "<ds:SignedInfo", "</ds:SignedInfo>")+"<ds:SignatureValue>"), malformed, "Signature"},
		"a second reference":                     {replace(t, signed, "</ds:SignedInfo>", between(t, signed, "<ds:Reference", "</ds:Reference>")+"</ds:SignedInfo>"), malformed, "SignedInfo"},
		"a second digest":                        {replace(t, signed, "<ds:DigestValue>", "<ds:DigestValue>AAAA</ds:DigestValue><ds:DigestValue>"), malformed, "Reference"},
		"element in the value":                   {replace(t, signed, "<ds:SignatureValue>", "<ds:SignatureValue><x/>"), malformed, "SignatureValue"},
		"comment in the signature":               {replace(t, signed, "</ds:SignedInfo>", "</ds:SignedInfo><!-- -->"), malformed, "Signature"},
		"text in the signature":                  {replace(t, signed, "</ds:SignedInfo>", "</ds:SignedInfo>x"), malformed, "Signature"},
		"a document type with a default":         {`<!DOCTYPE x [<!ATTLIST t:Data Id CDATA "DATA">]>` + signed, malformed, "document"},
		"default namespace changed":              {replace(t, signed, `xmlns:t="urn:types"`, `xmlns:t="urn:types2"`), signature.SignatureMissing, ""},
		"text split from the data by a prefix":   {replace(t, signed, "<t:Sum>", `<t:Sum xmlns:t="urn:types3">`), invalid, "DigestValue"},
		"an attribute more":                      {replace(t, signed, "<t:Sum>", `<t:Sum a="">`), invalid, "DigestValue"},
		"an instruction more":                    {replace(t, signed, "<t:Sum>", `<?x?><t:Sum>`), invalid, "DigestValue"},
		"a blank more":                           {replace(t, signed, "<t:Sum>", ` <t:Sum>`), invalid, "DigestValue"},
		"enveloped signature moved into a child": {replace(t, signed, data+"<t:Sign>"+sign+"</t:Sign>", strings.Replace(data, "</t:Data>", sign+"</t:Data>", 1)+"<t:Sign/>"), signature.SignatureMissing, "Signature"},
	} {
		t.Run(name, func(t *testing.T) {
			wantVerdict(t, s.verifier(dataInMessage).Verify([]byte(c.doc), moment), signature.Invalid, c.reason, c.field)
		})
	}
}

// Comments are not signed, so that anybody can put them in. Who reads the first text of an element would then read
// less than was signed; in the tree that comes with the verdict there are none.
func TestCommentsPutInChangeNothing(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	doc := strings.Replace(message, "100", "director@minsvyazi.example.org", 1)
	signed := s.sign(t, doc, dataInMessage)
	for _, injected := range []string{
		replace(t, signed, "example.org", "example<!-- -->.org"),
		replace(t, signed, "<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->"),
	} {
		got := s.verifier(dataInMessage).Verify([]byte(injected), moment)
		wantVerdict(t, got, signature.Valid, "", "")
		if sum := got.Root.Elements()[0]; len(sum.Children) != 1 || sum.Text() != "director@minsvyazi.example.org" {
			t.Errorf("signed %s", got.Octets)
		}
	}
}

// resigned changes a document and has the rightful signer sign what SignedInfo has become.
func (s signer) resigned(t testing.TB, doc, old, new string) string {
	t.Helper()
	doc = replace(t, doc, old, new)
	info, err := exclusive.Element(first(t, parse(t, doc), "SignedInfo"))
	if err != nil {
		t.Fatal(err)
	}
	with, err := signingWith(s.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	value, err := signInfo(string(info), s.key, with)
	if err != nil {
		t.Fatal(err)
	}
	old = between(t, doc, "<ds:SignatureValue>", "</ds:SignatureValue>")
	return replace(t, doc, old, "<ds:SignatureValue>"+base64.StdEncoding.EncodeToString(value)+"</ds:SignatureValue>")
}

// These documents are signed by their rightful signer, and refused for what they ask a verifier to do.
func TestWhatASignerMayNotAskFor(t *testing.T) {
	s := newECDSA(t, elliptic.P256())
	signed := s.sign(t, message, dataInMessage)
	uri, exc := `URI="#DATA"`, `<ds:Transform Algorithm="`+uriExclusive+`"></ds:Transform>`
	transform := func(uri, content string) string {
		return `<ds:Transform Algorithm="` + uri + `">` + content + `</ds:Transform>`
	}
	list := func(prefixes string) string {
		return transform(uriExclusive, `<e:InclusiveNamespaces xmlns:e="`+uriExclusive+`" PrefixList="`+prefixes+`"/>`)
	}
	const refused, malformed = signature.AlgorithmRefused, signature.Malformed
	for name, c := range map[string]struct {
		old, new string
		reason   signature.Reason
		field    string
	}{
		"a file":                     {uri, `URI="file:///etc/passwd"`, malformed, "Reference"},
		"a page":                     {uri, `URI="http://example.org/#DATA"`, malformed, "Reference"},
		"a relative file":            {uri, `URI="DATA"`, malformed, "Reference"},
		"XPointer to the root":       {uri, `URI="#xpointer(/)"`, malformed, "Reference"},
		"XPointer to the id":         {uri, `URI="#xpointer(id('DATA'))"`, malformed, "Reference"},
		"an escaped id":              {uri, `URI="#%44ATA"`, malformed, "Reference"},
		"an empty id":                {uri, `URI="#"`, malformed, "Reference"},
		"no URI":                     {uri, ``, malformed, "Reference"},
		"an unknown id":              {uri, `URI="#OTHER"`, malformed, "Reference"},
		"the whole message":          {uri, `URI=""`, signature.SignatureInvalid, "Reference"},
		"XSLT":                       {exc, transform("http://www.w3.org/TR/1999/REC-xslt-19991116", `<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"/>`), refused, "Transform"},
		"XPath":                      {exc, transform("http://www.w3.org/TR/1999/REC-xpath-19991116", "<ds:XPath>self::text()</ds:XPath>"), refused, "Transform"},
		"XPath filter":               {exc, transform("http://www.w3.org/2002/06/xmldsig-filter2", `<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">/*</f:XPath>`), refused, "Transform"},
		"base64":                     {exc, transform(spaceDS+"base64", ""), refused, "Transform"},
		"no algorithm":               {exc, `<ds:Transform></ds:Transform>`, refused, "Transform"},
		"something else":             {exc, `<ds:Other Algorithm="` + uriExclusive + `"></ds:Other>`, malformed, "Transforms"},
		"many transforms":            {exc, strings.Repeat(exc, maxTransforms+1), malformed, "Transforms"},
		"many prefixes":              {exc, list(strings.Repeat("p ", maxPrefixes+1)), malformed, "Transform"},
		"a list for the inclusive":   {exc, strings.Replace(list("p"), uriExclusive, uriInclusive, 1), malformed, "Transform"},
		"enveloped, then canonical":  {exc, exc + transform(uriEnveloped, ""), malformed, "Transforms"},
		"enveloped with parameters":  {exc, transform(uriEnveloped, "x"), refused, "Transform"},
		"digest with parameters":     {`#sha256"></ds:DigestMethod>`, `#sha256">x</ds:DigestMethod>`, refused, "DigestMethod"},
		"HMAC of no length":          {`#ecdsa-sha256"></ds:SignatureMethod>`, `#ecdsa-sha256"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>`, refused, "SignatureMethod"},
		"digest of no family":        {enc + "sha256", gost + "gostr34112012-256", refused, "DigestMethod"},
		"a manifest for the element": {"<ds:Reference ", "<ds:Manifest/><ds:Reference ", malformed, "SignedInfo"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.verifier(dataInMessage).Verify([]byte(s.resigned(t, signed, c.old, c.new)), moment)
			wantVerdict(t, got, signature.Invalid, c.reason, c.field)
		})
	}
	wantVerdict(t, s.verifier(dataInMessage).Verify([]byte(s.resigned(t, signed, exc, exc+exc)), moment), signature.Valid, "", "")
}
