package medo

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// The longest texts of the schemas, in characters.
const (
	maxString  = 511
	maxNumber  = 31
	maxShort   = 4000 // annotations
	maxComment = 2047
	maxID      = 127
)

// Source is who a message comes from: the GUID of an organisation's system and the organisation's name.
type Source struct {
	UID          string
	Organization string
}

// Options are what a reader or writer may be told. The zero value will do.
type Options struct {
	Zone   *time.Location // of times without an offset; Moscow's when nil
	Limits markup.Limits  // of reading XML; 16 MiB when zero
	Zip    ZipLimits      // of reading containers; those of DefaultZipLimits when zero

	// Contour is the hub's code of a system of МЭДО. Nil leaves codes empty, for the caller to fill.
	Contour func(Source) document.ContourCode
	// Source is the name of a contour in МЭДО. Nil, or an empty answer, takes Packet.From and the receivers' System.
	Source func(document.ContourCode) Source
	// Code is the id of a value in the directories of 2.7.1, for instance "DK00000001" of documentKind «Письмо».
	Code func(element, text string) string
	// Stamp is a picture on a page of the document, for packets that have none of their own: of the registration of an
	// author (sign is -1), or of a signature of his. Both count from 0.
	Stamp func(author, sign int) Stamp
}

func (o *Options) zone() *time.Location {
	if o.Zone == nil {
		return moscow()
	}
	return o.Zone
}

func (o *Options) source(c document.ContourCode, s document.System) Source {
	var src Source
	if o.Source != nil {
		src = o.Source(c)
	}
	if src == (Source{}) {
		src = Source{s.SysID, s.Name}
	}
	return src
}

func (o *Options) contour(s Source) document.ContourCode {
	if o.Contour == nil {
		return ""
	}
	return o.Contour(s)
}

// codec reads or writes one message or one passport.
type codec struct {
	Options
	version Version
	packet  *document.Packet
	kept    map[string]string // writing: what a reading kept, by path
	names   naming
	parts   []Part
	stamps  []Stamp // writing: those that the caller gave

	signatures []document.Signature // of a container's document; writing: those that are still to be named
}

func newCodec(o Options, v Version, p *document.Packet, extras []document.Variable) *codec {
	c := &codec{Options: o, version: v, packet: p, kept: map[string]string{}}
	for _, x := range extras {
		c.kept[x.Name] = x.Value
	}
	return c
}

// own are the paths that the codec itself puts back; the form is not to.
func own(path string) bool {
	return path == "@version" || path == "header/@type" || strings.HasSuffix(path, "/@localName") || strings.HasSuffix(path, "#") || path == "requisites/classification/@id"
}

// extras are the rest.
func extrasForForm(list []document.Variable) (rest []document.Variable) {
	for _, x := range list {
		if !own(x.Name) {
			rest = append(rest, x)
		}
	}
	return rest
}

// hold keeps a value under a path of its own, when reading.
func (c *codec) hold(f *markup.Form, part, value string) {
	if f.Reading() && value != "" {
		f.Extras = append(f.Extras, document.Variable{Name: f.Path(part), Value: value})
	}
}

// attr is an attribute that is not written when it says nothing.
func (c *codec) attr(f *markup.Form, name string, need markup.Need, v *string) {
	if !f.Reading() && *v == "" {
		if need == markup.Required {
			f.Missing = append(f.Missing, f.Path("@"+name))
		}
		return
	}
	f.Attr(name, need, v)
	if f.Reading() {
		*v = strings.TrimSpace(*v)
	}
}

// uid is an attribute with a GUID; braces around it are not minded.
func (c *codec) uid(f *markup.Form, need markup.Need, v *string) {
	if !f.Reading() {
		id := GUID(*v)
		c.attr(f, "uid", need, &id)
		return
	}
	c.attr(f, "uid", need, v)
	*v = strings.TrimSuffix(strings.TrimPrefix(*v, "{"), "}")
	if *v != "" && !IsGUID(*v) {
		f.Fault(document.FormatAttributeType, "@uid", "uid")
	}
}

// text is a child with a text of at most so many characters.
func (c *codec) text(f *markup.Form, name string, need markup.Need, most int, v *string) {
	c.leaf(f, name, need, v, func(s string) bool {
		*v = s
		return utf8.RuneCountInString(s) <= most
	})
}

// leaf is the one way that children with a text are read and written. An empty one is as good as none.
func (c *codec) leaf(f *markup.Form, name string, need markup.Need, text *string, parse func(string) bool) {
	if f.Reading() {
		markup.One(f, name, need, true, text, func(f *markup.Form, _ *string) {
			var s string
			f.Content(&s)
			if !parse(s) || s == "" && need == markup.Required && name != "number" && name != "date" {
				f.Fault(document.FormatContent, "", name)
			}
		})
		return
	}
	if *text == "" && need == markup.Required {
		f.Missing = append(f.Missing, f.Path(name))
	}
	markup.One(f, name, markup.Optional, *text != "", text, func(f *markup.Form, s *string) { f.Content(s) })
}

// date is a child with a day. A time behind it is kept, the vocabulary has days only.
func (c *codec) date(f *markup.Form, name string, need markup.Need, d *document.Date) {
	text := ""
	if !f.Reading() && !d.IsZero() {
		text = d.String()
		if whole := c.kept[f.Path(name+"#")]; strings.HasPrefix(whole, text+"T") {
			text = whole
		}
	}
	c.leaf(f, name, need, &text, func(s string) bool {
		day, err := document.ParseDate(s)
		if err != nil && len(s) > len(time.DateOnly) {
			if _, bad := parseTime(s, time.UTC); bad == nil {
				day, err = document.ParseDate(s[:len(time.DateOnly)])
				c.hold(f, name+"#", s)
			}
		}
		*d = day
		return err == nil
	})
}

// time is a child with a moment.
func (c *codec) time(f *markup.Form, name string, need markup.Need, t *time.Time) {
	text := formatTime(*t, c.version, c.zone())
	c.leaf(f, name, need, &text, func(s string) (ok bool) {
		*t, ok = c.moment(s)
		return ok
	})
}

func (c *codec) moment(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := parseTime(s, c.zone())
	return t, err == nil
}

// number is a child with a whole number that is at least 1; zero is none.
func (c *codec) number(f *markup.Form, name string, n *int) {
	text := ""
	if *n != 0 {
		text = strconv.Itoa(*n)
	}
	c.leaf(f, name, markup.Optional, &text, func(s string) bool {
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 {
			return false
		}
		*n = v
		return true
	})
}

// regNumber is a child with a registration number and its day. Either may be absent only when read.
func (c *codec) regNumber(f *markup.Form, name string, need markup.Need, n *document.RegNumber) {
	says := *n != (document.RegNumber{})
	if !f.Reading() && !says && need == markup.Required {
		f.Missing = append(f.Missing, f.Path(name))
	}
	if f.Reading() || says {
		markup.One(f, name, need, says, n, c.regNumberBody)
	}
}

func (c *codec) regNumberBody(f *markup.Form, n *document.RegNumber) {
	c.text(f, "number", markup.Required, maxNumber, &n.Number)
	c.date(f, "date", markup.Required, &n.Date)
}

// keepOr is a child that the vocabulary has no word for, or what to write when there is none.
func (c *codec) keepOr(f *markup.Form, name, otherwise string) {
	f.Keep(name)
	if !f.Reading() && otherwise != "" && f.Element().Child(name) == nil {
		f.Element().Add(markup.New(name)).Text = otherwise
	}
}

// keepAll keeps children of several names, in this order.
func (c *codec) keepAll(f *markup.Form, names ...string) {
	for _, name := range names {
		f.Keep(name)
	}
}
