package broker

import (
	"github.com/prometheus/client_golang/prometheus"

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
}

func newMetrics() *metrics {
	sizes := []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
	return &metrics{
		receipts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_receipts_sealed_total", Help: "Receipts sealed by this process, by stage."}, []string{"stage"}),
		bad:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_receipts_negative_total", Help: "Negative receipts sealed by this process, by stage."}, []string{"stage"}),
		batches:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "smdo_batch_size", Help: "How many items a stage committed at once.", Buckets: sizes}, []string{"stage"}),
		dead:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_dead_letters_total", Help: "Dead letters made by this process, by stage."}, []string{"stage"}),
		leaves:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "smdo_ledger_leaves", Help: "Receipts in the ledger."}),
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
	return []prometheus.Collector{m.receipts, m.bad, m.batches, m.dead, m.leaves}
}
