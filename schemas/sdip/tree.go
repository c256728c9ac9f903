package sdip

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// The JSON twin: an element is a member with a small first letter, its text the member "value", its attributes plain members.
// An element that may come several times is an array. Nulls say nothing, and either may stand for the other.

// parseTwin reads JSON as a tree of elements: objects and what is in arrays become children, scalars attributes.
func parseTwin(data []byte, l markup.Limits) (*markup.Element, error) {
	if len(data) > l.Bytes {
		return nil, &markup.SyntaxError{Line: 1, Err: markup.ErrLimit}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	p := &twinParser{json: jsontext.NewDecoder(bytes.NewBuffer(data)), limits: l, data: data}
	root := new(markup.Element)
	if p.json.PeekKind() != '{' {
		return nil, p.fail(markup.ErrSyntax)
	}
	if err := p.object(root, 1); err != nil {
		return nil, err
	}
	if _, err := p.json.ReadToken(); err != io.EOF {
		return nil, p.fail(markup.ErrSyntax)
	}
	return root, nil
}

type twinParser struct {
	json   *jsontext.Decoder
	limits markup.Limits
	data   []byte
	count  int
}

// fail names the line; what a JSON reader says of the text may repeat the text, which a fault must not.
func (p *twinParser) fail(err error) error {
	var already *markup.SyntaxError
	if errors.As(err, &already) {
		return err
	}
	if !errors.Is(err, markup.ErrLimit) {
		err = markup.ErrSyntax
	}
	at := min(int(p.json.InputOffset()), len(p.data))
	return &markup.SyntaxError{Line: 1 + bytes.Count(p.data[:at], []byte("\n")), Detail: "JSON", Err: err}
}

func (p *twinParser) object(e *markup.Element, depth int) error {
	if depth > p.limits.Depth {
		return p.fail(markup.ErrLimit)
	}
	if p.count++; p.count > p.limits.Elements {
		return p.fail(markup.ErrLimit)
	}
	if err := p.skip(); err != nil { // the brace
		return err
	}
	for p.json.PeekKind() != '}' {
		t, err := p.json.ReadToken()
		if err != nil {
			return p.fail(err)
		}
		if err := p.member(e, t.String(), depth); err != nil {
			return err
		}
	}
	return p.skip()
}

func (p *twinParser) skip() error {
	if _, err := p.json.ReadToken(); err != nil {
		return p.fail(err)
	}
	return nil
}

func (p *twinParser) member(e *markup.Element, name string, depth int) error {
	switch p.json.PeekKind() {
	case '{':
		return p.child(e, name, depth)
	case '[':
		if err := p.skip(); err != nil {
			return err
		}
		for p.json.PeekKind() != ']' {
			if err := p.item(e, name, depth); err != nil {
				return err
			}
		}
		return p.skip()
	}
	text, null, err := p.scalar()
	switch {
	case err != nil || null:
		return err
	case strings.EqualFold(name, "value"):
		e.Text = text
	case len(e.Attrs) >= p.limits.Attrs:
		return p.fail(markup.ErrLimit)
	default:
		e.Attrs = append(e.Attrs, markup.Attr{Name: name, Value: text})
	}
	return nil
}

// item is a value in an array.
func (p *twinParser) item(e *markup.Element, name string, depth int) error {
	switch p.json.PeekKind() {
	case '{':
		return p.child(e, name, depth)
	case '[':
		return p.fail(markup.ErrSyntax) // nothing in the format is an array of arrays
	}
	text, null, err := p.scalar()
	if err != nil || null {
		return err
	}
	if p.count++; p.count > p.limits.Elements {
		return p.fail(markup.ErrLimit)
	}
	e.Add(&markup.Element{Name: name, Text: text})
	return nil
}

func (p *twinParser) child(e *markup.Element, name string, depth int) error {
	return p.object(e.Add(&markup.Element{Name: name}), depth+1)
}

// scalar reads a string, a number or a boolean as text.
func (p *twinParser) scalar() (text string, null bool, err error) {
	t, err := p.json.ReadToken()
	if err != nil {
		return "", false, p.fail(err)
	}
	switch t.Kind() {
	case 'n':
		return "", true, nil
	case 't':
		return "1", false, nil
	case 'f':
		return "0", false, nil
	}
	return t.String(), false, nil
}

// twin writes an element as a JSON object.
func twin(out []byte, e *markup.Element) []byte {
	out = append(out, '{')
	first := true
	member := func(name string) {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(quote(out, name), ':')
	}
	for i := range e.Attrs {
		member(e.Attrs[i].Name)
		out = scalar(out, e.Attrs[i].Value, e.Attrs[i].Number)
	}
	if e.HasText {
		member("value")
		out = scalar(out, e.Text, e.Number)
	}
	for i := 0; i < len(e.Children); i++ {
		c := e.Children[i]
		member(strings.ToLower(c.Name[:1]) + c.Name[1:])
		if !c.Many {
			out = twin(out, c)
			continue
		}
		out = twin(append(out, '['), c)
		for i+1 < len(e.Children) && e.Children[i+1].Name == c.Name {
			i++
			out = twin(append(out, ','), e.Children[i])
		}
		out = append(out, ']')
	}
	return append(out, '}')
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
