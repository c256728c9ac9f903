package sdip

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// twin writes an element as a JSON object.
func twin(out []byte, e *markup.Element) []byte {
	o := object{out: append(out, '{')}
	text := e.HasText || e.Text != ""
	for i := range e.Attrs {
		if a := &e.Attrs[i]; e.Line == 0 || !(text && a.Name == "value") && e.Child(a.Name) == nil {
			o.member(a.Name, false)
			o.out = scalar(o.out, a.Value, a.Number)
		}
	}
	if text {
		o.member("value", false)
		o.out = scalar(o.out, e.Text, e.Number)
	}
	o.children(e)
	return append(o.out, '}')
}

// object is one that is being written.
type object struct {
	out   []byte
	more  bool
	lists []string // names of the arrays so far
}

// member begins one. Names of the format begin small in the twin.
func (o *object) member(name string, small bool) {
	if o.more {
		o.out = append(o.out, ',')
	}
	o.more = true
	at := len(o.out) + 1
	o.out = append(quote(o.out, name), ':')
	if c := o.out[at]; small && c >= 'A' && c <= 'Z' {
		o.out[at] += 'a' - 'A'
	}
}

// children writes them, those of one name that may come several times as an array. Elements that were kept as a sender wrote
// them, who come with their line, keep their names.
func (o *object) children(e *markup.Element) {
	for i, c := range e.Children {
		if c.Many && slices.Contains(o.lists, c.Name) {
			continue
		}
		o.member(c.Name, c.Line == 0)
		if !c.Many {
			o.out = twin(o.out, c)
			continue
		}
		o.lists = append(o.lists, c.Name)
		open := byte('[')
		for _, like := range e.Children[i:] {
			if like.Name == c.Name {
				o.out = twin(append(o.out, open), like)
				open = ','
			}
		}
		o.out = append(o.out, ']')
	}
}

func scalar(out []byte, text string, number bool) []byte {
	switch {
	case number && text == "":
		return append(out, "null"...)
	case number && (text == "true" || text == "false" || isNumber(text)):
		return append(out, text...)
	}
	return quote(out, text)
}

// isNumber says whether the digits survive as a JSON number: no zeros ahead, few enough for any reader.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return len(s) > 0 && len(s) <= 15 && (s == "0" || s[0] != '0') && strings.Trim(s, "0123456789") == ""
}

// quote writes a JSON string; what is not UTF-8 is replaced.
func quote(out []byte, s string) []byte {
	out, _ = jsontext.AppendQuote(out, s) // the error tells of the replacement
	return out
}
