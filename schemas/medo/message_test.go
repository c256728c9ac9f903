package medo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// sample reads an invented message.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, data []byte) *Message {
	t.Helper()
	m, err := Decode(data, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return m
}

func noLosses(t testing.TB, l Losses) {
	t.Helper()
	if len(l.Lost)+len(l.Missing)+len(l.Unfit)+len(l.Made) > 0 {
		t.Errorf("lost %q, made %q, missing %q, unfit %v", l.Lost, l.Made, l.Missing, l.Unfit)
	}
}

// What was read is written again as it was, and nothing of it is lost.
func TestMessagesThereAndBack(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "passport") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			first := decode(t, sample(t, name))
			m := first
			if first.Packet != nil && first.Container == "" {
				m = Of(first.Packet, "")
			}
			data, losses := Encode(m, Options{})
			noLosses(t, losses)
			again := decode(t, data)
			if diff := cmp.Diff(first, again, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\n%s", diff, data)
			}
			if strings.Contains(string(data), `=""`) || strings.Contains(string(data), "/>") {
				t.Errorf("an empty element or attribute:\n%s", data)
			}
			if want := tree(t, sample(t, name)); name != "document_sloppy.xml" {
				if diff := cmp.Diff(want, tree(t, data)); diff != "" {
					t.Errorf("not what was read: %s\n%s", diff, data)
				}
			}
		})
	}
}

// tree is a message without the order in which attributes stand.
func tree(t testing.TB, data []byte) map[string]int {
	t.Helper()
	root, space, err := parse(data, Options{}.Limits)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{space: 1}
	leaves(root, "", all)
	return all
}

func TestDocumentIsWhatItSays(t *testing.T) {
	o := Options{Contour: func(s Source) document.ContourCode {
		return document.ContourCode(map[string]string{"Ведомство А": "OrgA", "Ведомство Б": "OrgB"}[s.Organization])
	}}
	m, err := Decode(sample(t, "document_25.xml"), o)
	if err != nil {
		t.Fatal(err)
	}
	p := m.Packet
	if p.ID != (document.PacketID{Sender: "OrgA", MsgID: "11111111-1111-4111-8111-111111111111"}) || p.Kind != document.Main || p.Edition != document.Edition {
		t.Errorf("packet %+v", p)
	}
	d := p.Document
	if d.ID != "22222222-2222-4222-8222-222222222222" || d.Kind != "Письмо" || d.Sheets != 2 || d.Title != "О согласовании" || d.Number.Number != "01-05/77" || d.Number.Date.String() != "2026-11-23" {
		t.Errorf("document %+v", d)
	}
	if len(p.To) != 1 || p.To[0].Contour != "OrgB" || p.To[0].Organization.Text != "Ведомство Б" || p.From.Name != "Ведомство А" {
		t.Errorf("from %+v to %+v", p.From, p.To)
	}
	if len(d.Files) != 1 || d.Files[0].Name != "text001.pdf" || len(m.Parts) != 1 || m.Parts[0].Name != "text001.pdf" {
		t.Errorf("files %+v, parts %+v", d.Files, m.Parts)
	}
	if got := p.Sent.Format("2006-01-02T15:04:05Z07:00"); got != "2026-11-23T08:15:00Z" {
		t.Errorf("sent %s, want Moscow's time", got)
	}
}

// A signature finds its file wherever it is listed, and what is kept of it stays with it.
func TestOrderOfSignatures(t *testing.T) {
	text := string(sample(t, "document_26_full.xml"))
	a, b := strings.Index(text, `    <xdms:file xdms:localName="text001.p7s"`), strings.Index(text, `    <xdms:file xdms:localName="attachment1.docx"`)
	end := strings.Index(text, "  </xdms:files>")
	moved := text[:a] + text[b:end] + text[a:b] + text[end:]
	if diff := cmp.Diff(decode(t, []byte(text)), decode(t, []byte(moved))); diff != "" {
		t.Error(diff)
	}
}

// The namespaces of the versions are mixed in the field.
func TestMixedNamespaces(t *testing.T) {
	text := string(sample(t, "container_271.xml"))
	mixed := strings.NewReplacer(`<c:header `, `<c:header xmlns:o="http://www.infpres.com/IEDMS" `, `c:type=`, `o:type=`, `<c:source c:uid`, `<o:source o:uid`, `</c:source>`, `</o:source>`).Replace(text)
	if diff := cmp.Diff(decode(t, []byte(text)), decode(t, []byte(mixed))); diff != "" || mixed == text {
		t.Error(diff)
	}
}

// Officials of one organisation are put together while nothing tells them apart.
func TestGroups(t *testing.T) {
	a, b := document.RegNumber{Number: "1"}, document.RegNumber{Number: "2"}
	list := []Party{
		{Organization: "А", Person: "1", Number: a}, {Organization: "А", Person: "2", Number: a}, {Organization: "А", Person: "3", Number: b}, {Organization: "Б"}, {Organization: "Б", Person: "4"},
		{Organization: "А", Person: "5"}, {Person: "6"}, {Person: "7", Post: "п", Department: "о", Contact: "к"},
	}
	var again []Party
	var sizes []int
	for _, g := range groups(list) {
		again = append(again, parties(g.party.Organization, g.party.Person, g.number)...)
		sizes = append(sizes, len(parties(g.party.Organization, g.party.Person, g.number)))
	}
	if diff := cmp.Diff(list, again); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2, 1, 1, 1, 1, 1, 1}, sizes); diff != "" {
		t.Error(diff)
	}
}
