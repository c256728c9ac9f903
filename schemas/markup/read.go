package markup

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// Limits bound what is read.
type Limits struct {
	Bytes    int // of the text
	Depth    int // of elements in elements
	Elements int // in all
	Attrs    int // of one element; in all, eight times as many as Elements
}

// DefaultLimits suffice for a message with 64 MiB of files inside.
func DefaultLimits() Limits {
	return Limits{Bytes: 96 << 20, Depth: 64, Elements: 100_000, Attrs: 256}
}

// What can be wrong with a text as such. Every error of Parse is a *SyntaxError around one of these.
var (
	ErrSyntax   = errors.New("not well-formed")
	ErrDoctype  = errors.New("a document type declaration is not allowed")
	ErrEncoding = errors.New("the encoding is not UTF-8 or windows-1251, or the text is not in it")
	ErrLimit    = errors.New("beyond the limits")
)

// SyntaxError says what is wrong and where.
type SyntaxError struct {
	Line, Column int // from 1
	Detail       string
	Err          error
}

func (e *SyntaxError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d: %v: %s", e.Line, e.Err, e.Detail)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// Parse reads one document.
func Parse(data []byte, l Limits) (*Element, error) {
	p := parser{limits: l}
	if len(data) > l.Bytes {
		return nil, &SyntaxError{1, 1, fmt.Sprintf("%d of %d bytes", len(data), l.Bytes), ErrLimit}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if at, err := scanAttrs(data, l); err != nil {
		return nil, &SyntaxError{1 + bytes.Count(data[:at], []byte("\n")), 0, err.Error(), ErrLimit}
	}
	p.xml = xml.NewDecoder(bytes.NewReader(data))
	p.xml.CharsetReader = charset
	if err := p.document(); err != nil {
		return nil, err
	}
	return p.root, nil
}

// charset knows the encodings that the formats allow (МЭДО 2.5, clause on the declaration; UTF-8 needs no reader).
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "windows-1251", "cp1251", "win-1251", "x-cp1251":
		return charmap.Windows1251.NewDecoder().Reader(in), nil
	case "utf8":
		return in, nil
	}
	return nil, fmt.Errorf("%q", label)
}

type parser struct {
	limits Limits
	xml    *xml.Decoder
	root   *Element
	open   []*Element
	texts  [][]byte  // of the open elements whose text comes in more than one piece
	spare  []Element // made many at once
	count  int
}

func (p *parser) fail(err error, detail string) error {
	line, column := p.xml.InputPos()
	return &SyntaxError{line, column, detail, err}
}

func (p *parser) document() error {
	for {
		line, _ := p.xml.InputPos()
		token, err := p.xml.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return p.syntax(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := p.start(t, line); err != nil {
				return err
			}
		case xml.EndElement:
			p.end()
		case xml.CharData:
			if err := p.text(t); err != nil {
				return err
			}
		case xml.Directive:
			return p.fail(ErrDoctype, "")
		}
	}
	if p.root == nil {
		return p.fail(ErrSyntax, "no element")
	}
	return nil
}

func (p *parser) start(t xml.StartElement, line int) error {
	p.count++
	switch {
	case len(p.open) >= p.limits.Depth:
		return p.fail(ErrLimit, fmt.Sprintf("elements nest deeper than %d", p.limits.Depth))
	case p.count > p.limits.Elements:
		return p.fail(ErrLimit, fmt.Sprintf("more than %d elements", p.limits.Elements))
	case p.root != nil && len(p.open) == 0:
		return p.fail(ErrSyntax, "a second root element")
	}
	e := p.element()
	*e = Element{Space: t.Name.Space, Name: t.Name.Local, Line: line}
	if len(t.Attr) > 0 {
		e.Attrs = make([]Attr, 0, len(t.Attr))
	}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		for i := range e.Attrs {
			if e.Attrs[i].Name == a.Name.Local && e.Attrs[i].Space == a.Name.Space {
				return p.fail(ErrSyntax, fmt.Sprintf("attribute %s twice", a.Name.Local))
			}
		}
		e.Attrs = append(e.Attrs, Attr{Space: a.Name.Space, Name: a.Name.Local, Value: a.Value})
	}
	if p.root == nil {
		p.root = e
	} else {
		parent := p.open[len(p.open)-1]
		parent.Children = append(parent.Children, e)
	}
	p.open, p.texts = append(p.open, e), append(p.texts, nil)
	return nil
}

func (p *parser) element() *Element {
	if len(p.spare) == 0 {
		p.spare = make([]Element, 16)
	}
	e := &p.spare[0]
	p.spare = p.spare[1:]
	return e
}

func (p *parser) end() {
	last := len(p.open) - 1
	e := p.open[last]
	if p.texts[last] != nil {
		e.Text = string(p.texts[last])
	}
	if len(e.Children) > 0 && strings.TrimSpace(e.Text) == "" {
		e.Text = "" // what stands between children
	}
	p.open, p.texts = p.open[:last], p.texts[:last]
}

func (p *parser) text(t xml.CharData) error {
	if len(p.open) == 0 {
		if len(bytes.TrimSpace(t)) > 0 {
			return p.fail(ErrSyntax, "text outside of the root element")
		}
		return nil
	}
	last := len(p.open) - 1
	switch e := p.open[last]; {
	case p.texts[last] != nil:
		p.texts[last] = append(p.texts[last], t...)
	case e.Text == "":
		e.Text = string(t)
	default:
		p.texts[last] = append([]byte(e.Text), t...)
	}
	return nil
}

// syntax tells the errors of encoding/xml apart.
func (p *parser) syntax(err error) error {
	var bad *xml.SyntaxError
	switch {
	case errors.As(err, &bad) && strings.Contains(bad.Msg, "invalid UTF-8"):
		return &SyntaxError{bad.Line, 0, "", ErrEncoding}
	case errors.As(err, &bad):
		return &SyntaxError{bad.Line, 0, bad.Msg, ErrSyntax}
	case strings.Contains(err.Error(), "opening charset"):
		return p.fail(ErrEncoding, "")
	}
	return p.fail(ErrSyntax, err.Error())
}
