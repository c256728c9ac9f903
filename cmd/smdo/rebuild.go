package main

import (
	"context"
	"fmt"
)

// rebuildCommand makes a lost part anew from the others.
type rebuildCommand struct {
	Bus rebuildBus `cmd:"" help:"Создать шину заново: всё открытое придёт из базы. / Make the bus anew: what is open comes from the record."`
}

type rebuildBus struct {
	Config string `short:"c" help:"Файл настроек. / Configuration file." type:"existingfile" required:""`
}

// Run is the command. It must run while no hub does.
func (r *rebuildBus) Run(ctx context.Context, g *Global) error {
	config, err := loadConfig(r.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	h, err := assemble(ctx, config, newLogger(config.Log), start{newBus: true})
	if err != nil {
		return err
	}
	fmt.Fprintln(g.stderr, g.Lang.Pick("шина принадлежит базе; запустите хаб", "the bus belongs to the record; start the hub"))
	return h.close()
}
