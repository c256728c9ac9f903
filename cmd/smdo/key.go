package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/openapi"
)

// keyCommand is about API keys.
type keyCommand struct {
	Ls     keyLs     `cmd:"" help:"Ключи, без секретов. / Keys, without their secrets."`
	Add    keyAdd    `cmd:"" help:"Новый ключ; показывается один раз. / A new key; shown this once."`
	Rotate keyRotate `cmd:"" help:"Заменить ключ новым с теми же правами. / Replace a key by a new one with the same rights."`
	Revoke keyRevoke `cmd:"" help:"Отозвать ключ. / Revoke a key."`
}

type keyLs struct {
	Listing
	Contour document.ContourCode `help:"Только этого контура. / Only this contour's."`
}

// Run is the command.
func (k *keyLs) Run(ctx context.Context, g *Global) error {
	hub, err := k.open(g)
	if err != nil {
		return err
	}
	items, err := hub.apiKeys(ctx, k.Contour, k.Limit)
	if err != nil {
		return err
	}
	return table(g, items, []string{"key", "role", "contour", "name", "created", "expires", "revoked"}, func(k *openapi.Key) []string {
		return []string{k.ID, string(k.Role), string(k.Contour), k.Name, g.at(k.Created), g.at(k.Expires), g.at(k.Revoked)}
	})
}

func (c *client) apiKeys(ctx context.Context, contour document.ContourCode, limit int) ([]openapi.Key, error) {
	return collect(limit, func(after *string, size *int) ([]openapi.Key, string, error) {
		page, err := answer[openapi.KeyPage](c.ListKeys(ctx, &openapi.ListKeysParams{Contour: optional(contour), After: after, Limit: size}))
		return page.Items, page.Next, err
	})
}

// issuing are the flags of commands that make a key.
type issuing struct {
	Connection
	Expires term   `help:"Срок: 90d; без него бессрочно. / Term: 90d; without it no end."`
	Out     string `help:"Записать в файл, доступный только владельцу. / Write it into a file that only the owner can read." type:"path"`
}

// issue makes a key and hands it over once: on stdout, or in a new file. The file is made first, so that no
// key is lost for want of a place.
func (i *issuing) issue(ctx context.Context, g *Global, hub *client, k openapi.NewKey) error {
	if i.Expires > 0 {
		k.Expires = time.Now().Add(time.Duration(i.Expires)).UTC().Truncate(time.Second)
	}
	var file *os.File
	if i.Out != "" {
		var err error
		if file, err = os.OpenFile(i.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return &exitError{exitUsage, err}
		}
		defer file.Close()
	}
	issued, err := answer[openapi.IssuedKey](hub.AddKey(ctx, k))
	if err != nil {
		if file != nil {
			err = errors.Join(err, os.Remove(i.Out))
		}
		return err
	}
	g.say("ключ "+issued.ID+" показывается один раз", "key "+issued.ID+" is shown this once")
	switch {
	case file != nil:
		if _, err := fmt.Fprintln(file, issued.Key); err != nil {
			return fmt.Errorf("write key %s: %w", issued.ID, err)
		}
		issued.Key = ""
		if g.Output == "table" {
			_, err = fmt.Fprintln(g.stdout, issued.ID)
			return err
		}
	case g.Output == "table":
		_, err = fmt.Fprintln(g.stdout, issued.Key)
		return err
	}
	return g.print(issued)
}

type keyAdd struct {
	issuing
	Contour document.ContourCode `help:"Контур; для роли contour. / Contour; for the role contour."`
	Role    openapi.Role         `help:"contour, admin или auditor. / contour, admin or auditor." enum:"contour,admin,auditor" default:"contour"`
	Name    string               `help:"Чей ключ. / Whose key."`
}

// Run is the command.
func (k *keyAdd) Run(ctx context.Context, g *Global) error {
	hub, err := k.open(g)
	if err != nil {
		return err
	}
	return k.issue(ctx, g, hub, openapi.NewKey{Contour: k.Contour, Role: k.Role, Name: k.Name})
}

type keyRotate struct {
	issuing
	Confirm
	Key  string `arg:"" help:"Открытая часть ключа. / Public part of the key."`
	Keep bool   `help:"Старый не отзывать. / Do not revoke the old one."`
}

// Run is the command.
func (k *keyRotate) Run(ctx context.Context, g *Global) error {
	hub, err := k.open(g)
	if err != nil {
		return err
	}
	all, err := hub.apiKeys(ctx, "", 0)
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.ID != k.Key {
			continue
		}
		if !k.Keep {
			if err := k.ask(g, g.Lang.Pick("заменить и отозвать ", "replace and revoke ")+k.Key); err != nil {
				return err
			}
		}
		if err := k.issue(ctx, g, hub, openapi.NewKey{Contour: old.Contour, Role: old.Role, Name: old.Name}); err != nil || k.Keep {
			return err
		}
		return done(hub.RevokeKey(ctx, k.Key))
	}
	return &exitError{exitNotFound, fmt.Errorf("%s %q", g.Lang.Pick("нет ключа", "there is no key"), k.Key)}
}

type keyRevoke struct {
	Connection
	Confirm
	Key string `arg:"" help:"Открытая часть ключа. / Public part of the key."`
}

// Run is the command.
func (k *keyRevoke) Run(ctx context.Context, g *Global) error {
	hub, err := k.open(g)
	if err != nil {
		return err
	}
	if err := k.ask(g, g.Lang.Pick("отозвать ", "revoke ")+k.Key); err != nil {
		return err
	}
	if err := done(hub.RevokeKey(ctx, k.Key)); err != nil {
		return err
	}
	g.say("ключ отозван", "the key is revoked")
	return nil
}
