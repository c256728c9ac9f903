package xmldsig

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of a document. A signed message of the largest size that state exchanges carry inline has some 7 MB.
const (
	maxSize         = 16 << 20 // octets
	maxDepth        = 128      // elements in each other
	maxNodes        = 500_000
	maxAttributes   = 256 // of an element
	maxDeclarations = 64  // of an element
)

// ErrMalformed says that bytes are not a document that is read here.
var ErrMalformed = errors.New("malformed XML")

// Parse reads a document: XML 1.0 with namespaces, in UTF-8, without a document type. Errors are ErrMalformed.
func Parse(doc []byte) (*Document, error) {
	if len(doc) > maxSize {
		return nil, fmt.Errorf("%w: more than %d octets", ErrMalformed, maxSize)
	}
	source := normaliseLines(strings.TrimPrefix(string(doc), "\ufeff"))
	if !charsOK(source) {
		return nil, fmt.Errorf("%w: octets that are not UTF-8, or characters that XML does not allow", ErrMalformed)
	}
	p := &parser{scanner: scanner{rest: source}, scope: newScope(), document: &Document{source: source}}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("%w: at octet %d: %w", ErrMalformed, len(source)-len(p.rest), err)
	}
	return p.document, nil
}

// parser builds the tree.
type parser struct {
	scanner
	document *Document
	open     *Element // the element that is being read; nil outside the root
	depth    int
	nodes    int
	scope    scope
}

func (p *parser) parse() error {
	if err := p.declaration(); err != nil {
		return err
	}
	for p.rest != "" {
		if err := p.next(); err != nil {
			return err
		}
	}
	if p.open != nil || p.document.Root == nil {
		return errors.New("ends before its root element does")
	}
	return nil
}

// next reads one piece of markup, or text up to the next.
func (p *parser) next() error {
	switch {
	case p.rest[0] != '<':
		return p.text()
	case p.skip("<!--"):
		return p.comment()
	case p.skip("<![CDATA["):
		return p.cdata()
	case p.skip("<?"):
		return p.instruction()
	case p.skip("</"):
		return p.endTag()
	case strings.HasPrefix(p.rest, "<!"):
		return errors.New("a document type is not allowed")
	}
	p.skip("<")
	return p.startTag()
}

// add puts n under the open element.
func (p *parser) add(n Node) error {
	if p.nodes++; p.nodes > maxNodes {
		return fmt.Errorf("more than %d nodes", maxNodes)
	}
	if p.open == nil {
		p.document.Children = append(p.document.Children, n)
	} else {
		p.open.Children = append(p.open.Children, n)
	}
	return nil
}

func (p *parser) text() error {
	end := strings.IndexByte(p.rest, '<')
	if end < 0 {
		end = len(p.rest)
	}
	raw := p.take(end)
	if p.open == nil {
		if strings.Trim(raw, " \t\n") != "" {
			return errors.New("text outside the root element")
		}
		return nil
	}
	if strings.Contains(raw, "]]>") {
		return errors.New("]]> in text")
	}
	data, err := resolve(raw)
	if err != nil {
		return err
	}
	return p.add(&Text{Data: data})
}

func (p *parser) cdata() error {
	data, ok := p.until("]]>")
	if !ok || p.open == nil {
		return errors.New("CDATA section unfinished or outside the root element")
	}
	return p.add(&Text{Data: data, CDATA: true})
}

func (p *parser) comment() error {
	data, ok := p.until("--")
	if !ok || !p.skip(">") {
		return errors.New("comment unfinished, or -- in it")
	}
	return p.add(&Comment{data})
}

func (p *parser) instruction() error {
	target := p.take(nameLength(p.rest))
	content, ok := p.until("?>")
	if !ok || target == "" || strings.EqualFold(target, "xml") {
		return errors.New("processing instruction malformed")
	}
	data := strings.TrimLeft(content, " \t\n")
	if content != "" && data == content {
		return errors.New("processing instruction malformed")
	}
	return p.add(&Instruction{target, data})
}

// declaration reads the XML declaration, if there is one.
func (p *parser) declaration() error {
	if !strings.HasPrefix(p.rest, "<?xml") || len(p.rest) > 5 && !isSpace(p.rest[5]) {
		return nil
	}
	p.skip("<?xml")
	for _, name := range []string{"version", "encoding", "standalone"} {
		before := p.rest
		p.spaces()
		if !p.skip(name) {
			if name == "version" {
				return errors.New("XML declaration malformed")
			}
			p.rest = before
			continue
		}
		value, err := p.value()
		if before == p.rest || !isSpace(before[0]) || err != nil {
			return errors.New("XML declaration malformed")
		}
		switch {
		case name == "version" && value != "1.0":
			return fmt.Errorf("XML %q", value)
		case name == "encoding" && !strings.EqualFold(value, "UTF-8"):
			return fmt.Errorf("encoding %q", value)
		case name == "standalone" && value != "yes" && value != "no":
			return errors.New("XML declaration malformed")
		}
	}
	p.spaces()
	if !p.skip("?>") {
		return errors.New("XML declaration malformed")
	}
	return nil
}
