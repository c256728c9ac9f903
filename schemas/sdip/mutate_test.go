package sdip

import (
	"math/rand/v2"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

const mutations = 1000

// Messages in which a few things are said otherwise, oddly, or in wrong places: none brings the codec down, and what is not
// refused is not altered in silence.
func TestMutatedMessages(t *testing.T) {
	var texts [][]byte
	for _, m := range examples() {
		text, _ := Encode(m, Options{})
		texts = append(texts, text)
	}
	for seed := range uint64(20) {
		text, _ := Encode(Of(random(seed)), Options{Inline: true})
		texts = append(texts, text)
	}
	good := 0
	for seed := range uint64(mutations) {
		r := rand.New(rand.NewPCG(seed, 1))
		root, err := markup.Parse(texts[r.IntN(len(texts))], markup.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		documenttest.Mutate(root, func(most int) int { return r.IntN(most + 1) })
		m, err := Decode(root.Document(), small)
		if err != nil {
			continue
		}
		good++
		stable(t, m, func(m *Message) ([]byte, Losses) { return Encode(m, small) }, func(b []byte) (*Message, error) { return Decode(b, Options{}) })
		// The twin carries as much.
		stable(t, m, func(m *Message) ([]byte, Losses) { return EncodePackage(&Package{Message: m}, small) }, func(b []byte) (*Message, error) {
			p, err := DecodePackage(b, Options{})
			if p == nil {
				return nil, err
			}
			return p.Message, err
		})
		if t.Failed() {
			t.Fatalf("seed %d\n%s", seed, root.Document())
		}
	}
	t.Logf("%d of %d are not refused", good, mutations)
}

func TestMutatedPackages(t *testing.T) {
	var texts [][]byte
	for _, m := range examples() {
		text, _ := EncodePackage(&Package{Message: m, From: &Abonent{ID: "1"}, To: []Abonent{{ID: "2", Name: "Б"}}, Attachments: []PackageFile{{ID: "3", Name: "attach1", Size: 900, Signatures: []document.Signature{{CMS: []byte{0x30, 0}}}}}}, Options{})
		texts = append(texts, text)
	}
	for seed := range uint64(20) {
		text, _ := EncodePackage(&Package{Message: Of(random(seed))}, Options{Inline: true})
		texts = append(texts, text)
	}
	good := 0
	for seed := range uint64(mutations) {
		r := rand.New(rand.NewPCG(seed, 2))
		text := documenttest.MutateJSON(texts[r.IntN(len(texts))], func(most int) int { return r.IntN(most + 1) })
		p, err := DecodePackage(text, small)
		if err != nil {
			continue
		}
		good++
		stable(t, p, func(p *Package) ([]byte, Losses) { return EncodePackage(p, small) }, func(b []byte) (*Package, error) { return DecodePackage(b, Options{}) })
	}
	t.Logf("%d of %d are not refused", good, mutations)
}
