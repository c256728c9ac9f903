package broker

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/smdo-hub/smdo-hub/contours/signature"
)

// gathered are the series of a collector, with their labels as text.
func gathered(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			all[name] = m.GetGauge().GetValue()
		}
	}
	return all
}

func TestEndsOfTrustAreShown(t *testing.T) {
	m := newMetrics()
	end := time.Unix(1_800_000_000, 0)
	many := make([]signature.Term, 0, 2*maxExpiries)
	for i := range cap(many) {
		many = append(many, signature.Term{Kind: signature.RootTerm, Name: "УЦ", Fingerprint: fmt.Sprintf("%08x", i), Ends: end})
	}
	m.showTerms(many)
	if n := len(gathered(t, m.expiry)); n != maxExpiries {
		t.Errorf("%d series", n)
	}
	m.showTerms([]signature.Term{{Kind: signature.ListTerm, Name: "BY", Fingerprint: "00112233", Ends: end}})
	want := map[string]float64{"smdo_certificate_expiry_seconds fingerprint=00112233 kind=list": 1.8e9}
	if got := gathered(t, m.expiry); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestStatesOfRevocationListsAreShown(t *testing.T) {
	m := newMetrics()
	m.showRevocation([]signature.ListStanding{{State: signature.Good}, {State: signature.Good}, {State: signature.Stale}, {State: signature.Unknown}}, 3)
	const name = "smdo_revocation_lists state="
	want := map[string]float64{name + "good": 2, name + "stale": 1, name + "missing": 1, name + "refused": 3}
	if got := gathered(t, m.crls); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
