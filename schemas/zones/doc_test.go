package zones_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
	"github.com/smdo-hub/smdo-hub/schemas/gost53898"
	"github.com/smdo-hub/smdo-hub/schemas/sdip"
)

// The package comment names everything that a writer ever leaves out or makes up: a change that adds a loss has to tell of it.
func TestTheCommentNamesEveryLoss(t *testing.T) {
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	index := regexp.MustCompile(`\[\d+\]`)
	told := map[string]bool{}
	check := func(list []string) {
		for _, path := range list {
			name := index.ReplaceAllString(path[strings.LastIndexByte(path, '/')+1:], "")
			if told[name] = true; !regexp.MustCompile(`[\s(]` + regexp.QuoteMeta(name) + `\b`).Match(comment) {
				t.Errorf("%s, of %s, is not in the package comment", name, path)
			}
		}
	}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		p := documenttest.Packet(func(most int) int { return r.IntN(most + 1) })
		for range documenttest.Changes(p) {
			if r.IntN(60) > 0 {
				continue
			}
			_, losses := sdip.Encode(sdip.Of(p), sdip.Options{Inline: r.IntN(2) == 0})
			check(losses.Lost)
			check(losses.Made)
			_, more := gost53898.Encode(gost53898.Of(p, 0), gost53898.Options{Links: r.IntN(2) == 0})
			check(more.Lost)
			check(more.Made)
		}
	}
	if len(told) < 20 {
		t.Errorf("only %d losses were seen", len(told))
	}
}
