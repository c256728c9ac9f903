package xmldsig

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func parse(t testing.TB, doc string) *Document {
	t.Helper()
	d, err := Parse([]byte(doc))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return d
}

// first returns the first element of a local name.
func first(t testing.TB, d *Document, local string) *Element {
	t.Helper()
	var found *Element
	d.Root.walk(func(e *Element) {
		if found == nil && e.Local == local {
			found = e
		}
	})
	if found == nil {
		t.Fatalf("no element %s", local)
	}
	return found
}

var exclusive, inclusive = Canonicalization{}, Canonicalization{Inclusive: true}

// What the examples of the recommendations show (c14n 1.0, section 3; exc-c14n, 2.2), in documents of our own.
func TestCanonicalForms(t *testing.T) {
	comments := Canonicalization{Comments: true}
	prefixed := func(prefixes ...string) Canonicalization { return Canonicalization{Prefixes: prefixes} }
	for _, c := range []struct {
		name   string
		method Canonicalization
		doc    string
		of     string // local name of the element; empty: the document
		want   string
	}{
		{"outside the root", comments, "<?xml version='1.0'?>\n\n<?style  a b ?>\n\n<a/><?end?>\n<!-- 1 --><!--2-->", "", "<?style a b ?>\n<a></a>\n<?end?>\n<!-- 1 -->\n<!--2-->"},
		{"outside the root, no comments", exclusive, "<!-- 0 --><?style a?><!-- 1 --><a/>\n<!-- 2 -->", "", "<?style a?>\n<a></a>"},
		{"blanks stay", exclusive, "<a>\n  <b> x\ty </b>\r\n</a>", "", "<a>\n  <b> x\ty </b>\n</a>"},
		{"tags", exclusive, "<a ><b\n/><c></c ></a\n>", "", "<a><b></b><c></c></a>"},
		{"attribute order", exclusive, `<e b="1" a='2' xmlns:z="urn:a" xmlns:y="urn:b" y:a="3" z:a="4" xml:lang="ru"/>`, "", `<e xmlns:y="urn:b" xmlns:z="urn:a" a="2" b="1" xml:lang="ru" z:a="4" y:a="3"></e>`},
		{"attributes by namespace, not prefix", exclusive, `<a xmlns:b="urn:2" xmlns:z="urn:1"><c b:q="1" z:p="2" xml:lang="ru"/></a>`, "c", `<c xmlns:b="urn:2" xmlns:z="urn:1" xml:lang="ru" z:p="2" b:q="1"></c>`},
		{"text escapes", exclusive, "<a>&lt;&gt;&amp;\"'&#13;&#10;&#9;]]&gt;</a>", "", "<a>&lt;&gt;&amp;\"'&#xD;\n\t]]&gt;</a>"},
		{"attribute escapes", exclusive, "<a b='&lt;>&amp;&quot;&apos;&#13;&#10;&#9;&#32;'/>", "", `<a b="&lt;>&amp;&quot;'&#xD;&#xA;&#x9; "></a>`},
		{"attribute blanks", exclusive, "<a b='1\n2\r\n3\t4\r5'/>", "", `<a b="1 2 3 4 5"></a>`},
		{"namespace escapes", exclusive, "<a xmlns='urn:?a=1&amp;b=2'/>", "", `<a xmlns="urn:?a=1&amp;b=2"></a>`},
		{"CDATA", exclusive, "<a>x<![CDATA[<b>&amp;\r\n]]>y</a>", "", "<a>x&lt;b&gt;&amp;amp;\ny</a>"},
		{"not ASCII", exclusive, "<a>&#x42F;Я&#128512;</a>", "", "<a>ЯЯ😀</a>"},
		{"comments out", exclusive, "<a>1<!-- x -->2</a>", "", "<a>12</a>"},
		{"comments in", comments, "<a>1<!-- x -->2</a>", "", "<a>1<!-- x -->2</a>"},
		{"unused namespaces go", exclusive, `<a xmlns="urn:1" xmlns:u="urn:u"><b/></a>`, "", `<a xmlns="urn:1"><b></b></a>`},
		{"unused namespaces stay", inclusive, `<a xmlns:u="urn:u" xmlns="urn:1"><b xmlns:u="urn:u"/></a>`, "", `<a xmlns="urn:1" xmlns:u="urn:u"><b></b></a>`},
		{"declared where used", exclusive, `<a xmlns:p="urn:p"><p:b/><p:b p:x=""><p:c/></p:b></a>`, "", `<a><p:b xmlns:p="urn:p"></p:b><p:b xmlns:p="urn:p" p:x=""><p:c></p:c></p:b></a>`},
		{"declared again otherwise", exclusive, `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"/></p:b></p:a>`, "", `<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"></p:c></p:b></p:a>`},
		{"default undeclared", exclusive, `<a xmlns="urn:1"><b xmlns=""><c/></b></a>`, "", `<a xmlns="urn:1"><b xmlns=""><c></c></b></a>`},
		{"default undeclared under a prefix", exclusive, `<a xmlns="urn:1"><p:b xmlns="" xmlns:p="urn:p"><c/></p:b></a>`, "", `<a xmlns="urn:1"><p:b xmlns:p="urn:p"><c xmlns=""></c></p:b></a>`},
		{"default undeclared, inclusive", inclusive, `<a xmlns="urn:1"><p:b xmlns="" xmlns:p="urn:p"><c/></p:b></a>`, "", `<a xmlns="urn:1"><p:b xmlns="" xmlns:p="urn:p"><c></c></p:b></a>`},
		{"nothing to undeclare", inclusive, `<a xmlns=""><b/></a>`, "", `<a><b></b></a>`},
		{"context left out", exclusive, `<a xmlns:u="urn:u" xmlns:p="urn:p" xml:lang="ru"><p:b/></a>`, "b", `<p:b xmlns:p="urn:p"></p:b>`},
		{"context taken along", inclusive, `<a xmlns:u="urn:u" xmlns="urn:d" xml:lang="ru" xml:space="preserve"><m xml:lang="be" x="1"><b xml:space="default"/></m></a>`, "b", `<b xmlns="urn:d" xmlns:u="urn:u" xml:lang="be" xml:space="default"></b>`},
		{"prefix list", prefixed("u", "none"), `<a xmlns:u="urn:u" xmlns:v="urn:v"><b><c xmlns:u="urn:u2"/></b></a>`, "b", `<b xmlns:u="urn:u"><c xmlns:u="urn:u2"></c></b>`},
		{"prefix list, default", prefixed(""), `<a xmlns="urn:d"><p:b xmlns:p="urn:p"><p:c xmlns=""/></p:b></a>`, "b", `<p:b xmlns="urn:d" xmlns:p="urn:p"><p:c xmlns=""></p:c></p:b>`},
		{"prefix xml", inclusive, `<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:id="1"/>`, "", `<a xml:id="1"></a>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parse(t, c.doc)
			got, err := c.method.Document(d)
			if c.of != "" {
				got, err = c.method.Element(first(t, d, c.of))
			}
			if err != nil || string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s (%v)", got, c.want, err)
			}
		})
	}
}

// The same SignedInfo in two documents has one exclusive form, and two inclusive ones.
func TestTheExclusiveFormDoesNotDependOnTheContext(t *testing.T) {
	const element = `<p:e xmlns:p="urn:p" a="1"><f xmlns="urn:f"/></p:e>`
	other := `<x xmlns:q="urn:q" xmlns:p="urn:other">` + element + `</x>`
	alone, _ := exclusive.Element(parse(t, element).Root)
	within, _ := exclusive.Element(first(t, parse(t, other), "e"))
	if string(alone) != string(within) {
		t.Errorf("alone\n%s\nwithin\n%s", alone, within)
	}
	within, _ = inclusive.Element(first(t, parse(t, other), "e"))
	if !strings.Contains(string(within), `xmlns:q="urn:q"`) {
		t.Errorf("inclusive %s", within)
	}
}

func TestACanonicalFormThatGrowsIsCutOff(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, `<a xmlns:p="urn:%s">`, strings.Repeat("x", 100_000))
	for range 10_000 {
		b.WriteString("<p:b/>")
	}
	b.WriteString("</a>")
	if _, err := exclusive.Document(parse(t, b.String())); !errors.Is(err, errCanonicalSize) {
		t.Errorf("1 GB of canonical form: %v", err)
	}
}
