package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/smdo-hub/smdo-hub/contours"
)

// Listing are the flags of commands that list.
type Listing struct {
	Connection
	Limit int `help:"Сколько строк не более; 0: все. / How many rows at most; 0: all." default:"50"`
}

// Period are the flags of commands that look at an interval of time.
type Period struct {
	Since moment `help:"С момента: RFC 3339, день или назад: 2h, 3d. / From: RFC 3339, a day, or ago: 2h, 3d."`
	Until moment `help:"До момента, так же. / Until, likewise."`
}

// moment is a point in time: RFC 3339, a day, or how long ago ("2h", "3d").
type moment struct{ time.Time }

// UnmarshalText reads one of the three forms.
func (m *moment) UnmarshalText(b []byte) error {
	var ago contours.Duration
	if ago.UnmarshalText(b) == nil {
		m.Time = time.Now().Add(-time.Duration(ago))
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, string(b), time.Local); err == nil {
			m.Time = t
			return nil
		}
	}
	return fmt.Errorf("%q: want a time such as 2026-11-25T10:00:00+03:00, a day such as 2026-11-25, or how long ago: 30m, 2h, 3d", b)
}

// term is a length of time: "30m", "2h", "90d".
type term = contours.Duration

// zone is a time zone by its name.
type zone struct{ *time.Location }

// UnmarshalText reads a name of the zone database, UTC or Local.
func (z *zone) UnmarshalText(b []byte) (err error) {
	if z.Location, err = time.LoadLocation(string(b)); err != nil {
		return fmt.Errorf("%q: want a time zone such as Europe/Minsk, UTC or Local", b)
	}
	return nil
}

// Confirm is the flag of commands that cannot be taken back.
type Confirm struct {
	Yes bool `short:"y" help:"Не спрашивать. / Do not ask."`
}

// ask returns nil when the person agrees. Without a terminal nobody can be asked: then --yes is needed.
func (c Confirm) ask(g *Global, question string) error {
	if c.Yes {
		return nil
	}
	nobody := &exitError{exitUsage, errors.New(question + ": " + g.Lang.Pick("подтвердите флагом --yes", "confirm with --yes"))}
	if !terminal(os.Stdin) {
		return nobody
	}
	fmt.Fprint(g.stderr, question, g.Lang.Pick("? [д/н] ", "? [y/n] "))
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && line == "" {
		return nobody
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "д", "да":
		return nil
	}
	return &exitError{exitFailure, errors.New(g.Lang.Pick("отменено", "cancelled"))}
}

func terminal(f *os.File) bool {
	i, err := f.Stat()
	return err == nil && i.Mode()&os.ModeCharDevice != 0
}
