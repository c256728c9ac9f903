package xmldsig

import (
	"errors"
	"fmt"
)

func (p *parser) startTag() error {
	if p.depth++; p.depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	e := &Element{Parent: p.open}
	var err error
	if e.Prefix, e.Local, err = p.qname(); err != nil {
		return err
	}
	if err = p.attributes(e); err != nil {
		return err
	}
	p.scope.enter(e)
	if err = p.resolveNames(e); err != nil {
		return err
	}
	if p.open == nil && p.document.Root != nil {
		return errors.New("a second root element")
	}
	if err = p.add(e); err != nil {
		return err
	}
	if p.open == nil {
		p.document.Root = e
	}
	p.open = e
	e.end = len(p.document.source) - len(p.rest)
	if e.endEmpty = p.skip("/>"); e.endEmpty {
		p.leave()
		return nil
	}
	if !p.skip(">") {
		return errors.New("> expected")
	}
	return nil
}

func (p *parser) endTag() error {
	if p.open == nil {
		return errors.New("end tag without start tag")
	}
	p.open.end = len(p.document.source) - len(p.rest) - len("</")
	prefix, local, err := p.qname()
	if err != nil {
		return err
	}
	if prefix != p.open.Prefix || local != p.open.Local {
		return errors.New("end tag of another element")
	}
	p.spaces()
	if !p.skip(">") {
		return errors.New("> expected")
	}
	p.leave()
	return nil
}

// leave ends the open element.
func (p *parser) leave() {
	p.scope.leave(p.open)
	p.open = p.open.Parent
	p.depth--
}

// attributes reads attributes and declarations up to the end of the tag, and leaves namespaces for later.
func (p *parser) attributes(e *Element) error {
	for {
		spaced := p.spaces()
		if p.rest == "" || p.rest[0] == '>' || p.rest[0] == '/' {
			return nil
		}
		if !spaced {
			return errors.New("blank expected")
		}
		prefix, local, err := p.qname()
		if err != nil {
			return err
		}
		value, err := p.value()
		if err != nil {
			return err
		}
		switch {
		case prefix == "xmlns":
			err = declare(e, local, value)
		case prefix == "" && local == "xmlns":
			err = declare(e, "", value)
		default:
			e.Attributes = append(e.Attributes, Attribute{Name{"", local}, prefix, value})
		}
		if err != nil {
			return err
		}
		if len(e.Attributes) > maxAttributes || len(e.Declarations) > maxDeclarations {
			return errors.New("too many attributes")
		}
	}
}

// resolveNames finds the namespaces of e and its attributes, and refuses two attributes of the same name.
func (p *parser) resolveNames(e *Element) error {
	space, ok := p.scope.lookup(e.Prefix)
	if !ok {
		return fmt.Errorf("prefix %q not declared", e.Prefix)
	}
	e.Space = space
	seen := make(map[Name]bool, len(e.Attributes))
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if a.Prefix != "" {
			if a.Space, ok = p.scope.lookup(a.Prefix); !ok {
				return fmt.Errorf("prefix %q not declared", a.Prefix)
			}
		}
		if seen[a.Name] {
			return errors.New("an attribute stands twice")
		}
		seen[a.Name] = true
	}
	return nil
}
