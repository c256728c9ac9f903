package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
)

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
	switch g.Output {
	case "json":
		return g.printJSON(value)
	case "yaml":
		return g.printYAML(value)
	case "csv":
		w := csv.NewWriter(g.stdout)
		for i := range header {
			header[i] = strings.TrimPrefix(header[i], "+")
		}
		_ = w.Write(header)
		_ = w.WriteAll(rows)
		return w.Error()
	}
	if len(rows) == 0 {
		fmt.Fprintln(g.stderr, g.Lang.Pick("ничего нет", "nothing"))
		return nil
	}
	w := tabwriter.NewWriter(g.stdout, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(g.visible(header, header), "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(g.visible(header, row), "\t"))
	}
	return w.Flush()
}

func (g *Global) visible(header, row []string) []string {
	var out []string
	for i, cell := range row {
		if wide := strings.HasPrefix(header[i], "+"); !wide || g.Output == "wide" {
			out = append(out, strings.TrimPrefix(strings.ReplaceAll(cell, "\n", " "), "+"))
		}
	}
	return out
}
