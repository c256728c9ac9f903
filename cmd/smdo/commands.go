package main

import (
	"io"

	"github.com/alecthomas/kong"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Global are the flags that every command has.
type Global struct {
	Output string        `short:"o" help:"table, json, yaml, csv или wide. / table, json, yaml, csv or wide." enum:"table,json,yaml,csv,wide" default:"table"`
	Lang   document.Lang `help:"Язык: ru или en. / Language." enum:"ru,en" default:"ru" env:"SMDO_LANG"`

	stdout, stderr io.Writer  `kong:"-"`
	parser         *kong.Kong `kong:"-"`
}

// commands is the whole command line.
type commands struct {
	Global

	Dev devCommand `cmd:"" help:"Всё на этой машине, с показом пути задачи. / Everything on this machine, with the journey of a task."`
}
