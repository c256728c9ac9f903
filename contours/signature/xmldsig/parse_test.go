package xmldsig

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTheTreeKeepsWhatCanonicalizationNeeds(t *testing.T) {
	d := parse(t, "\ufeff<?xml version='1.0' encoding='utf-8' standalone=\"yes\" ?><p:a xmlns:p='urn:p' c='1' b='2'>x&amp;<![CDATA[y]]><!--z--><?t d?>\r\n</p:a>")
	root := d.Root
	if root.Prefix != "p" || root.Name != (Name{"urn:p", "a"}) || root.Attributes[0].Local != "c" || root.Declarations[0] != (Declaration{"p", "urn:p"}) {
		t.Errorf("root %+v", root)
	}
	var got []string
	for _, n := range root.Children {
		got = append(got, strings.TrimPrefix(fmt.Sprintf("%T%+v", n, n), "*xmldsig."))
	}
	want := "Text&{Data:x& CDATA:false} Text&{Data:y CDATA:true} Comment&{Data:z} Instruction&{Target:t Data:d} Text&{Data:\n CDATA:false}"
	if strings.Join(got, " ") != want {
		t.Errorf("children %q\nwant     %q", strings.Join(got, " "), want)
	}
}

func TestRefusedDocuments(t *testing.T) {
	for name, doc := range map[string]string{
		"empty":                     "",
		"no element":                "<!-- x -->",
		"unfinished":                "<a>",
		"text behind":               "<a/>x",
		"text before":               "x<a/>",
		"reference behind":          "<a/>&#32;",
		"CDATA behind":              "<a/><![CDATA[]]>",
		"two roots":                 "<a/><b/>",
		"wrong end tag":             "<a></b>",
		"wrong prefix of end tag":   `<p:a xmlns:p="urn:p" xmlns:q="urn:p"></q:a>`,
		"end tag alone":             "</a>",
		"unquoted attribute":        "<a b=1/>",
		"attribute without value":   "<a b/>",
		"attributes without blank":  `<a b="1"c="2"/>`,
		"attribute unfinished":      `<a b="1`,
		"< in attribute":            `<a b="<"/>`,
		"slash in tag":              "<a / >",
		"attribute twice":           `<a b="1" b="2"/>`,
		"attribute twice by name":   `<a xmlns:p="urn:1" xmlns:q="urn:1" p:b="1" q:b="2"/>`,
		"undeclared prefix":         "<p:a/>",
		"undeclared in attribute":   `<a p:b="1"/>`,
		"out of scope":              `<a><b xmlns:p="urn:p"/><p:c/></a>`,
		"prefix undeclared":         `<a xmlns:p="urn:1"><b xmlns:p=""/></a>`,
		"declared twice":            `<a xmlns:p="urn:1" xmlns:p="urn:1"/>`,
		"xml elsewhere":             `<a xmlns:xml="urn:1"/>`,
		"another xml":               `<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>`,
		"xmlns as default":          `<a xmlns="http://www.w3.org/2000/xmlns/"/>`,
		"xmlns declared":            `<a xmlns:xmlns="urn:1"/>`,
		"xmlns as prefix":           `<xmlns:a/>`,
		"relative namespace":        `<a xmlns="b/c"/>`,
		"two colons":                `<a:b:c xmlns:a="urn:1"/>`,
		"no local name":             `<a: xmlns:a="urn:1"/>`,
		"no prefix":                 `<:a/>`,
		"digit first":               "<1a/>",
		"entity":                    "<a>&nbsp;</a>",
		"entity in attribute":       `<a b="&nbsp;"/>`,
		"ampersand":                 "<a>a & b</a>",
		"reference unfinished":      "<a>&#32</a>",
		"reference to zero":         "<a>&#0;</a>",
		"reference to a control":    "<a>&#x1;</a>",
		"reference to a surrogate":  "<a>&#xD800;</a>",
		"reference beyond Unicode":  "<a>&#x110000;</a>",
		"reference with sign":       "<a>&#+32;</a>",
		"reference, big X":          "<a>&#X20;</a>",
		"end of CDATA":              "<a>]]></a>",
		"CDATA unfinished":          "<a><![CDATA[x</a>",
		"comment with --":           "<a><!-- -- --></a>",
		"comment unfinished":        "<a><!-- </a>",
		"instruction xml":           "<a><?xml version='1.0'?></a>",
		"instruction XML":           "<a><?XML ?></a>",
		"instruction without name":  "<a><? x?></a>",
		"instruction without blank": "<a><?x?y?></a>",
		"declaration second":        " <?xml version='1.0'?><a/>",
		"XML 1.1":                   "<?xml version='1.1'?><a/>",
		"no version":                "<?xml encoding='UTF-8'?><a/>",
		"declaration order":         "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
		"declaration without blank": "<?xml version='1.0'encoding='UTF-8'?><a/>",
		"standalone maybe":          "<?xml version='1.0' standalone='maybe'?><a/>",
		"windows-1251":              "<?xml version='1.0' encoding='windows-1251'?><a/>",
		"UTF-16":                    "\xfe\xff\x00<\x00a\x00/\x00>",
		"not UTF-8":                 "<a>\xff</a>",
		"overlong UTF-8":            "<a>\xc0\xbc</a>",
		"surrogates in UTF-8":       "<a>\xed\xa0\x80</a>",
		"control character":         "<a>\x01</a>",
		"zero":                      "<a>\x00</a>",
		"not a character":           "<a>\uffff</a>",
		"document type":             "<!DOCTYPE a><a/>",
		"external entity":           `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`,
		"entities in each other":    `<!DOCTYPE a [<!ENTITY b "xxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><a>&c;</a>`,
		"document type within":      "<a><!DOCTYPE b></a>",
		"default attribute":         `<!DOCTYPE a [<!ATTLIST a Id CDATA "x">]><a/>`,
	} {
		if d, err := Parse([]byte(doc)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func TestBoundsOfDocuments(t *testing.T) {
	many := func(n int, f func(b *bytes.Buffer, i int)) string {
		var b bytes.Buffer
		for i := range n {
			f(&b, i)
		}
		return b.String()
	}
	attributes := func(n int) string {
		return "<a" + many(n, func(b *bytes.Buffer, i int) { fmt.Fprintf(b, " a%d=''", i) }) + "/>"
	}
	declarations := func(n int) string {
		return "<a" + many(n, func(b *bytes.Buffer, i int) { fmt.Fprintf(b, " xmlns:a%d='urn:a'", i) }) + "/>"
	}
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	flat := func(n int) string { return "<a>" + strings.Repeat("<a/>", n-1) + "</a>" }
	long := func(n int) string { return "<a>" + strings.Repeat("x", n-7) + "</a>" }
	for name, c := range map[string]struct {
		doc   func(int) string
		bound int
	}{
		"attributes": {attributes, maxAttributes}, "declarations": {declarations, maxDeclarations},
		"depth": {nested, maxDepth}, "nodes": {flat, maxNodes}, "octets": {long, maxSize},
	} {
		if _, err := Parse([]byte(c.doc(c.bound))); err != nil {
			t.Errorf("%s, as many as allowed: %v", name, err)
		}
		if _, err := Parse([]byte(c.doc(c.bound + 1))); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s, one too many: %v", name, err)
		}
	}
}

// FuzzParse: nothing panics, and what is read has a canonical form that is read as the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{packet, message, "<?t?><a xmlns:p='urn:p' p:b='&#13;&#10; \n'><![CDATA[&]]>&#x1F600;<!--c--></a>", "<!DOCTYPE a>", `<a xmlns="urn:1"><b xmlns=""/></a>`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := Parse(doc)
		if err != nil {
			return
		}
		for _, method := range []Canonicalization{{}, {Comments: true}, {Inclusive: true}, {Inclusive: true, Comments: true}, {Prefixes: []string{"", "p"}}} {
			once, err := method.Document(d)
			if err != nil {
				t.Fatal(err)
			}
			twice, err := method.Document(parse(t, string(once)))
			if err != nil || !bytes.Equal(once, twice) {
				t.Fatalf("%+v of %q:\nonce  %q\ntwice %q (%v)", method, doc, once, twice, err)
			}
		}
	})
}
