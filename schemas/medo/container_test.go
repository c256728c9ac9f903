package medo

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// file is one entry of a container under test.
type file struct{ name, content string }

// sampleFiles are the files of testdata/passport_27.xml.
func sampleFiles(t testing.TB, passport string) []file {
	t.Helper()
	all := []file{{passportName, string(sample(t, passport))}}
	for _, name := range []string{"document.pdf", "sign1.p7s", "sign2.p7s", "regStamp.png", "signStamp1.png", "signStamp2.png", "attachment1.docx", "att1.p7s", "att2.p7s", "table.xlsx", "table.p7s", "passport.p7s"} {
		all = append(all, file{name, "content of " + name})
	}
	return all
}

func pack(t testing.TB, files []file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(data []byte) (*Container, error) {
	return OpenContainer(bytes.NewReader(data), int64(len(data)), Options{})
}

func content(t testing.TB, c *Container, name string) string {
	t.Helper()
	r, err := c.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A container becomes a packet and the packet a container with the same files and the same passport.
func TestContainersThereAndBack(t *testing.T) {
	for _, c := range []struct {
		message, passport string
		version           Version
	}{{"container_27.xml", "passport_27.xml", V27}, {"container_271.xml", "passport_271.xml", V271}} {
		t.Run(c.passport, func(t *testing.T) {
			files := sampleFiles(t, c.passport)
			first, err := open(pack(t, files))
			if err != nil {
				t.Fatal(err)
			}
			if first.Version != c.version || len(first.Left) > 0 {
				t.Errorf("version %s, left %q", first.Version, first.Left)
			}
			p := decode(t, sample(t, c.message)).Take(first, Options{})
			checkSamplePacket(t, p)

			message, losses := Encode(Of(p, ""), Options{})
			noLosses(t, losses)
			var b bytes.Buffer
			losses, err = WriteContainer(&b, p, c.version, Options{}, func(a *document.Attachment) (io.ReadCloser, error) {
				name := a.ReferenceID
				if name == "" {
					name = a.Name
				}
				return first.Open(name)
			})
			if err != nil {
				t.Fatal(err, losses)
			}
			noLosses(t, losses)
			again, err := open(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files[1:] {
				if got := content(t, again, f.name); got != f.content {
					t.Errorf("%s: got %q", f.name, got)
				}
			}
			if diff := cmp.Diff(tree(t, []byte(files[0].content)), tree(t, []byte(content(t, again, passportName)))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(p, decode(t, message).Take(again, Options{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func checkSamplePacket(t *testing.T, p *document.Packet) {
	t.Helper()
	d := p.Document
	if d.Number.Number != "01-05/77" || d.Kind != "Письмо" || !d.Confidential.Restricted || d.Sheets != 2 || len(d.Authors) != 1 || len(d.Authors[0].Party.Organization.Officials) != 2 {
		t.Errorf("document %+v", d)
	}
	if len(d.Files) != 3 || d.Files[0].Name != "Письмо о согласовании.pdf" || d.Files[0].ReferenceID != "document.pdf" || d.Files[1].Description != "о делах" {
		t.Fatalf("files %+v", d.Files)
	}
	s := d.Files[0].Signatures
	if len(s) != 2 || string(s[1].CMS) != "content of sign2.p7s" || s[1].Operation != Agreeing || s[1].Signer != "Сидоров С.С." || len(d.Files[1].Signatures) != 2 {
		t.Errorf("signatures %+v", s)
	}
	if d.Files[0].Size != int64(len("content of document.pdf")) || len(p.To) != 2 || len(p.To[0].Organization.Officials) != 2 {
		t.Errorf("sizes and receivers %+v %+v", d.Files, p.To)
	}
	if p.ID.MsgID != "11111111-1111-4111-8111-111111111111" || d.Writer.Person.Name != "Мухин М.М." || len(d.Referred) != 1 {
		t.Errorf("packet %+v", p)
	}
}

// Every row of the checkers' list has its code, and they are told together.
func TestContainerProblems(t *testing.T) {
	without := func(names ...string) func([]file) []file {
		return func(files []file) (rest []file) {
			for _, f := range files {
				if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+f.name+" ") {
					rest = append(rest, f)
				}
			}
			return rest
		}
	}
	replace := func(pairs ...string) func([]file) []file {
		return func(files []file) []file {
			before := files[0].content
			files[0].content = strings.NewReplacer(pairs...).Replace(before)
			if files[0].content == before {
				panic("nothing replaced")
			}
			return files
		}
	}
	add := func(more ...file) func([]file) []file {
		return func(files []file) []file { return append(files, more...) }
	}
	for name, c := range map[string]struct {
		change func([]file) []file
		want   []Code
		left   string
	}{
		"as it should be":               {func(f []file) []file { return f }, nil, ""},
		"no passport":                   {without(passportName), []Code{PassportAbsent}, ""},
		"no registration stamp":         {without("regStamp.png"), []Code{RegistrationStamp}, ""},
		"no signature stamp":            {without("signStamp2.png"), []Code{SignatureStamp}, ""},
		"no signature":                  {without("sign1.p7s"), []Code{SignatureAbsent}, ""},
		"no signature of an attachment": {without("att2.p7s"), []Code{AttachmentSignature}, ""},
		"no document":                   {without("document.pdf"), []Code{FileAbsent}, ""},
		"no attachment":                 {without("table.xlsx"), []Code{FileAbsent}, ""},
		"many at once":                  {without("table.xlsx", "regStamp.png", "sign1.p7s"), []Code{RegistrationStamp, SignatureAbsent, FileAbsent}, ""},
		"attachment that nobody signed": {replace(`<c:signature c:localName="table.p7s"/>`, ``), []Code{AttachmentSignature}, "table.p7s"},
		"document is no PDF":            {replace(`c:localName="document.pdf"`, `c:localName="document.doc"`), []Code{PassportSchema, FileAbsent}, "document.pdf"},
		"not XML":                       {replace(`</c:container>`, ``), []Code{PassportSchema}, ""},
		"stamp without a place":         {replace(`<c:page>1</c:page>`, ``), []Code{PassportSchema}, ""},
		"stamp on page 0":               {replace(`<c:page>1</c:page>`, `<c:page>0</c:page>`), []Code{PassportSchema}, ""},
		"stamp off the page":            {replace(`<c:x>20</c:x>`, `<c:x>-1</c:x>`), []Code{PassportSchema}, ""},
		"no stamp in the passport":      {replace(`<c:registrationStamp c:localName="regStamp.png">`, `<c:department>x</c:department><c:registrationStamp2 c:localName="regStamp.png">`, `</c:registrationStamp></c:registration>`, `</c:registrationStamp2></c:registration>`), []Code{PassportSchema, PassportSchema, PassportSchema}, "regStamp.png"},
		"foreign element":               {replace(`<c:requisites>`, `<c:requisites><c:more>x</c:more>`), []Code{PassportSchema}, ""},
		"no kind":                       {replace(`<c:documentKind c:id="k1">Письмо</c:documentKind>`, ``), []Code{PassportSchema}, ""},
		"number is too long":            {replace(`01-05/77`, strings.Repeat("1", 32)), []Code{PassportSchema}, ""},
		"another namespace":             {replace(`http://minsvyaz.ru/container`, `urn:x`), nil, ""},
		"two files of one name":         {add(file{"table.xlsx", "other"}), []Code{ZipTwice}, ""},
		"a name that leads out":         {add(file{"../x.txt", "x"}), []Code{ZipName}, ""},
		"a folder":                      {add(file{"files/", ""}, file{"files/a.txt", "x"}), []Code{ZipName, ZipName}, ""},
		"a name of Windows":             {add(file{`c:\a.txt`, "x"}), []Code{ZipName}, ""},
		"a file that nobody named":      {add(file{"лишний.txt", "x"}), nil, "лишний.txt"},
		"one name for two":              {replace(`c:localName="att2.p7s"`, `c:localName="att1.p7s"`), []Code{PassportSchema}, "att2.p7s"},
		"Cyrillic name in the passport": {func(f []file) []file {
			f = replace("table.xlsx", "таблица.xlsx")(f)
			f[10].name = "таблица.xlsx"
			return f
		}, []Code{PassportSchema}, ""},
		"document type declaration":      {replace(`<c:container `, `<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><c:container `), []Code{PassportSchema}, ""},
		"a bomb":                         {add(file{"bomb.txt", strings.Repeat("0", 2<<20)}), []Code{ZipLimit}, ""},
		"more files than anybody sends":  {func(f []file) []file { return append(f, many(1001)...) }, []Code{ZipLimit}, ""},
		"a list as long as a file":       {func(f []file) []file { return append(f, many(40_000)...) }, []Code{ZipLimit}, ""},
		"a signature as large as a book": {func(f []file) []file { f[2].content = strings.Repeat("x", 65<<10); return f }, []Code{SignatureAbsent}, ""},
		"a stamp that cannot be kept":    {func(f []file) []file { f[4].content = strings.Repeat("x", 600<<10); return f }, nil, "regStamp.png"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := open(pack(t, c.change(sampleFiles(t, "passport_27.xml"))))
			if name == "another namespace" {
				c.want = nil
				if err == nil {
					t.Error("accepted")
				}
				return
			}
			var codes []Code
			var problems Problems
			errors.As(err, &problems)
			for i := range problems {
				codes = append(codes, problems[i].Code)
				if problems[i].Text(document.Russian) == "" || problems[i].Text(document.English) == "" || problems.Faults()[i].Code == "" {
					t.Errorf("no text: %+v", problems[i])
				}
			}
			if diff := cmp.Diff(c.want, codes, cmpopts.SortSlices(func(a, b Code) bool { return a < b })); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
			if c.left != "" && (got == nil || strings.Join(got.Left, " ") != c.left) {
				t.Errorf("left %v, want %s", got, c.left)
			}
		})
	}
}

func many(n int) (files []file) {
	for i := range n {
		files = append(files, file{fmt.Sprintf("%060d.txt", i), ""})
	}
	return files
}

// counter counts what is read.
type counter struct {
	io.ReaderAt
	n int
}

func (c *counter) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.n += n
	return n, err
}

// Of a list of files that is as long as the zip itself little is read.
func TestLongListsAreNotRead(t *testing.T) {
	data := pack(t, many(40_000))
	r := &counter{ReaderAt: bytes.NewReader(data)}
	_, err := OpenContainer(r, int64(len(data)), Options{})
	var problems Problems
	if !errors.As(err, &problems) || !problems.Has(ZipLimit) || r.n > directoryBytes {
		t.Errorf("%d of %d bytes, %v", r.n, len(data), err)
	}
}

func TestNotAZip(t *testing.T) {
	for _, data := range []string{"", "PK", "<xml/>", strings.Repeat("x", 1<<20)} {
		_, err := open([]byte(data))
		var problems Problems
		if !errors.As(err, &problems) || !problems.Has(NotZip) {
			t.Errorf("%.10q: %v", data, err)
		}
	}
}

// A zip that declares less than it unpacks to gives no more than declared.
func TestZipThatLies(t *testing.T) {
	files := sampleFiles(t, "passport_27.xml")
	files[1].content = strings.Repeat("0", 1<<20)
	data := pack(t, files)
	at := bytes.LastIndex(data, []byte("PK\x01\x02")) // somewhere in the directory
	for i := 0; i < at; i++ {
		if bytes.HasPrefix(data[i:], []byte("PK\x01\x02")) && bytes.Contains(data[i:i+60], []byte("document.pdf")) {
			binary.LittleEndian.PutUint32(data[i+24:], 10)
		}
	}
	c, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Open("document.pdf")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err == nil || len(got) > 10 {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
	if _, err := c.Open("nothing.txt"); err == nil {
		t.Error("opened what is not there")
	}
}
