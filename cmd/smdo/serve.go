package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
)

// serveCommand runs the hub.
type serveCommand struct {
	Config string `short:"c" help:"Файл настроек. / Configuration file." type:"existingfile" required:""`
	Rules  string `help:"Файл контуров для пустой базы. / Contours file for an empty record." type:"existingfile"`
}

// Run is the command.
func (s *serveCommand) Run(ctx context.Context, g *Global) error {
	config, err := loadConfig(s.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	var rules []byte
	if s.Rules != "" {
		if rules, err = os.ReadFile(s.Rules); err != nil {
			return fmt.Errorf("rules: %w", err)
		}
		if _, err := parseRules(rules, g.Lang); err != nil {
			return err
		}
	}
	log := newLogger(config.Log)
	tuneMemory(config)
	h, err := assemble(ctx, config, log, start{rules: rules})
	if ctx.Err() != nil {
		return nil // told to stop while it started
	}
	if err != nil {
		return err
	}
	defer func() {
		if err := h.close(); err != nil {
			log.Error("stop", "error", err)
		}
	}()
	door, err := h.httpDoor(config.HTTP.Listen)
	if err != nil {
		return err
	}
	log.Info("the hub is running", "version", version(), "api", door.url(), "data", config.Data, "instance", h.Instance)
	return h.run(ctx, door.serve)
}

// migrateCommand brings the record's schema up to date.
type migrateCommand struct {
	Up     migrateUp     `cmd:"" help:"Обновить схему базы. / Bring the record's schema up to date."`
	Status migrateStatus `cmd:"" help:"Показать версию схемы. / Show the schema's version."`
}

type migrateUp struct {
	Config string `short:"c" help:"Файл настроек. / Configuration file." type:"existingfile" required:""`
}

// Run is the command. Opening the record migrates it.
func (m *migrateUp) Run(ctx context.Context, g *Global) error {
	config, err := loadConfig(m.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	h := &hub{config: config, log: slog.New(slog.DiscardHandler)}
	if err := os.MkdirAll(config.Data, 0o700); err != nil {
		return err
	}
	if err := h.openRecord(ctx); err != nil {
		return err
	}
	defer func() { _ = h.close() }()
	fmt.Fprintln(g.stderr, g.Lang.Pick("схема базы обновлена", "the record's schema is up to date"))
	return nil
}

type migrateStatus struct {
	Config string `short:"c" help:"Файл настроек. / Configuration file." type:"existingfile" required:""`
}

// configCommand looks at configuration files.
type configCommand struct {
	Check  configCheck  `cmd:"" help:"Проверить файл настроек. / Check a configuration file."`
	Show   configShow   `cmd:"" help:"Показать действующие настройки. / Show the settings in effect."`
	Schema configSchemA `cmd:"" help:"Напечатать JSON Schema. / Print the JSON Schema."`
}

type configCheck struct {
	File string `arg:"" help:"Файл настроек. / Configuration file." type:"existingfile"`
}

// Run is the command.
func (c *configCheck) Run(g *Global) error {
	if _, err := loadConfig(c.File); err != nil {
		return &exitError{exitFailure, err}
	}
	fmt.Fprintln(g.stderr, g.Lang.Pick("настройки верны", "the configuration is valid"))
	return nil
}

type configShow struct {
	File string `arg:"" help:"Файл настроек. / Configuration file." type:"existingfile"`
}

// Run is the command.
func (c *configShow) Run(g *Global) error {
	config, err := loadConfig(c.File)
	if err != nil {
		return err
	}
	return g.print(config)
}

type configSchemA struct{}

// Run is the command.
func (configSchemA) Run(g *Global) error { return g.printJSON(configSchema()) }

// versionCommand says which binary this is.
type versionCommand struct{}

// Run is the command.
func (versionCommand) Run(g *Global) error {
	if g.Output == "json" {
		return g.printJSON(map[string]string{"version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
	}
	fmt.Fprintln(g.stdout, "smdo", version(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return v
}
