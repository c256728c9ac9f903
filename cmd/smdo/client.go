package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// client is the hub's HTTP API as the commands use it: a function an operation, each answer read by answer.
type client struct {
	*openapi.Client
	g *Global
}

// open finds the hub and the key. Nothing is sent yet.
func (c *Connection) open(g *Global) (*client, error) {
	r, err := c.resolve()
	if err != nil {
		return nil, err
	}
	if r.URL == "" {
		return nil, &exitError{exitUsage, errors.New(g.Lang.Pick(
			"не сказано, где хаб: укажите --url, SMDO_URL или выберите контекст (smdo context add, use)",
			"no hub is named: give --url, SMDO_URL or choose a context (smdo context add, use)"))}
	}
	if r.KeyFile == "" {
		return nil, &exitError{exitUsage, errors.New(g.Lang.Pick(
			"нет ключа: укажите --key-file или SMDO_KEY_FILE", "there is no key: give --key-file or SMDO_KEY_FILE"))}
	}
	key, err := secret(r.KeyFile)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	authorize := func(_ context.Context, q *http.Request) error {
		q.Header.Set("Authorization", "Bearer "+key)
		q.Header.Set("User-Agent", "smdo/"+version())
		q.Header.Set("Accept-Language", g.Lang.Pick(string(document.Russian), string(document.English)))
		return nil
	}
	at := strings.TrimSuffix(r.URL, "/")
	api, err := openapi.NewClient(at+"/api/v1", openapi.WithHTTPClient(&caller{g: g, url: at, http: patient()}), openapi.WithRequestEditorFn(authorize))
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return &client{Client: api, g: g}, nil
}

// patient is a client that waits for the beginning of an answer no longer than a door lets callers wait.
func patient() *http.Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ResponseHeaderTimeout: 2 * time.Minute}
	return &http.Client{Transport: t}
}

// caller sends requests, tells of them with -v, and turns what is no answer at all into exit code 6.
type caller struct {
	g    *Global
	url  string
	http *http.Client
}

// Do sends one request.
func (c *caller) Do(q *http.Request) (*http.Response, error) {
	began, reused := time.Now(), false
	if c.g.Verbose {
		q = q.WithContext(httptrace.WithClientTrace(q.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}))
	}
	r, err := c.http.Do(q)
	if err != nil {
		if q.Context().Err() != nil {
			return nil, fmt.Errorf("%s %s: %w", q.Method, q.URL.Path, context.Cause(q.Context()))
		}
		return nil, &exitError{exitUnreachable, fmt.Errorf(c.g.Lang.Pick(
			"хаб %s не отвечает: %w; проверьте адрес (smdo context show) и работает ли хаб", "the hub at %s does not answer: %w; check the address (smdo context show) and that the hub runs"), c.url, err)}
	}
	if c.g.Verbose {
		fmt.Fprintf(c.g.stderr, "%s %s: %s, %s, reused=%t, request %s\n", q.Method, q.URL.RequestURI(), r.Status, time.Since(began).Round(time.Millisecond), reused, r.Header.Get("X-Request-Id"))
	}
	return r, nil
}

// answer reads a JSON answer, or the problem that was answered instead.
func answer[T any](r *http.Response, err error) (T, error) {
	var value T
	if r, err = good(r, err); err != nil {
		return value, err
	}
	defer r.Body.Close()
	if r.StatusCode == http.StatusNoContent {
		return value, nil
	}
	if err := json.NewDecoder(r.Body).Decode(&value); err != nil {
		return value, fmt.Errorf("read the answer of %s: %w", r.Request.URL.Path, err)
	}
	return value, nil
}

// done reads an answer that has no content.
func done(r *http.Response, err error) error {
	_, err = answer[struct{}](r, err)
	return err
}

// text reads an answer that is a text, with its ETag.
func text(r *http.Response, err error) ([]byte, string, error) {
	if r, err = good(r, err); err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return b, strings.Trim(r.Header.Get("ETag"), `"`), err
}

// good returns the response, its body still to be read and closed, when it is one of 2xx.
func good(r *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	if r.StatusCode/100 == 2 {
		return r, nil
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	p := &problem{Problem: openapi.Problem{Status: r.StatusCode, Title: r.Status}, retry: r.Header.Get("Retry-After")}
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		_ = json.Unmarshal(b, &p.Problem) // what is no problem document keeps status and title
	}
	return nil, p
}

// lang is the parameter that every operation with texts takes.
func (c *client) lang() *openapi.Lang {
	l := openapi.Lang(c.g.Lang.Pick(string(document.Russian), string(document.English)))
	return &l
}

// optional is a parameter that is left out when it is zero.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
