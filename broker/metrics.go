package broker

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/smdo-hub/smdo-hub/contours/signature"
	"github.com/smdo-hub/smdo-hub/receipts"
)

// metrics are the hub's figures. They carry no contour: labels of ten thousand contours are a load, and who
// writes to whom is nobody's business in a dashboard (D14, D17).
type metrics struct {
	receipts *prometheus.CounterVec   // sealed, by stage
	bad      *prometheus.CounterVec   // of these the negative ones
	batches  *prometheus.HistogramVec // sizes of the stages' batches
	dead     *prometheus.CounterVec   // by stage
	leaves   prometheus.Gauge
	expiry   *prometheus.GaugeVec // by kind and short fingerprint
	crls     *prometheus.GaugeVec // by state
}

// maxExpiries bounds the series of expiry: the terms that end first are shown.
const maxExpiries = 256

func newMetrics() *metrics {
	sizes := []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
	return &metrics{
		receipts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_receipts_sealed_total", Help: "Receipts sealed by this process, by stage."}, []string{"stage"}),
		bad:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_receipts_negative_total", Help: "Negative receipts sealed by this process, by stage."}, []string{"stage"}),
		batches:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "smdo_batch_size", Help: "How many items a stage committed at once.", Buckets: sizes}, []string{"stage"}),
		dead:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_dead_letters_total", Help: "Dead letters made by this process, by stage."}, []string{"stage"}),
		leaves:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "smdo_ledger_leaves", Help: "Receipts in the ledger."}),
		expiry: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "smdo_certificate_expiry_seconds",
			Help: "Unix time at which a certificate ends or the next issue of a trusted list is due, by kind (root, intermediate, own, signer, list, tsa) and the first digits of its SHA-256."}, []string{"kind", "fingerprint"}),
		crls: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "smdo_revocation_lists",
			Help: "Certification authorities by the state of their revocation lists (good, stale, missing), and sources from which no list could be taken (refused)."}, []string{"state"}),
	}
}

func (m *metrics) sealed(batch []receipts.Sealed) {
	m.batches.WithLabelValues("seal").Observe(float64(len(batch)))
	for _, s := range batch {
		stage := s.Receipt.Stage.String()
		m.receipts.WithLabelValues(stage).Inc()
		if s.Receipt.Bad() {
			m.bad.WithLabelValues(stage).Inc()
		}
		m.leaves.Set(float64(s.Receipt.Leaf + 1))
	}
}

// Collectors are the hub's metrics, for a registry.
func (h *Hub) Collectors() []prometheus.Collector {
	m := h.metrics
	return []prometheus.Collector{m.receipts, m.bad, m.batches, m.dead, m.leaves, m.expiry, m.crls}
}

// ShowTerms puts the ends of what trust rests on, the next to end first, in place of those shown before.
func (h *Hub) ShowTerms(terms []signature.Term) { h.metrics.showTerms(terms) }

func (m *metrics) showTerms(terms []signature.Term) {
	m.expiry.Reset()
	for _, t := range terms[:min(len(terms), maxExpiries)] {
		m.expiry.WithLabelValues(string(t.Kind), t.Fingerprint).Set(float64(t.Ends.Unix()))
	}
}

// ShowRevocation counts authorities by the state of their revocation lists, and sources that failed.
func (h *Hub) ShowRevocation(standings []signature.ListStanding, refused int) {
	h.metrics.showRevocation(standings, refused)
}

func (m *metrics) showRevocation(standings []signature.ListStanding, refused int) {
	count := map[signature.Revocation]int{}
	for _, s := range standings {
		count[s.State]++
	}
	m.crls.WithLabelValues("good").Set(float64(count[signature.Good]))
	m.crls.WithLabelValues("stale").Set(float64(count[signature.Stale]))
	m.crls.WithLabelValues("missing").Set(float64(count[signature.Unknown]))
	m.crls.WithLabelValues("refused").Set(float64(refused))
}
