package gost53898

import (
	"math/rand/v2"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/document/documenttest"
)

// written is a packet written and read again.
func written(t interface{ Fatalf(string, ...any) }, p *document.Packet) (*document.Packet, Losses) {
	text, losses := Encode(Of(p, 0), Options{})
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

func TestRoundTrips(t *testing.T) {
	documenttest.RoundTrips(t, random, func(p *document.Packet) (*document.Packet, bool) {
		read, losses := written(t, p)
		return read, losses.none()
	})
}
