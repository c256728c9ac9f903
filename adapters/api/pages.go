package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// plainPages are the pages beside the API. They need no key and tell nothing about contours.
func (d *door) plainPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { plainText(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", d.ready)
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		_ = writeJSON(w, http.StatusOK, map[string]string{"version": d.Version, "api": "v1", "edition": document.Edition})
	})
	spec := openapi.Spec()
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(spec))
	})
	mux.HandleFunc("GET /errors/{code}", d.explainCode)
	if d.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{}))
	}
}

func plainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

const checkPatience = 5 * time.Second

// ready says whether the hub can take packets now; with ?verbose, what cannot. Why is for the log.
func (d *door) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkPatience)
	defer cancel()
	status, text := http.StatusOK, ""
	for _, c := range append([]Check{{"record", d.Record.Ping}}, d.Checks...) {
		if err := c.Run(ctx); err != nil {
			d.Log.Warn("not ready", "check", c.Name, "error", err)
			status, text = http.StatusServiceUnavailable, text+"[-] "+c.Name+"\n"
			continue
		}
		text += "[+] " + c.Name + "\n"
	}
	if !r.URL.Query().Has("verbose") {
		text = ""
	}
	if status == http.StatusOK {
		text += "ok\n"
	} else {
		text += "not ready\n"
	}
	plainText(w, status, text)
}

// explainCode is the page that a problem's type points to.
func (d *door) explainCode(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("code")
	ru, en := codeTexts(code)
	if ru == "" {
		d.fail(w, r, notFound("code"))
		return
	}
	plainText(w, http.StatusOK, fmt.Sprintf("%s\n\n%s\n%s\n", code, ru, en))
}

func codeTexts(code string) (ru, en string) {
	if status, ok := strings.CutPrefix(code, "HTTP-"); ok {
		n, err := strconv.Atoi(status)
		if err != nil || http.StatusText(n) == "" {
			return "", ""
		}
		return httpWord(n, document.Russian), httpWord(n, document.English)
	}
	if t, ok := document.Catalogue[document.FaultCode(code)]; ok {
		return t.RU, t.EN
	}
	p := contours.Problem{Code: document.FaultCode(code)}
	if strings.HasPrefix(code, "CFG-") && p.Text(document.English) != unknownText(document.English) {
		return p.Text(document.Russian), p.Text(document.English)
	}
	return "", ""
}

func unknownText(l document.Lang) string {
	f := document.NewFault("", "")
	return f.Text(l)
}

// unknownPath answers what no pattern takes: 405 when another method would do, else 404.
func (d *door) unknownPath(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
			if _, pattern := mux.Handler(probe); pattern != "/" && pattern != "" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			d.fail(w, r, errMethod)
			return
		}
		d.fail(w, r, notFound("path"))
	}
}
