package gost53898

import (
	"math/rand/v2"
	"testing"

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
		text, _ := Encode(Of(random(seed), 0), Options{})
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
		if m, err := Decode(root.Document(), Options{}); err == nil {
			good++
			stable(t, m)
		}
	}
	t.Logf("%d of %d are not refused", good, mutations)
}
