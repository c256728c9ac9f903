// Package migrations holds the schemas of the record, one folder a database.
//
// A register is kept for decades and outlives the programs that write in it. So a schema only moves forward,
// by numbered steps that are never edited after a release, and each step must suit the binary before it and
// the one after it: the hub is upgraded instance by instance while it runs.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres returns the steps of the PostgreSQL schema.
func Postgres() fs.FS { return sub("postgres") }

// SQLite returns the steps of the SQLite schema.
func SQLite() fs.FS { return sub("sqlite") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil { // a constant name that is valid
		panic(err)
	}
	return f
}
