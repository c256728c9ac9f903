package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
)

// A remote is a hub that the client commands talk to, and the key that opens its door.
type remote struct {
	URL     string `yaml:"url" json:"url"`
	KeyFile string `yaml:"key_file" json:"key_file"` // the key itself never stands in the contexts file
}

// contextsFile is the user's named remotes.
type contextsFile struct {
	Current  string            `yaml:"current,omitempty"`
	Contexts map[string]remote `yaml:"contexts"`
}

// Connection is how the client commands find the hub. What is set nearer wins: flag, environment, context.
type Connection struct {
	Context string `help:"Имя контекста; none: без него. / Name of a context; none for no context." env:"SMDO_CONTEXT"`
	URL     string `help:"Адрес хаба. / Address of the hub." env:"SMDO_URL"`
	KeyFile string `help:"Файл с ключом. / File that holds the key." env:"SMDO_KEY_FILE"`
}

func contextsPath() (string, error) {
	if name := os.Getenv("SMDO_CONTEXTS"); name != "" {
		return name, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("contexts: %w", err)
	}
	return filepath.Join(dir, "smdo", "contexts.yaml"), nil
}

func loadContexts() (contextsFile, error) {
	c := contextsFile{Contexts: map[string]remote{}}
	name, err := contextsPath()
	if err != nil {
		return c, err
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("contexts: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("contexts %s: %s", name, yaml.FormatError(err, false, true))
	}
	return c, nil
}

func (c contextsFile) save() error {
	name, err := contextsPath()
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	return os.WriteFile(name, text, 0o600)
}

// resolved is the connection in effect, with where each value comes from.
type resolved struct {
	URL, URLFrom     string
	KeyFile, KeyFrom string
}

func (c *Connection) resolve() (resolved, error) {
	r := resolved{URL: c.URL, KeyFile: c.KeyFile, URLFrom: "--url / SMDO_URL", KeyFrom: "--key-file / SMDO_KEY_FILE"}
	if c.Context == "none" {
		return r, nil
	}
	file, err := loadContexts()
	if err != nil {
		return r, err
	}
	name := c.Context
	if name == "" {
		name = file.Current
	}
	named, ok := file.Contexts[name]
	if name != "" && !ok {
		return r, &exitError{exitNotFound, fmt.Errorf("there is no context %q; see 'smdo context ls'", name)}
	}
	if r.URL == "" {
		r.URL, r.URLFrom = named.URL, "context "+name
	}
	if r.KeyFile == "" {
		r.KeyFile, r.KeyFrom = named.KeyFile, "context "+name
	}
	return r, nil
}

// contextCommand manages contexts.
type contextCommand struct {
	Ls   contextLs   `cmd:"" help:"Список контекстов. / List contexts."`
	Add  contextAdd  `cmd:"" help:"Добавить или заменить контекст. / Add or replace a context."`
	Use  contextUse  `cmd:"" help:"Выбрать контекст. / Choose a context."`
	Show contextShow `cmd:"" help:"Показать действующие значения и откуда они. / Show the values in effect and where they come from."`
	None contextNone `cmd:"" help:"Не выбирать никакой. / Choose none."`
}

type contextLs struct{}

// Run is the command.
func (contextLs) Run(g *Global) error {
	file, err := loadContexts()
	if err != nil {
		return err
	}
	names := make([]string, 0, len(file.Contexts))
	for name := range file.Contexts {
		names = append(names, name)
	}
	slices.Sort(names)
	var rows [][]string
	for _, name := range names {
		current := ""
		if name == file.Current {
			current = "*"
		}
		rows = append(rows, []string{current, name, file.Contexts[name].URL, file.Contexts[name].KeyFile})
	}
	return g.list(file.Contexts, []string{"", "name", "url", "key_file"}, rows)
}

type contextAdd struct {
	Name    string `arg:"" help:"Имя. / Name."`
	URL     string `arg:"" help:"Адрес хаба. / Address of the hub."`
	KeyFile string `arg:"" help:"Файл с ключом. / File that holds the key." type:"existingfile"`
}

// Run is the command.
func (c *contextAdd) Run() error {
	file, err := loadContexts()
	if err != nil {
		return err
	}
	file.Contexts[c.Name] = remote{c.URL, c.KeyFile}
	if file.Current == "" {
		file.Current = c.Name
	}
	return file.save()
}

type contextUse struct {
	Name string `arg:"" help:"Имя. / Name."`
}

// Run is the command.
func (c *contextUse) Run() error {
	file, err := loadContexts()
	if err != nil {
		return err
	}
	if _, ok := file.Contexts[c.Name]; !ok {
		return &exitError{exitNotFound, fmt.Errorf("there is no context %q; see 'smdo context ls'", c.Name)}
	}
	file.Current = c.Name
	return file.save()
}

type contextShow struct{ Connection }

// Run is the command.
func (c *contextShow) Run(g *Global) error {
	r, err := c.resolve()
	if err != nil {
		return err
	}
	return g.list(r, []string{"value", "is", "from"}, [][]string{{"url", r.URL, r.URLFrom}, {"key_file", r.KeyFile, r.KeyFrom}})
}

type contextNone struct{}

// Run is the command.
func (contextNone) Run() error {
	file, err := loadContexts()
	if err != nil {
		return err
	}
	file.Current = ""
	return file.save()
}
