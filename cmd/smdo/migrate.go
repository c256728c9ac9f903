package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/smdo-hub/smdo-hub/broker/record/postgres"
	"github.com/smdo-hub/smdo-hub/broker/record/sqlite"
)

// schemaStatus is at which step the record's schema is, and which one this binary needs.
type schemaStatus struct {
	Record string `json:"record"` // sqlite or postgres
	Has    int64  `json:"has"`
	Wants  int64  `json:"wants"`
}

func readSchema(ctx context.Context, c Config) (s schemaStatus, err error) {
	url := c.Record.URL
	if c.Record.URLFile != "" {
		if url, err = secret(c.Record.URLFile); err != nil {
			return s, err
		}
	}
	if url == "" {
		s.Record = "sqlite"
		s.Has, s.Wants, err = sqlite.Status(ctx, filepath.Join(c.Data, "record.db"))
		return s, err
	}
	s.Record = "postgres"
	s.Has, s.Wants, err = postgres.Status(ctx, url)
	return s, err
}

// Run is the command. Exit code 5 says that migrate up has something to do.
func (m *migrateStatus) Run(ctx context.Context, g *Global) error {
	config, err := loadConfig(m.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	s, err := readSchema(ctx, config)
	if err != nil {
		return &exitError{exitUnreachable, err}
	}
	row := []string{s.Record, fmt.Sprint(s.Has), fmt.Sprint(s.Wants)}
	if err := g.list(s, []string{"record", "has", "wants"}, [][]string{row}); err != nil {
		return err
	}
	if s.Has < s.Wants {
		return &exitError{exitPartial, fmt.Errorf("%s", g.Lang.Pick("схема старее программы: smdo migrate up", "the schema is older than the program: smdo migrate up"))}
	}
	return nil
}
