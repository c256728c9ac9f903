package xmldsig

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// documents generates documents that make canonicalization work: prefixes declared, declared again and undeclared,
// attributes in several namespaces, all escapes, CDATA, comments and instructions. Half of the elements carry an Id.
func documents() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		g := generator{t: t, known: map[string]string{}}
		g.outside("before")
		g.element(0)
		g.outside("after")
		return g.b.String()
	})
}

type generator struct {
	t     *rapid.T
	b     strings.Builder
	ids   int
	known map[string]string // prefixes in scope, "" for the default namespace
}

func (g *generator) chance(percent int, what string) bool {
	return rapid.IntRange(0, 99).Draw(g.t, what) < percent
}

func (g *generator) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(g.t, what)
}

func (g *generator) outside(what string) {
	for g.chance(30, what) {
		g.b.WriteString(g.pick(what, "<!-- c -->", "<?pi?>", "<?pi  a b ?>", "\n", " "))
	}
}

func (g *generator) element(depth int) {
	outer := g.known
	g.known = make(map[string]string, len(outer))
	for prefix, space := range outer {
		g.known[prefix] = space
	}
	declared := g.declarations()
	prefix := g.prefix("prefix of element")
	name := qualified(prefix, g.pick("name", "a", "b", "ё"))
	g.b.WriteString("<" + name)
	attributes := append(declared, g.attributes()...)
	for _, a := range rapid.Permutation(attributes).Draw(g.t, "order") {
		g.b.WriteString(g.pick("blank", " ", "\n", " \t ") + a)
	}
	children := 0
	if depth < 5 {
		children = rapid.IntRange(0, 4).Draw(g.t, "children")
	}
	if children == 0 && g.chance(50, "short form") {
		g.b.WriteString("/>")
	} else {
		g.b.WriteString(">")
		for range children {
			g.child(depth)
		}
		g.b.WriteString("</" + name + ">")
	}
	g.known = outer
}

func (g *generator) declarations() (all []string) {
	for _, prefix := range []string{"", "p", "q", "z"} {
		if !g.chance(25, "declare") {
			continue
		}
		space := g.pick("namespace", "urn:2", "urn:1", "http://x/y#") // & in a namespace name libxml2 leaves unescaped, against c14n 2.3
		if prefix == "" {
			if g.chance(40, "no namespace") {
				space = ""
			}
			all = append(all, fmt.Sprintf(`xmlns="%s"`, space))
		} else {
			all = append(all, fmt.Sprintf(`xmlns:%s='%s'`, prefix, space))
		}
		g.known[prefix] = space
	}
	return all
}

// prefix picks one that is in scope.
func (g *generator) prefix(what string) string {
	p := g.pick(what, "", "p", "q", "z")
	if _, ok := g.known[p]; !ok {
		return ""
	}
	return p
}

func (g *generator) attributes() (all []string) {
	seen := map[Name]bool{}
	for range rapid.IntRange(0, 4).Draw(g.t, "attributes") {
		prefix, local := g.prefix("prefix of attribute"), g.pick("attribute", "a", "b", "_c", "lang")
		name := Name{"", local}
		switch {
		case local == "lang":
			prefix, name.Space = "xml", spaceXML
		case prefix != "":
			name.Space = g.known[prefix]
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		value := g.pick("value", "", "1", "a  b", "&lt;&amp;", "&#13;", "x\ny", "\t", "&#10;&#9;", "&quot;'", "&gt;>", "Я&#128512;", "\r\n")
		all = append(all, fmt.Sprintf(`%s="%s"`, qualified(prefix, local), value))
	}
	if g.chance(50, "id") {
		all = append(all, fmt.Sprintf(`Id="id%d"`, g.ids))
		g.ids++
	}
	return all
}

func (g *generator) child(depth int) {
	if g.chance(45, "element") {
		g.element(depth + 1)
		return
	}
	g.b.WriteString(g.pick("child", "text", " ", "\r\n", "\r", "&#13;", "&lt;>&amp;\"'&gt;", "<![CDATA[<&>\r]]>", "<!-- c\r\n -->", "<!---->", "<?pi?>", "<?pi a  ?>", "&#x1F600;Ё"))
}
