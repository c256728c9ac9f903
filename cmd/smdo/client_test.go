package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

func TestAListIsReadPageByPageUpToTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, limit := rapid.SliceOfN(rapid.Int(), 0, 3*pageSize).Draw(t, "whole"), rapid.IntRange(0, 3*pageSize).Draw(t, "limit")
		short := rapid.IntRange(1, pageSize).Draw(t, "a hub may give less than was asked for")
		got, err := collect(limit, func(after *string, size *int) ([]int, string, error) {
			if *size < 1 || limit > 0 && *size > limit {
				t.Fatalf("asked for %d with the limit %d", *size, limit)
			}
			from := 0
			if after != nil {
				from, _ = strconv.Atoi(*after)
			}
			to := min(len(whole), from+min(*size, short))
			if to == len(whole) {
				return whole[from:to], "", nil
			}
			return whole[from:to], strconv.Itoa(to), nil
		})
		want := whole
		if limit > 0 {
			want = whole[:min(limit, len(whole))]
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d of %d items, %v; want %d", len(got), len(whole), err, len(want))
		}
	})
}

func TestEveryStatusHasItsExitCode(t *testing.T) {
	for status, want := range map[int]int{
		400: exitUsage, 401: exitDenied, 403: exitDenied, 404: exitNotFound, 409: exitDenied, 422: exitDenied,
		500: exitFailure, 502: exitUnreachable, 503: exitUnreachable, 504: exitUnreachable,
	} {
		// A proxy before the hub answers in its own words.
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		_, err := answer[openapi.PacketView](http.Get(server.URL))
		server.Close()
		p, ok := err.(*problem)
		if !ok || p.exitCode() != want {
			t.Errorf("%d: %v, want exit code %d", status, err, want)
		}
	}
}
