package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// orgCommand is about organisations.
type orgCommand struct {
	Ls orgLs `cmd:"" help:"Организации и их контуры. / Organisations and their contours."`
}

type orgLs struct{ Connection }

// organisation is a subscriber with its contours.
type organisation struct {
	Code     string                 `json:"code"`
	Name     string                 `json:"name"`
	Active   bool                   `json:"active"`
	Contours []document.ContourCode `json:"contours"`
}

// Run is the command.
func (o *orgLs) Run(ctx context.Context, g *Global) error {
	hub, err := o.open(g)
	if err != nil {
		return err
	}
	views, err := hub.contours(ctx, 0)
	if err != nil {
		return err
	}
	items, place := []organisation{}, map[string]int{}
	for _, v := range views {
		i, seen := place[v.Organisation]
		if !seen {
			i, place[v.Organisation] = len(items), len(items)
			items = append(items, organisation{Code: v.Organisation, Name: v.OrganisationName, Active: v.Active})
		}
		items[i].Contours = append(items[i].Contours, v.Code)
	}
	return table(g, items, []string{"organisation", "name", "active", "contours"}, func(o *organisation) []string {
		return []string{o.Code, o.Name, fmt.Sprint(o.Active), strings.Trim(fmt.Sprint(o.Contours), "[]")}
	})
}

// userCommand is about participants.
type userCommand struct {
	Ls userLs `cmd:"" help:"Участники контура; без контура все, для администратора. / Participants of a contour; without one all, for an administrator."`
}

type userLs struct {
	Connection
	Contour document.ContourCode `arg:"" optional:"" help:"Контур. / Contour."`
}

// participant is a user of a contour.
type participant struct {
	Contour document.ContourCode `json:"contour"`
	openapi.Participant
}

// Run is the command.
func (u *userLs) Run(ctx context.Context, g *Global) error {
	hub, err := u.open(g)
	if err != nil {
		return err
	}
	items, err := u.read(ctx, hub)
	if err != nil {
		return err
	}
	return table(g, items, []string{"contour", "participant", "name", "rights"}, func(p *participant) []string {
		return []string{string(p.Contour), string(p.Code), p.Name, strings.Join(p.Rights, ",")}
	})
}

func (u *userLs) read(ctx context.Context, hub *client) ([]participant, error) {
	items := []participant{}
	if u.Contour != "" {
		view, err := answer[openapi.ContourView](hub.GetContour(ctx, u.Contour, &openapi.GetContourParams{Lang: hub.lang()}))
		for _, p := range view.Participants {
			items = append(items, participant{u.Contour, p})
		}
		return items, err
	}
	file, _, err := hub.rules(ctx, 0)
	if err != nil {
		return nil, err
	}
	config, err := parseRules(file, hub.g.Lang)
	if err != nil {
		return nil, err
	}
	for i := range config.Contours {
		c := &config.Contours[i]
		for _, p := range c.Participants {
			x := participant{c.Code, openapi.Participant{Code: p.Code, Name: p.Name, Rights: []string{}}}
			for _, r := range p.Rights {
				x.Rights = append(x.Rights, string(r))
			}
			items = append(items, x)
		}
	}
	return items, nil
}
