package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/broker/record"
	"github.com/smdo-hub/smdo-hub/contours"
)

// upstreamConfig names the router and head-a's account there.
func upstreamConfig(t *testing.T, url, password string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("upstream: {url: '%s', plain: true, every: 100ms, accounts: [{contour: head-a, user: head-a, password_file: %s}]}\n", url, file)
}

func TestDoctorSignsInAtTheNationalRouter(t *testing.T) {
	router := httptest.NewServer(upstream.NewFake(t.TempDir(), "head-a"))
	defer router.Close()
	data := "data: " + t.TempDir() + "\n"
	for password, want := range map[string]string{"парольhead-a": healthy, "wrong": failure} {
		if _, said := examined(t, data+upstreamConfig(t, router.URL, password)); said["upstream"] != want {
			t.Errorf("%s: %v, want %s", password, said, want)
		}
	}
}

func TestAHubProcessHandsWhatLivesBeyondTheNationalRouterToIt(t *testing.T) {
	fake := upstream.NewFake(t.TempDir(), "head-a", "sub-a1")
	sent := make(chan struct{}, 1)
	router := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fake.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/send") {
			select {
			case sent <- struct{}{}:
			default:
			}
		}
	}))
	defer router.Close()
	dir, port := t.TempDir(), testPort(t)
	r := openSQLite(t, dir)
	key := prepare(t, r)
	text := string(contours.Example())
	at := strings.Index(text, "- code: sub-a1\n")
	rest := strings.Replace(text[at:], "delivery: hosted", "delivery: push\n    protocol: smdo-upstream", 1)
	if _, err := r.ProposeRules(t.Context(), record.Rules{Text: []byte(text[:at] + rest), By: "test", At: time.Now()}, true); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, dir, fmt.Sprintf("bus: {port: %d}\n", port)+upstreamConfig(t, router.URL, "парольhead-a"))
	p.start()
	p.await()
	l := newLoad(t, dir, fmt.Sprintf("nats://127.0.0.1:%d", port), key)
	for packet := l.packet("1"); !l.submit(t.Context(), packet); {
	}
	select {
	case <-sent:
	case <-time.After(30 * time.Second):
	}
	if len(fake.Got("sub-a1")) == 0 {
		t.Error("the router got nothing")
	}
	p.stop()
}
