package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/smdo-hub/smdo-hub/adapters"
	"github.com/smdo-hub/smdo-hub/adapters/api"
	"github.com/smdo-hub/smdo-hub/adapters/gost53898"
	router "github.com/smdo-hub/smdo-hub/adapters/smdo"
)

// httpDoor is the listening HTTP server of the hub.
type httpDoor struct {
	listener  net.Listener
	server    *http.Server
	cert, key string        // empty: plain HTTP
	done      chan struct{} // closed when the door closes: streams and long polls end
}

// httpDoor listens on the address and serves the API there once serve is called, and below /smdo and
// /gost53898 the doors of those protocols.
func (h *hub) httpDoor(listen string) (*httpDoor, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	d := &httpDoor{listener: l, cert: h.config.HTTP.Cert, key: h.config.HTTP.Key, done: make(chan struct{})}
	d.server = &http.Server{Handler: h.api(d.done), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	return d, nil
}

func (h *hub) api(done <-chan struct{}) http.Handler {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(h.Collectors()...)
	metrics.MustRegister(adapters.Collectors(h.record)...)
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	deps := api.Deps{
		Record: h.record, Blobs: h.blobs, Keys: h.keys, Verifier: h.verifier, Version: version(), Metrics: metrics, Done: done, Log: h.log,
		Checks: []api.Check{{Name: "bus", Run: func(context.Context) error {
			if !h.conn.IsConnected() {
				return errors.New("not connected")
			}
			return nil
		}}, {Name: "clocks", Run: func(context.Context) error { return h.ClocksAgree() }}},
	}
	for _, k := range h.signers {
		deps.Signers = append(deps.Signers, k.forAPI())
	}
	if h.emulator != nil {
		deps.Emulator = h.emulator
	}
	doors := http.NewServeMux()
	doors.Handle("/", api.New(h.Hub, deps))
	doors.Handle("/smdo/", http.StripPrefix("/smdo", router.New(h.Hub, router.Deps{
		Record: h.record, Blobs: h.blobs, Keys: h.keys, Verifier: h.verifier, Clock: h.Clock, Log: h.log,
	})))
	gost := &gost53898.Door{Translator: h.gost(), Records: h.record, Keys: h.keys, Log: h.log}
	doors.Handle("/gost53898/", http.StripPrefix("/gost53898", gost.Handler()))
	return doors
}

func (d *httpDoor) url() string {
	if d.cert != "" {
		return "https://" + d.listener.Addr().String()
	}
	return "http://" + d.listener.Addr().String()
}

// serve answers until ctx ends, then lets the requests under way finish.
func (d *httpDoor) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() {
		if d.cert != "" {
			failed <- d.server.ServeTLS(d.listener, d.cert, d.key)
			return
		}
		failed <- d.server.Serve(d.listener)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	close(d.done)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := d.server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil
}
