package sdip

import (
	"math/rand/v2"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
)

// written is a packet written and read again.
func written(t interface{ Fatalf(string, ...any) }, p *document.Packet) (*document.Packet, Losses) {
	text, losses := Encode(Of(p), Options{Inline: true})
	m, err := Decode(text, Options{})
	if err != nil && len(losses.Missing) == 0 {
		t.Fatalf("%v\n%s", err, text)
	}
	return m.Packet, losses
}

// none says that nothing was lost or made up. What is missing the packet did not say either.
func (l Losses) none() bool { return len(l.Lost) == 0 && len(l.Made) == 0 }

// random is a packet of a seed.
func random(seed uint64) *document.Packet {
	r := rand.New(rand.NewPCG(seed, 0))
	return documenttest.Packet(func(most int) int { return r.IntN(most + 1) })
}

// What was read from the format is written without loss, whatever the first packet held.
func TestFormatToVocabularyToFormatLosesNothing(t *testing.T) {
	for seed := range uint64(300) {
		p := random(seed)
		read, losses := written(t, p)
		if losses.none() {
			if diff := documenttest.Diff(p, read); diff != "" {
				t.Fatalf("seed %d: nothing was reported as lost:\n%s", seed, diff)
			}
		}
		again, losses := written(t, read)
		if diff := documenttest.Diff(read, again); diff != "" || !losses.none() {
			t.Fatalf("seed %d: %+v\n%s", seed, losses, diff)
		}
	}
}

// Whatever one thing of a packet is changed, it is either carried or reported.
func TestNothingIsDroppedInSilence(t *testing.T) {
	n, lost := 0, 0
	for seed := range uint64(8) {
		p, _ := written(t, random(seed))
		for path := range documenttest.Changes(p) {
			read, losses := written(t, p)
			if n++; !losses.none() {
				lost++
			} else if diff := documenttest.Diff(p, read); diff != "" {
				t.Errorf("seed %d: %s is not carried and not reported:\n%s", seed, path, diff)
			}
		}
	}
	t.Logf("%d changes, %d of them reported", n, lost)
}
