package adapters

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
)

// mostWaiting is up to where waiting work is counted.
const mostWaiting = 10_000

// Collectors tell how much waits to be handed over, by protocol: what grows there is a system that does not take, or a way
// to it that is broken. The record is asked when the metrics are.
func Collectors(k record.Keeper) (list []prometheus.Collector) {
	for _, p := range []contours.Protocol{contours.ProtocolMail, contours.ProtocolGOST, contours.ProtocolMEDO, contours.ProtocolUpstream} {
		list = append(list, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "smdo_adapter_waiting", Help: "Messages that wait to be handed to systems of a protocol, counted up to 10000; -1 when the record does not say.",
			ConstLabels: prometheus.Labels{"protocol": string(p)},
		}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			n, err := k.KeptCount(ctx, string(p), "", workKeys, workEnd, mostWaiting)
			if err != nil {
				return -1
			}
			return float64(n)
		}))
	}
	return list
}
