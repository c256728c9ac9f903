package main

import (
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/contours/signature"
)

func TestEveryPacketOfARegionMayPass(t *testing.T) {
	for name, r := range map[string]region{"few to few": {Senders: 64, Receivers: 16, Tasks: true}, "ring": {Ring: 10, Tasks: true}, "without tasks": {Senders: 3, Receivers: 2}} {
		t.Run(name, func(t *testing.T) {
			config, problems := contours.Parse(r.rules())
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			book, err := contours.NewBook(config, 1)
			if err != nil {
				t.Fatal(err)
			}
			p, _, err := r.sign(t.TempDir(), signature.ECDSAP256)
			if err != nil {
				t.Fatal(err)
			}
			pairs := map[contours.RuleID]bool{}
			for i := range 2000 {
				request := contours.RequestFor(p.make(i), 0, time.Now())
				request.Emulated = true
				d := book.Decide(request)
				if !d.Allowed {
					t.Fatalf("packet %d, %s to %s: %v", i, request.From, request.To, d.Faults)
				}
				pairs[d.Rule] = true
			}
			if len(pairs) != len(config.Trust) {
				t.Errorf("packets take %d of %d pairs", len(pairs), len(config.Trust))
			}
		})
	}
}
