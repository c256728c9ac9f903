package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measure counts and logs requests by operation and status: never by contour, of which there are thousands
// (D14), and never with a path, which names packets.
func (d *door) measure(next http.Handler) http.Handler {
	count := func(*call, time.Duration) {}
	if d.Metrics != nil {
		count = counters(d.Metrics)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, began := callOf(r.Context()), time.Now()
		defer func() {
			took := time.Since(began)
			count(c, took)
			d.Log.Debug("request", "request", c.id, "operation", c.operation, "status", c.status, "key", c.KeyID, "contour", c.Contour, "took", took)
		}()
		next.ServeHTTP(&watched{w, c}, r)
	})
}

func counters(registry *prometheus.Registry) func(*call, time.Duration) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "smdo_http_requests_total", Help: "Requests answered, by operation and status."}, []string{"operation", "status"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "smdo_http_request_seconds", Help: "Time to the end of the answer, by operation.", Buckets: prometheus.ExponentialBuckets(0.002, 2.5, 10),
	}, []string{"operation"})
	registry.MustRegister(requests, seconds)
	return func(c *call, took time.Duration) {
		operation := c.operation
		if operation == "" {
			operation = "other"
		}
		requests.WithLabelValues(operation, strconv.Itoa(c.status)).Inc()
		seconds.WithLabelValues(operation).Observe(took.Seconds())
	}
}

// watched notes the status that is answered.
type watched struct {
	http.ResponseWriter
	call *call
}

// WriteHeader notes the status.
func (w *watched) WriteHeader(status int) {
	if w.call.status == 0 {
		w.call.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write begins the answer with 200 where nobody did.
func (w *watched) Write(p []byte) (int, error) {
	if w.call.status == 0 {
		w.call.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is below.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
