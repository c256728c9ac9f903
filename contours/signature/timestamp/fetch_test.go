package timestamp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnswersThatAreNoResponseAreRefused(t *testing.T) {
	answers := map[string]struct {
		status     int
		kind, body string
		want       string
	}{
		"error page":  {http.StatusBadGateway, "text/html", "<html>", "502"},
		"HTML":        {http.StatusOK, "text/html", "<html>", "not a time stamp"},
		"no type":     {http.StatusOK, "", "x", "not a time stamp"},
		"noise":       {http.StatusOK, "application/timestamp-reply", "noise", ErrMalformed.Error()},
		"without end": {http.StatusOK, "application/timestamp-reply", strings.Repeat("0", 1<<20), "longer than 80 KiB"},
		"nothing":     {http.StatusOK, "application/timestamp-reply", "", ErrMalformed.Error()},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{answer.kind}
				w.WriteHeader(answer.status)
				io.WriteString(w, answer.body)
			}))
			defer server.Close()
			_, err := Fetch(t.Context(), server.Client(), server.URL, request(nil, nil))
			if err == nil || !strings.Contains(err.Error(), answer.want) {
				t.Errorf("got %v, want %s", err, answer.want)
			}
		})
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	asked := make(chan struct{})
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := Fetch(ctx, server.Client(), server.URL, request(nil, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
