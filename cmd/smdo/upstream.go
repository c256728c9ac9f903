package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/adapters/upstream"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// UpstreamConfig names a national router of СМДО, whose subscriber the hub is.
type UpstreamConfig struct {
	URL      string                  `yaml:"url" json:"url" doc:"base of the router's calls, https://…; empty: none"`
	Plain    bool                    `yaml:"plain" json:"plain" doc:"http is allowed, in a closed network"`
	CA       string                  `yaml:"ca" json:"ca" doc:"file of the certificates that may vouch for the router; empty: those of the system"`
	Every    Duration                `yaml:"every" json:"every" doc:"how often accounts are looked into; 30s"`
	Accounts []UpstreamAccountConfig `yaml:"accounts" json:"accounts"`
}

// UpstreamAccountConfig is a contour's account at the router.
type UpstreamAccountConfig struct {
	Contour  string `yaml:"contour" json:"contour" doc:"code of a contour of ours, and its subscriber code at the router"`
	User     string `yaml:"user" json:"user" doc:"of the account"`
	Password string `yaml:"password_file" json:"password_file" doc:"file that holds the password"`
}

// check refuses what cannot work.
func (c *UpstreamConfig) check(wrong func(bad bool, field, what string)) {
	if c.URL == "" {
		return
	}
	wrong(!strings.HasPrefix(c.URL, "https://") && !(c.Plain && strings.HasPrefix(c.URL, "http://")), "upstream.url", "want https://…, or http://… with plain")
	wrong(len(c.Accounts) == 0, "upstream.accounts", "needs an account")
	for i, a := range c.Accounts {
		wrong(a.Contour == "" || a.User == "" || a.Password == "", fmt.Sprintf("upstream.accounts[%d]", i), "needs contour, user and password_file")
	}
}

// options are those of a link, without the hub's part. It says what is wrong with the files that are named.
func (c *UpstreamConfig) options() (upstream.Options, error) {
	o := upstream.Options{URL: c.URL, Plain: c.Plain, Every: cmp.Or(time.Duration(c.Every), 30*time.Second), Clock: time.Now}
	if c.CA != "" {
		text, err := os.ReadFile(c.CA)
		if err != nil {
			return o, fmt.Errorf("upstream.ca: %w", err)
		}
		if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(text) {
			return o, fmt.Errorf("upstream.ca: no certificates in %s", c.CA)
		}
	}
	for i, a := range c.Accounts {
		password, err := secret(a.Password)
		if err != nil {
			return o, fmt.Errorf("upstream.accounts[%d].password_file: %w", i, err)
		}
		o.Accounts = append(o.Accounts, upstream.Account{Contour: document.ContourCode(a.Contour), User: a.User, Password: password})
	}
	return o, nil
}

// runUpstream exchanges with the router.
func (h *hub) runUpstream(ctx context.Context) error {
	o, err := h.config.Upstream.options()
	if err != nil {
		return err
	}
	o.Hub, o.Record, o.Files, o.Clock, o.Log = h.Hub, h.record, h.files(), h.Clock, h.log
	link, err := upstream.New(o)
	if err != nil {
		return err
	}
	return link.Run(ctx)
}
