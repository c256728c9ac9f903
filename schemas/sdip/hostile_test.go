package sdip

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

const million = 1_000_000

// frugal decodes what a stranger sent and returns the faults; it may take a fixed room and so many times the length of the
// text, however many parts there are in it.
func frugal(t *testing.T, text []byte, times uint64, decode func() error) document.Faults {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := decode()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20+times*uint64(len(text)) {
		t.Errorf("%d bytes took %d MiB", len(text), took>>20)
	}
	faults, ok := err.(document.Faults)
	if err != nil && !ok {
		t.Fatalf("%T: %v", err, err)
	}
	for i := range faults {
		if shown := faults[i].Error(); len(shown) > 1000 {
			t.Fatalf("a fault of %d bytes repeats what was sent", len(shown))
		}
	}
	return faults
}

func TestHostileXML(t *testing.T) {
	letter := string(altered(t, "letter.xml"))
	within := func(s string) string { return strings.Replace(letter, "<TaskList>", s+"<TaskList>", 1) }
	var bomb strings.Builder
	for i := range 30 {
		fmt.Fprintf(&bomb, `<!ENTITY a%d "&a%d;&a%d;">`, i+1, i, i)
	}
	for name, c := range map[string]struct {
		text string
		want document.FaultCode
	}{
		"a DTD":                   {strings.Replace(letter, "<Envelop", `<!DOCTYPE Envelop SYSTEM "http://192.0.2.1/x.dtd"><Envelop`, 1), document.PacketMalformed},
		"a bomb of entities":      {strings.Replace(letter, "<Envelop", `<!DOCTYPE Envelop [<!ENTITY a0 "ha">`+bomb.String()+`]><Envelop x="&a30;"`, 1), document.PacketMalformed},
		"a file as entity":        {strings.Replace(letter, "<Envelop", `<!DOCTYPE Envelop [<!ENTITY x SYSTEM "file:///etc/passwd">]><Envelop x="&x;"`, 1), document.PacketMalformed},
		"an entity of nobody's":   {strings.Replace(letter, "О согласовании", "&nbsp;", 1), document.PacketMalformed},
		"deep":                    {within(strings.Repeat("<a>", million) + strings.Repeat("</a>", million)), document.PacketMalformed},
		"a million elements":      {within(strings.Repeat("<a/>", million)), document.PacketMalformed},
		"many foreign elements":   {within(strings.Repeat("<a/>", 90_000)), document.FormatZone},
		"a million attributes":    {strings.Replace(letter, "<Envelop ", "<Envelop "+attributes(million), 1), document.PacketMalformed},
		"many elements of them":   {within(strings.Repeat("<a "+attributes(100)+"/>", million/100)), document.PacketMalformed},
		"many unknown attributes": {within(strings.Repeat("<RegHistory "+attributes(100)+"/>", 100)), document.FormatNesting},
		"unknown in places":       {strings.ReplaceAll(strings.Replace(letter, "</Document>", strings.Repeat("<Validator attestation='x' "+attributes(50)+"><PrivatePersonWithSign><Name/></PrivatePersonWithSign></Validator>", 100)+"</Document>", 1), "\x00", ""), document.PacketParts},
		"attributes in a comment": {strings.Replace(letter, "<Body>", `<!-- "`+strings.Repeat(`"" `, million)+`--><Body><![CDATA[`+strings.Repeat("'", million)+"]]>", 1), ""},
		"a long title":            {strings.Replace(letter, "О согласовании", strings.Repeat("О", 4*million), 1), ""},
		"a long name of a zone":   {within("<" + strings.Repeat("ы", million) + "/>"), document.FormatZone},
		"a long version":          {strings.Replace(letter, "SDIP-2.1.1", "SDIP-"+strings.Repeat("9", million), 1), document.PacketEdition},
		"a hundred receivers":     {strings.Replace(letter, "<Receiver ", strings.Repeat(`<Receiver id="X" name="X"/>`, 99)+"<Receiver ", 1), ""},
		"a hundred and one":       {strings.Replace(letter, "<Receiver ", strings.Repeat(`<Receiver id="X" name="X"/>`, 100)+"<Receiver ", 1), document.FormatCount},
		"UTF-16":                  {strings.Replace(letter, "UTF-8", "UTF-16", 1), document.PacketMalformed},
		"KOI8-R":                  {strings.Replace(letter, "UTF-8", "KOI8-R", 1), document.PacketMalformed},
		"windows-1251 undeclared": {windows1251(t, letter), document.PacketMalformed},
		"windows-1251":            {windows1251(t, strings.Replace(letter, "UTF-8", "windows-1251", 1)), ""},
		"a zero byte":             {strings.Replace(letter, "О согласовании", "\x00", 1), document.PacketMalformed},
		"a control character":     {strings.Replace(letter, "О согласовании", "&#1;", 1), document.PacketMalformed},
		"nothing":                 {"", document.PacketMalformed},
		"JSON":                    {"{}", document.PacketMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte(c.text)
			faults := frugal(t, text, 12, func() error { _, err := Decode(text, Options{}); return err })
			if c.want == "" && faults != nil || c.want != "" && !faults.Has(c.want) {
				t.Errorf("got %.300s, want %s", faults.Error(), c.want)
			}
		})
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d='' ", i)
	}
	return b.String()
}

func windows1251(t *testing.T, s string) string {
	t.Helper()
	out, err := charmap.Windows1251.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHostileJSON(t *testing.T) {
	letter := string(altered(t, "letter.json"))
	within := func(s string) string { return strings.Replace(letter, `"taskList"`, s+`,"taskList"`, 1) }
	members := func(value string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"a%d":%s`, i, value)
		}
		return b.String()[1:]
	}
	for name, c := range map[string]struct {
		text string
		want document.FaultCode
	}{
		"deep arrays":         {within(`"a":` + strings.Repeat("[", million) + strings.Repeat("]", million)), document.PacketMalformed},
		"deep objects":        {within(`"a":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)), document.PacketMalformed},
		"a million elements":  {within(`"a":[` + strings.Repeat("{},", million) + "{}]"), document.PacketMalformed},
		"a million scalars":   {within(`"a":[` + strings.Repeat("1,", million) + "1]"), document.PacketMalformed},
		"a million members":   {within(members("1", million)), document.PacketMalformed},
		"nulls are nothing":   {within(members("null", 100_000)), ""},
		"a member twice":      {strings.Replace(letter, `"pages": 2`, `"pages": 2,"pages":3`, 1), document.PacketMalformed},
		"in two cases":        {strings.Replace(letter, `"pages": 2`, `"pages": 2,"PAGES":3`, 1), ""},
		"a huge number":       {strings.Replace(letter, `"pages": 2`, `"pages": 1`+strings.Repeat("0", million), 1), document.FormatAttributeType},
		"a huge exponent":     {strings.Replace(letter, `"pages": 2`, `"pages": 1e999999999`, 1), document.FormatAttributeType},
		"a fraction":          {strings.Replace(letter, `"pages": 2`, `"pages": 2.0`, 1), document.FormatAttributeType},
		"not a number":        {strings.Replace(letter, `"pages": 2`, `"pages": NaN`, 1), document.PacketMalformed},
		"not UTF-8":           {strings.Replace(letter, `О согласовании`, "\xcf\xf0", 1), document.PacketMalformed},
		"half a surrogate":    {strings.Replace(letter, `О согласовании`, `\ud800`, 1), document.PacketMalformed},
		"more behind it":      {letter + "{}", document.PacketMalformed},
		"a comment":           {"/* */" + letter, document.PacketMalformed},
		"an array":            {"[" + letter + "]", document.PacketMalformed},
		"a hundred receivers": {strings.Replace(letter, `"receiver": [`, `"receiver": [`+strings.Repeat(`{"id":"X","name":"X"},`, 99), 1), ""},
		"a hundred and one":   {strings.Replace(letter, `"receiver": [`, `"receiver": [`+strings.Repeat(`{"id":"X","name":"X"},`, 100), 1), document.FormatCount},
		"nothing":             {"", document.PacketMalformed},
		"null":                {"null", document.PacketMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte(c.text)
			faults := frugal(t, text, 12, func() error { _, err := DecodePackage(text, Options{}); return err })
			if c.want == "" && faults != nil || c.want != "" && !faults.Has(c.want) {
				t.Errorf("got %.300s, want %s", faults.Error(), c.want)
			}
			frugal(t, text, 12, func() error { _, _, _, err := DecodePage(text, Options{}); return err })
			frugal(t, text, 12, func() error { _, err := DecodeSignatures(text, Options{}.limits()); return err })
		})
	}
}

// A message that ends too early, at whichever byte, is malformed, and nothing worse.
func TestCutOffAtEveryByte(t *testing.T) {
	for name := range examples() {
		for _, kind := range []string{".xml", ".json"} {
			text := strings.TrimSpace(string(altered(t, name+kind)))
			for n := range len(text) {
				_, err := Decode([]byte(text[:n]), Options{})
				if kind == ".json" {
					_, err = DecodePackage([]byte(text[:n]), Options{})
				}
				if faults, _ := err.(document.Faults); !faults.Has(document.PacketMalformed) {
					t.Fatalf("%s%s cut at %d: %v", name, kind, n, err)
				}
			}
		}
	}
}
