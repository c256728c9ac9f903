package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// contourCommand is about contours and the rules between them.
type contourCommand struct {
	Ls       contourLs       `cmd:"" help:"Контуры. / Contours."`
	Trusted  contourTrusted  `cmd:"" help:"Кому можно посылать и с какими исполнителями. / To whom one may send, with their executors."`
	Show     contourShow     `cmd:"" help:"Контур; без имени действующий файл правил. / A contour; without a name the rules file in force."`
	Explain  contourExplain  `cmd:"" help:"Какое правило решает и почему; отказ: код 4. / Which rule decides and why; a refusal is exit code 4."`
	Test     contourTest     `cmd:"" help:"Прогнать случаи файла, без хаба. / Run the cases of a file, without a hub."`
	Diff     contourDiff     `cmd:"" help:"Чем отличаются два файла, или файл от действующего. / How two files differ, or a file from the one in force."`
	Dryrun   contourDryrun   `cmd:"" help:"Что решилось бы иначе по записанным пакетам. / What would have been decided otherwise about recorded packets."`
	Apply    contourApply    `cmd:"" help:"Ввести файл правил в действие. / Put a rules file in force."`
	Approve  contourApprove  `cmd:"" help:"Одобрить ждущую версию вторым лицом. / Approve a version that waits, as the second person."`
	Rollback contourRollback `cmd:"" help:"Вернуть текст прежней версии. / Put an earlier version's text in force again."`
	Versions contourVersions `cmd:"" help:"Версии файла правил. / Versions of the rules file."`
}

type contourLs struct{ Listing }

// Run is the command.
func (c *contourLs) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	items, err := hub.contours(ctx, c.Limit)
	if err != nil {
		return err
	}
	return table(g, items, []string{"contour", "title", "organisation", "active", "delivery", "+organisation_name", "+preset", "+time_zone"}, func(c *openapi.ContourView) []string {
		return []string{string(c.Code), c.Title, c.Organisation, fmt.Sprint(c.Active), c.Delivery, c.OrganisationName, c.Preset, c.TimeZone}
	})
}

func (c *client) contours(ctx context.Context, limit int) ([]openapi.ContourView, error) {
	return collect(limit, func(after *string, size *int) ([]openapi.ContourView, string, error) {
		page, err := answer[openapi.ContourPage](c.ListContours(ctx, &openapi.ListContoursParams{After: after, Limit: size, Lang: c.lang()}))
		return page.Items, page.Next, err
	})
}

type contourTrusted struct{ Listing }

// Run is the command.
func (c *contourTrusted) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	items, err := collect(c.Limit, func(after *string, size *int) ([]openapi.ContourView, string, error) {
		page, err := answer[openapi.ContourPage](hub.ListTrusted(ctx, &openapi.ListTrustedParams{After: after, Limit: size, Lang: hub.lang()}))
		return page.Items, page.Next, err
	})
	if err != nil {
		return err
	}
	return table(g, items, []string{"contour", "title", "rule", "tasks", "executors", "+kinds", "+restricted"}, func(c *openapi.ContourView) []string {
		var tasks, executors []string
		for _, t := range c.Rule.Tasks {
			tasks = append(tasks, string(t))
		}
		for _, p := range c.Participants {
			executors = append(executors, string(p.Code))
		}
		return []string{string(c.Code), c.Title, c.Rule.ID, strings.Join(tasks, ","), strings.Join(executors, ","), strings.Join(c.Rule.Kinds, ","), fmt.Sprint(c.Rule.Restricted)}
	})
}

type contourShow struct {
	Connection
	Contour document.ContourCode `arg:"" optional:"" help:"Контур. / Contour."`
	Version int64                `help:"Эта версия файла правил. / This version of the rules file."`
}

// Run is the command.
func (c *contourShow) Run(ctx context.Context, g *Global) error {
	hub, err := c.open(g)
	if err != nil {
		return err
	}
	if c.Contour != "" {
		view, err := answer[openapi.ContourView](hub.GetContour(ctx, c.Contour, &openapi.GetContourParams{Lang: hub.lang()}))
		if err != nil {
			return err
		}
		return g.print(view)
	}
	file, version, err := hub.rules(ctx, c.Version)
	if err != nil {
		return err
	}
	g.say("версия "+version, "version "+version)
	if g.Output == "json" {
		config, err := parseRules(file, g.Lang)
		if err != nil {
			return err
		}
		return g.printJSON(config)
	}
	_, err = g.stdout.Write(file)
	return err
}

// rules are the text of a version of the rules file, and its number; 0: the one in force.
func (c *client) rules(ctx context.Context, version int64) ([]byte, string, error) {
	if version == 0 {
		return text(c.GetConfig(ctx))
	}
	return text(c.GetConfigVersion(ctx, version))
}
