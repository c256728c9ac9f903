package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

const yamlType = "application/yaml"

func (c *client) diff(ctx context.Context, file []byte) (openapi.ConfigDiff, error) {
	return answer[openapi.ConfigDiff](c.DiffConfigWithBody(ctx, &openapi.DiffConfigParams{Lang: c.lang()}, yamlType, bytes.NewReader(file)))
}

type contourApply struct {
	Connection
	Confirm
	File    string `arg:"" help:"Файл правил; - : стандартный ввод. / Rules file; - for the standard input."`
	Comment string `help:"Зачем. / Why."`
	DryRun  bool   `help:"Только показать отличия. / Only show the differences."`
}

// Run is the command. What is put in force is the difference that was shown: when somebody was faster, the
// hub refuses.
func (c *contourApply) Run(ctx context.Context, g *Global) error {
	file, err := readFile(c.File)
	if err != nil {
		return err
	}
	if _, err := parseRules(file, g.Lang); err != nil {
		return fmt.Errorf("%s:\n%w", c.File, err)
	}
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	diff, err := hub.diff(ctx, file)
	if err != nil {
		return err
	}
	if err := g.words().changes(diff.Items); err != nil || len(diff.Items) == 0 || c.DryRun {
		return err
	}
	if err := c.ask(g, fmt.Sprintf(g.Lang.Pick("изменений: %d, применить к версии %d", "changes: %d, apply to version %d"), len(diff.Items), diff.Base)); err != nil {
		return err
	}
	params := &openapi.PutConfigParams{Comment: optional(c.Comment), IfMatch: optional(strconv.Quote(strconv.FormatInt(diff.Base, 10)))}
	return g.changed(hub.PutConfigWithBody(ctx, params, yamlType, bytes.NewReader(file)))
}

// changed prints the version that came of a change.
func (g *Global) changed(r *http.Response, err error) error {
	v, err := answer[openapi.ConfigVersion](r, err)
	if err != nil {
		return err
	}
	if v.Pending {
		g.say(fmt.Sprintf("версия %d ждёт одобрения другим ключом: smdo contour approve %d", v.Version, v.Version), fmt.Sprintf("version %d waits for the approval of another key: smdo contour approve %d", v.Version, v.Version))
	} else {
		g.say(fmt.Sprintf("версия %d действует", v.Version), fmt.Sprintf("version %d is in force", v.Version))
	}
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(v)
	}
	_, err = fmt.Fprintln(g.stdout, v.Version)
	return err
}

type contourApprove struct {
	Connection
	Confirm
	Version int64 `arg:"" help:"Версия. / Version."`
}

// Run is the command.
func (c *contourApprove) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	if err := hub.showChange(ctx, c.Version); err != nil {
		return err
	}
	if err := c.ask(g, fmt.Sprintf(g.Lang.Pick("одобрить версию %d", "approve version %d"), c.Version)); err != nil {
		return err
	}
	return g.changed(hub.ApproveConfig(ctx, c.Version))
}

// showChange tells a person what a version would change.
func (c *client) showChange(ctx context.Context, version int64) error {
	file, _, err := c.rules(ctx, version)
	if err != nil {
		return err
	}
	diff, err := c.diff(ctx, file)
	if err != nil {
		return err
	}
	return c.g.words().changes(diff.Items)
}

type contourRollback struct {
	Connection
	Confirm
	Version int64  `arg:"" help:"Версия, чей текст вернуть. / Version whose text comes back."`
	Comment string `help:"Зачем. / Why."`
	DryRun  bool   `help:"Только показать отличия. / Only show the differences."`
}

// Run is the command.
func (c *contourRollback) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	if err := hub.showChange(ctx, c.Version); err != nil || c.DryRun {
		return err
	}
	if err := c.ask(g, fmt.Sprintf(g.Lang.Pick("вернуть версию %d", "roll back to version %d"), c.Version)); err != nil {
		return err
	}
	return g.changed(hub.RollbackConfig(ctx, openapi.Rollback{Version: c.Version, Comment: c.Comment}))
}

type contourVersions struct{ Listing }

// Run is the command.
func (c *contourVersions) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	items, err := collect(c.Limit, func(after *string, size *int) ([]openapi.ConfigVersion, string, error) {
		page, err := answer[openapi.ConfigVersionPage](hub.ListConfigVersions(ctx, &openapi.ListConfigVersionsParams{After: after, Limit: size}))
		return page.Items, page.Next, err
	})
	if err != nil {
		return err
	}
	return table(g, items, []string{"version", "state", "at", "by", "approved", "comment", "+sha256"}, func(v *openapi.ConfigVersion) []string {
		state := ""
		switch {
		case v.Active:
			state = g.Lang.Pick("действует", "in force")
		case v.Pending:
			state = g.Lang.Pick("ждёт одобрения", "waits for approval")
		}
		return []string{strconv.FormatInt(v.Version, 10), state, g.at(v.At), v.By, v.Approved, v.Comment, v.Sha256}
	})
}

type contourDryrun struct {
	Connection
	File  string `arg:"" help:"Файл правил. / Rules file." type:"existingfile"`
	Since moment `help:"С какого времени; 30 дней. / From when on; 30 days." default:"30d"`
}

// Run is the command. Nothing is changed.
func (c *contourDryrun) Run(ctx context.Context, g *Global) error {
	file, err := readFile(c.File)
	if err != nil {
		return err
	}
	if _, err := parseRules(file, g.Lang); err != nil {
		return fmt.Errorf("%s:\n%w", c.File, err)
	}
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	since := c.Since.Time.UTC().Truncate(time.Second)
	d, err := answer[openapi.DryRun](hub.DryrunConfigWithBody(ctx, &openapi.DryrunConfigParams{Since: &since, Lang: hub.lang()}, yamlType, bytes.NewReader(file)))
	if err != nil {
		return err
	}
	if g.Output == "json" || g.Output == "yaml" {
		return g.print(d)
	}
	g.say(fmt.Sprintf("решений: %d, решилось бы иначе: %d", d.Seen, d.Changed), fmt.Sprintf("decisions: %d, would be others: %d", d.Seen, d.Changed))
	return table(g, d.Pairs, []string{"from", "to", "opened", "closed", "other"}, func(p *openapi.DryRunPair) []string {
		return []string{string(p.From), string(p.To), strconv.Itoa(p.Opened), strconv.Itoa(p.Closed), strconv.Itoa(p.Other)}
	})
}
