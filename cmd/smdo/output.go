package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
)

// say tells a person something, on stderr, unless --quiet.
func (g *Global) say(ru, en string) {
	if !g.Quiet {
		fmt.Fprintln(g.stderr, g.Lang.Pick(ru, en))
	}
}

// words is the same with stderr in place of stdout, for what is to be read before a question.
func (g *Global) words() *Global {
	return &Global{Output: "table", Lang: g.Lang, TZ: g.TZ, Quiet: g.Quiet, NoColor: g.NoColor, stdout: g.stderr, stderr: g.stderr}
}

// at is a time in the zone that was asked for; the zone always stands beside it.
func (g *Global) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if g.TZ.Location != nil {
		t = t.In(g.TZ.Location)
	}
	return t.Format("2006-01-02 15:04:05 -07:00")
}

// The colours of a terminal.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// paint colours text on a terminal.
func (g *Global) paint(colour, text string) string {
	f, ok := g.stdout.(*os.File)
	if g.NoColor || os.Getenv("NO_COLOR") != "" || !ok || !terminal(f) {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// print writes one thing: YAML unless JSON was asked for.
func (g *Global) print(value any) error {
	if g.Output == "json" {
		return g.printJSON(value)
	}
	return g.printYAML(value)
}

func (g *Global) printJSON(value any) error {
	e := json.NewEncoder(g.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

func (g *Global) printYAML(value any) error {
	// Through JSON, so that both outputs have the same names.
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	out, err := yaml.JSONToYAML(text)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	_, err = g.stdout.Write(out)
	return err
}

// list writes many things: value as JSON or YAML, or the rows as a table or CSV. Columns whose header
// begins with '+' are shown only with -o wide and csv.
func (g *Global) list(value any, header []string, rows [][]string) error {
	names := make([]string, len(header))
	for i := range header {
		names[i] = strings.TrimPrefix(header[i], "+")
	}
	switch g.Output {
	case "json":
		return g.printJSON(value)
	case "yaml":
		return g.printYAML(value)
	case "csv":
		w := csv.NewWriter(g.stdout)
		_ = w.Write(names)
		_ = w.WriteAll(rows)
		return w.Error()
	}
	if len(rows) == 0 {
		g.say("ничего нет", "nothing")
		return nil
	}
	var lines bytes.Buffer
	w := tabwriter.NewWriter(&lines, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(g.visible(header, names), "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(g.visible(header, row), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(lines.String()) {
		if _, err := fmt.Fprintln(g.stdout, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// visible leaves out the wide columns unless they were asked for.
func (g *Global) visible(header, row []string) []string {
	var out []string
	for i, cell := range row {
		if strings.HasPrefix(header[i], "+") && g.Output != "wide" {
			continue
		}
		out = append(out, flat(cell))
	}
	return out
}

// flat is a text on one line: what a stranger wrote neither ends its line nor speaks to the terminal.
func flat(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// table lists items, a row each.
func table[T any](g *Global, items []T, header []string, row func(*T) []string) error {
	rows := make([][]string, len(items))
	for i := range items {
		rows[i] = row(&items[i])
	}
	return g.list(items, header, rows)
}
