package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// cut ends a body in the middle of the first event after the first.
type cut struct {
	io.ReadCloser
	events int
}

func (c *cut) Read(p []byte) (int, error) {
	if c.events > 1 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), 64)])
	c.events += bytes.Count(p[:n], []byte("event:"))
	return n, err
}

func TestTailMissesNothingAndRepeatsNothingWhenTheConnectionBreaks(t *testing.T) {
	at, keys, stop, err := startHub(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	// Between them a proxy that breaks each of the first three streams.
	target, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	var streams atomic.Int32
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.ErrorLog = log.New(io.Discard, "", 0) // what it would tell is what is wanted here
	proxy.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.URL.Path, "/receipts/stream") && streams.Add(1) <= 3 {
			r.Body = &cut{ReadCloser: r.Body}
		}
		return nil
	}
	front := httptest.NewServer(proxy)
	defer front.Close()

	smdo := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		args = append(args, "--url", front.URL, "--key-file", filepath.Join(keys, "head-a.key"), "--context", "none")
		if code := run(args, &out, &errs); code != 0 {
			t.Fatalf("smdo %v: exit code %d\n%s", args, code, errs.String())
		}
		return out.String()
	}
	smdo("packet", "send", "--example", "inform", "--msg-id", "one")
	smdo("packet", "watch", "head-a:one", "--for", "registered", "--timeout", "20s")
	d := json.NewDecoder(strings.NewReader(smdo("receipt", "tail", "--after=-1", "--limit", "4", "-o", "json")))
	for want := range int64(4) {
		var r openapi.Receipt
		if err := d.Decode(&r); err != nil || r.Leaf != want {
			t.Fatalf("leaf %d, %v; want %d", r.Leaf, err, want)
		}
	}
	if streams.Load() < 4 {
		t.Errorf("%d streams: none was broken", streams.Load())
	}
}
