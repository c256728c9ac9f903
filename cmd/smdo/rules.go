package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours"
	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// parseRules reads a contours file; the error lists every problem with its line and column. A wrong file is
// refused here as the hub would refuse it.
func parseRules(text []byte, l document.Lang) (*contours.Config, error) {
	config, problems := contours.Parse(text)
	if len(problems) > 0 {
		return nil, &exitError{exitDenied, errors.New(strings.TrimSpace(problems.Describe(l)))}
	}
	return config, nil
}

// openRules reads a contours file by its name.
func openRules(name string, l document.Lang) (*contours.Config, error) {
	text, err := readFile(name)
	if err != nil {
		return nil, err
	}
	config, err := parseRules(text, l)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	return config, nil
}

func openBook(name string, l document.Lang) (*contours.Book, error) {
	config, err := openRules(name, l)
	if err != nil {
		return nil, err
	}
	return contours.NewBook(config, 0)
}

type contourTest struct {
	File  string   `arg:"" help:"Файл правил. / Rules file." type:"existingfile"`
	Cases []string `arg:"" optional:"" help:"Файлы случаев рядом с ним. / Files of cases beside it." type:"existingfile"`
}

// Run is the command.
func (c *contourTest) Run(g *Global) error {
	book, err := openBook(c.File, g.Lang)
	if err != nil {
		return err
	}
	cases := book.Config().Cases
	for _, name := range c.Cases {
		text, err := readFile(name)
		if err != nil {
			return err
		}
		more, problems := contours.ParseCases(text)
		if len(problems) > 0 {
			return &exitError{exitDenied, fmt.Errorf("%s:\n%s", name, strings.TrimSpace(problems.Describe(g.Lang)))}
		}
		cases = append(cases[:len(cases):len(cases)], more...)
	}
	result := openapi.ConfigTest{Items: []openapi.CaseResult{}}
	for _, r := range book.RunCases(cases, time.Now()) {
		if r.Passed {
			result.Passed++
		} else {
			result.Failed++
		}
		result.Items = append(result.Items, openapi.CaseResult{Name: r.Case.Name, Passed: r.Passed, Explanation: r.Explanation.String()})
	}
	return g.tested(&result)
}

func (g *Global) tested(t *openapi.ConfigTest) error {
	if g.Output == "json" || g.Output == "yaml" {
		if err := g.print(t); err != nil {
			return err
		}
	} else {
		for _, c := range t.Items {
			if c.Passed {
				fmt.Fprintln(g.stdout, g.paint(green, "+"), c.Name)
				continue
			}
			fmt.Fprintln(g.stdout, g.paint(red, "-"), c.Name)
			fmt.Fprintln(g.stdout, "    "+strings.ReplaceAll(strings.TrimSpace(c.Explanation), "\n", "\n    "))
		}
	}
	if t.Failed > 0 {
		return fmt.Errorf(g.Lang.Pick("не прошло случаев: %d из %d", "cases that failed: %d of %d"), t.Failed, len(t.Items))
	}
	return nil
}

type contourDiff struct {
	Connection
	Old string `arg:"" help:"Файл правил; единственный сравнивается с действующим. / Rules file; a single one is compared with the one in force." type:"existingfile"`
	New string `arg:"" optional:"" help:"Новый файл; тогда хаб не нужен. / The new file; then no hub is needed." type:"existingfile"`
}

// Run is the command.
func (c *contourDiff) Run(ctx context.Context, g *Global) error {
	if c.New == "" {
		hub, err := c.open(g)
		if err != nil {
			return err
		}
		file, err := readFile(c.Old)
		if err != nil {
			return err
		}
		diff, err := hub.diff(ctx, file)
		if err != nil {
			return err
		}
		return g.changes(diff.Items)
	}
	before, err := openRules(c.Old, g.Lang)
	if err != nil {
		return err
	}
	after, err := openRules(c.New, g.Lang)
	if err != nil {
		return err
	}
	items := []openapi.ConfigChange{}
	for _, d := range contours.Diff(before, after) {
		items = append(items, openapi.ConfigChange{What: string(d.What), ID: d.ID, How: string(d.How), Field: d.Field, Old: d.Old, New: d.New, Text: d.Text(g.Lang)})
	}
	return g.changes(items)
}

// changes prints differences in words, or whole with -o.
func (g *Global) changes(items []openapi.ConfigChange) error {
	if g.Output != "table" {
		return table(g, items, []string{"how", "what", "id", "field", "old", "new", "text"}, func(c *openapi.ConfigChange) []string {
			return []string{c.How, c.What, c.ID, c.Field, c.Old, c.New, c.Text}
		})
	}
	if len(items) == 0 {
		g.say("отличий нет", "no differences")
	}
	colours := map[string]string{string(contours.Added): green, string(contours.Removed): red, string(contours.Changed): yellow}
	for _, c := range items {
		fmt.Fprintln(g.stdout, g.paint(colours[c.How], c.Text))
	}
	return nil
}
