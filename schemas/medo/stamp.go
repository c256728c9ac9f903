package medo

import (
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Stamp is a picture on a page of the document: in millimetres from the upper left corner of the page, which counts from 1.
type Stamp struct {
	Name       string // Latin, ends in .png
	Page       int
	X, Y, W, H int
	PNG        []byte
}

// stamp is a picture: kept as it is, or the caller's.
func (c *codec) stamp(f *markup.Form, name string, role Role, author, nth int) {
	f.Keep(name)
	if e := f.Element().Child(name); e != nil {
		if f.Reading() && !placed(e) {
			f.Fault(document.FormatContent, name, name)
		}
		c.part(f, name, role)
		return
	}
	if f.Reading() {
		f.Fault(document.FormatCount, name, name, "0", "1")
		return
	}
	var s Stamp
	if c.Stamp != nil {
		s = c.Stamp(author, nth)
	}
	if s.Name == "" {
		f.Missing = append(f.Missing, f.Path(name))
		return
	}
	if !fits(s.Name, false) {
		s.Name = "stamp.png"
	}
	s.Name = c.names.of("", stem(s.Name), ".png")
	c.stamps = append(c.stamps, s)
	f.Element().Add(s.element(name))
	c.parts = append(c.parts, Part{s.Name, role, -1, -1})
}

func (s *Stamp) element(name string) *markup.Element {
	e := markup.New(name).Set("localName", s.Name)
	position := e.Add(markup.New("position"))
	number := func(of *markup.Element, name string, n int) { of.Add(markup.New(name)).Text = strconv.Itoa(n) }
	number(position, "page", s.Page)
	corner := position.Add(markup.New("topLeft"))
	number(corner, "x", s.X)
	number(corner, "y", s.Y)
	size := position.Add(markup.New("dimension"))
	number(size, "w", s.W)
	number(size, "h", s.H)
	return e
}

// placed says whether a stamp has its place on a page.
func placed(e *markup.Element) bool {
	number := func(least int, path ...string) bool {
		at := e
		for _, name := range path {
			if at = at.Child(name); at == nil {
				return false
			}
		}
		n, err := strconv.Atoi(markup.Clean(at.Text))
		return err == nil && n >= least && n <= 1<<15-1
	}
	return number(1, "position", "page") && number(0, "position", "topLeft", "x") && number(0, "position", "topLeft", "y") &&
		number(1, "position", "dimension", "w") && number(1, "position", "dimension", "h")
}
