package markup

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
)

func TestParse(t *testing.T) {
	cyrillic, err := charmap.Windows1251.NewEncoder().String(`<?xml version="1.0" encoding="windows-1251"?><a n="№ 7">Ёж</a>`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   string
		want *Element
		err  error
	}{
		"plain":            {`<a b="1"><c/> <c>x</c></a>`, &Element{Name: "a", Line: 1, Attrs: []Attr{{Name: "b", Value: "1"}}, Children: []*Element{{Name: "c", Line: 1}, {Name: "c", Line: 1, Text: "x"}}}, nil},
		"byte order mark":  {"\ufeff<a/>", &Element{Name: "a", Line: 1}, nil},
		"windows-1251":     {cyrillic, &Element{Name: "a", Line: 1, Attrs: []Attr{{Name: "n", Value: "№ 7"}}, Text: "Ёж"}, nil},
		"namespaces":       {`<x:a xmlns:x="urn:x" x:b="1"/>`, &Element{Space: "urn:x", Name: "a", Line: 1, Attrs: []Attr{{Space: "urn:x", Name: "b", Value: "1"}}}, nil},
		"text in pieces":   {"<a>one<!-- -->two<![CDATA[<3>]]></a>", &Element{Name: "a", Line: 1, Text: "onetwo<3>"}, nil},
		"references":       {"<a b='&#10;&lt;'>&amp;&#x416;</a>", &Element{Name: "a", Line: 1, Attrs: []Attr{{Name: "b", Value: "\n<"}}, Text: "&Ж"}, nil},
		"a DTD":            {`<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, nil, ErrDoctype},
		"an entity":        {`<a>&x;</a>`, nil, ErrSyntax},
		"UTF-16":           {`<?xml version="1.0" encoding="UTF-16"?><a/>`, nil, ErrEncoding},
		"not UTF-8":        {"<a>\xcf\xf0</a>", nil, ErrEncoding},
		"1251 undeclared":  {strings.Replace(cyrillic, ` encoding="windows-1251"`, "", 1), nil, ErrEncoding},
		"cut off":          {"<a>\n<b>", nil, ErrSyntax},
		"a tag on lines":   {"<a>\n<b\n c='1'\n d='2'/></a>", &Element{Name: "a", Line: 1, Children: []*Element{{Name: "b", Line: 2, Attrs: []Attr{{Name: "c", Value: "1"}, {Name: "d", Value: "2"}}}}}, nil},
		"two roots":        {"<a/><b/>", nil, ErrSyntax},
		"text after":       {"<a/>x", nil, ErrSyntax},
		"empty":            {"", nil, ErrSyntax},
		"attribute twice":  {`<a b="1" b="2"/>`, nil, ErrSyntax},
		"too deep":         {strings.Repeat("<a>", 9) + strings.Repeat("</a>", 9), nil, ErrLimit},
		"too many":         {"<a>" + strings.Repeat("<b/>", 20) + "</a>", nil, ErrLimit},
		"many attributes":  {`<a a="" b="" c="" d="" e=""/>`, nil, ErrLimit},
		"too long":         {"<a>" + strings.Repeat(" ", 2000) + "</a>", nil, ErrLimit},
		"a processing one": {`<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>`, &Element{Name: "a", Line: 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(c.in), Limits{Bytes: 1500, Depth: 8, Elements: 20, Attrs: 4})
			if !errors.Is(err, c.err) {
				t.Fatalf("got error %v, want %v", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	_, err := Parse([]byte("<a>\n<b>\n</c>"), DefaultLimits())
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 3 {
		t.Errorf("got %v", err)
	}
}

// What was written is read back as it was, by this reader and by encoding/xml.
func TestWritten(t *testing.T) {
	e := New("a")
	e.Set("b", "<\"'\r\n\t&Ж\x01")
	e.Add(New("c")).Text = " x\r\n<y> ]]> "
	e.Add(New("d")).Add(New("e")).Set("f", "")
	text := e.Document()
	got, err := Parse(text, DefaultLimits())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want := &Element{Name: "a", Line: 2, Attrs: []Attr{{Name: "b", Value: "<\"'\r\n\t&Ж\ufffd"}}, Children: []*Element{
		{Name: "c", Line: 3, Text: " x\r\n<y> ]]> "}, {Name: "d", Line: 5, Children: []*Element{{Name: "e", Line: 6, Attrs: []Attr{{Name: "f"}}}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", diff, text)
	}
	if err := xml.Unmarshal(text, new(struct {
		C string `xml:"c"`
	})); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`<a b="1"><c/>x</a>`, "\ufeff<a/>", `<?xml version="1.0" encoding="windows-1251"?><a>` + "\xcf" + `</a>`, `<!DOCTYPE a><a/>`, "<a>&#10;<![CDATA[x]]></a>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Parse(data, Limits{Bytes: 1 << 16, Depth: 16, Elements: 1000, Attrs: 32})
		if err != nil {
			return
		}
		again, err := Parse(e.Document(), DefaultLimits())
		if err != nil {
			t.Fatalf("written: %v", err)
		}
		lines := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Line" }, cmp.Ignore())
		spaces := cmp.Transformer("blanks", Clean) // of an element with children: lines are added there
		if diff := cmp.Diff(e, again, lines, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Text" }, spaces)); diff != "" {
			t.Errorf("%s\n%s", diff, e.Document())
		}
	})
}
