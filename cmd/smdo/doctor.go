package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// doctorCommand examines and says what to do. It changes nothing.
type doctorCommand struct {
	Connection
	Config string `short:"c" help:"Проверить эту машину по файлу настроек; без него хаб по сети. / Examine this machine by a configuration file; without it a hub over the network." type:"existingfile"`
}

// finding is one thing that was examined.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warn, fail
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"` // what to do
}

// The results of an examination.
const (
	healthy = "ok"
	warning = "warn"
	failure = "fail"
)

// examination collects findings.
type examination struct {
	lang     document.Lang
	findings []finding
}

func (x *examination) add(check, status, text, ru, en string) {
	x.findings = append(x.findings, finding{check, status, text, x.lang.Pick(ru, en)})
}

func (x *examination) ok(check, text string) { x.add(check, healthy, text, "", "") }

// Run is the command. Exit code 0: all is well; 5: warnings; 1: something has to be done.
func (d *doctorCommand) Run(ctx context.Context, g *Global) error {
	x := &examination{lang: g.Lang}
	if d.Config != "" {
		x.machine(ctx, d.Config)
	} else if err := x.remote(ctx, g, &d.Connection); err != nil {
		return err
	}
	if err := table(g, x.findings, []string{"check", "status", "text", "advice"}, func(f *finding) []string {
		return []string{f.Check, f.Status, f.Text, f.Advice}
	}); err != nil {
		return err
	}
	return x.verdict()
}

func (x *examination) verdict() error {
	count := map[string]int{}
	for _, f := range x.findings {
		count[f.Status]++
	}
	switch {
	case count[failure] > 0:
		return &exitError{exitFailure, fmt.Errorf(x.lang.Pick("неисправностей: %d", "failures: %d"), count[failure])}
	case count[warning] > 0:
		return &exitError{exitPartial, fmt.Errorf(x.lang.Pick("предупреждений: %d", "warnings: %d"), count[warning])}
	}
	return nil
}

// remote examines a hub over the network: whether it answers, is ready, and takes the key.
func (x *examination) remote(ctx context.Context, g *Global, c *Connection) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(hub.Server, "api/v1/")
	for _, path := range []string{"livez", "readyz?verbose", "version"} {
		body, err := x.fetch(ctx, hub, base+path)
		switch {
		case errors.Is(err, errNotWell):
			x.add(path, failure, body, "смотрите журнал хаба", "look into the hub's log")
		case err != nil:
			return err
		default:
			x.ok(path, body)
		}
	}
	who, err := hub.role(ctx)
	var refused *problem
	switch {
	case errors.As(err, &refused):
		x.add("key", failure, refused.Title, "выпустите ключ: smdo key add", "issue a key: smdo key add")
	case err != nil:
		return err
	default:
		x.ok("key", who)
	}
	return nil
}

var errNotWell = errors.New("not well")

func (x *examination) fetch(ctx context.Context, hub *client, url string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	r, err := hub.Client.Client.Do(q)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return "", err
	}
	text := strings.Join(strings.Fields(string(b)), " ")
	if json.Valid(b) {
		text = string(b)
	}
	if r.StatusCode != http.StatusOK {
		return r.Status + " " + text, errNotWell
	}
	return strings.TrimSpace(text), nil
}

// role says what the key opens, by what each role alone may ask.
func (c *client) role(ctx context.Context) (string, error) {
	one := 1
	err := done(c.ListTrusted(ctx, &openapi.ListTrustedParams{Limit: &one}))
	if err == nil {
		return string(openapi.Contour), nil
	}
	if p := (*problem)(nil); !errors.As(err, &p) || p.Status != http.StatusForbidden {
		return "", err
	}
	if err := done(c.ListKeys(ctx, &openapi.ListKeysParams{Limit: &one})); err == nil {
		return string(openapi.Admin), nil
	}
	return string(openapi.Auditor), done(c.ListReceipts(ctx, &openapi.ListReceiptsParams{Limit: &one}))
}
