package medo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Whatever files are called, in МЭДО they have names that it allows, no two alike even for a system that minds no case.
func TestNamesAreAllowedAndDiffer(t *testing.T) {
	name := rapid.OneOf(texts(), rapid.SampledFrom([]string{"A.pdf", "a.pdf", "passport.xml", "Envelope.ini", "document.pdf", "document.p7s", "../x.pdf", "stamp.png", strings.Repeat("a", 260) + ".pdf"}))
	rapid.Check(t, func(t *rapid.T) {
		p := foreigner()
		p.Document.Files = nil
		for range rapid.IntRange(1, 6).Draw(t, "files") {
			p.Document.Files = append(p.Document.Files, document.Attachment{Name: name.Draw(t, "name"), ReferenceID: name.Draw(t, "reference"), Signatures: make([]document.Signature, 2)})
		}
		p.Expansion = &document.Expansion{Variables: []document.Variable{{Name: "medo:container/attachments/attachment[1]/signature[1]/@localName", Value: name.Draw(t, "kept")}}}
		_, parts, losses := EncodePassport(p, V27, Options{Stamp: stamps})
		seen := map[string]bool{passportName: true}
		for i, part := range parts {
			if !fits(part.Name, i == 3) || seen[strings.ToLower(part.Name)] {
				t.Fatalf("%q among %+v", part.Name, parts)
			}
			seen[strings.ToLower(part.Name)] = true
		}
		if len(losses.Unfit) > 0 {
			t.Fatal(losses.Unfit)
		}
		m := Of(p, V25)
		Encode(m, Options{})
		seen = map[string]bool{}
		for _, part := range m.Parts {
			if !fits(part.Name, false) || seen[strings.ToLower(part.Name)] {
				t.Fatalf("%q among %+v", part.Name, m.Parts)
			}
			seen[strings.ToLower(part.Name)] = true
		}
	})
}

// Two files of one name keep their names for people and get two for МЭДО.
func TestTwoFilesOfOneName(t *testing.T) {
	p := foreigner()
	p.Document.Files[1].Name = p.Document.Files[0].Name
	got, losses := throughMEDO(t, p, V27)
	if a, b := got.Document.Files[0], got.Document.Files[1]; a.Name != "Письмо.pdf" || b.Name != "Письмо.pdf" || a.ReferenceID == b.ReferenceID {
		t.Errorf("%+v %+v, %q", a, b, losses.Lost)
	}
}

// Signatures of versions until 2.6 are told by their names.
func TestSigns(t *testing.T) {
	for _, c := range []struct {
		name, of string
		want     bool
	}{
		{"document.p7s", "document.pdf", true}, {"document.P7S", "document.pdf", true}, {"document_2.p7s", "document.pdf", true}, {"document.pdf.p7s", "document.pdf", true},
		{"document_a.p7s", "document.pdf", false}, {"other.p7s", "document.pdf", false}, {"document.pdf", "document.doc", false}, {"document.p7s", "document.p7s", false}, {"", "", false},
	} {
		if got := signs(c.name, c.of); got != c.want {
			t.Errorf("%s of %s: %t", c.name, c.of, got)
		}
	}
}

// Variables of a packet that another contour made up cannot break the form of a message.
func TestVariablesOfStrangers(t *testing.T) {
	p := foreigner()
	p.Expansion = &document.Expansion{}
	for i, name := range []string{"medo:communication/header/operator[1]", "medo:communication/header/@uid", "medo:communication/@version", "medo:communication/header/@type", "medo:communication/document/@x y", "medo:other", "medo:communication/nowhere/@x"} {
		p.Expansion.Variables = append(p.Expansion.Variables, document.Variable{Name: name, Value: fmt.Sprintf("<uid>%d</uid>", i)})
	}
	m := Of(p, V25)
	data, losses := Encode(m, Options{})
	again := decode(t, data)
	if again.UID != string(p.ID.MsgID) || again.Version != V25 || again.Kind != KindDocument {
		t.Errorf("%s\n%q", data, losses.Lost)
	}
	for _, name := range []string{"medo:communication/header/@uid", "medo:communication/document/@x y", "medo:other", "medo:communication/nowhere/@x"} {
		if !slices.Contains(losses.Lost, name) {
			t.Errorf("%s is not among %q", name, losses.Lost)
		}
	}
}
