package xmldsig

import (
	"errors"
	"fmt"
)

const (
	spaceXML   = "http://www.w3.org/XML/1998/namespace"
	spaceXMLNS = "http://www.w3.org/2000/xmlns/"
	spaceDS    = "http://www.w3.org/2000/09/xmldsig#"
)

// declare adds a declaration to e, held to Namespaces in XML 1.0: prefixes are not undeclared, and xml and xmlns are
// what they are. Canonicalization demands besides that namespace names be absolute URIs.
func declare(e *Element, prefix, space string) error {
	for _, d := range e.Declarations {
		if d.Prefix == prefix {
			return errors.New("a prefix is declared twice")
		}
	}
	switch {
	case prefix == "xmlns" || space == spaceXMLNS || (prefix == "xml") != (space == spaceXML):
		return errors.New("the prefixes xml and xmlns and their namespaces are reserved")
	case space == "" && prefix != "":
		return fmt.Errorf("prefix %q undeclared", prefix)
	case space != "" && !absolute(space):
		return errors.New("namespace name is not an absolute URI")
	}
	e.Declarations = append(e.Declarations, Declaration{prefix, space})
	return nil
}

// absolute reports whether a URI begins with a scheme (RFC 3986, 3.1).
func absolute(uri string) bool {
	for i := range len(uri) {
		switch b := uri[i]; {
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
		case i > 0 && (b >= '0' && b <= '9' || b == '+' || b == '-' || b == '.'):
		default:
			return b == ':' && i > 0
		}
	}
	return false
}

// scope holds what prefixes stand for, the innermost meaning last.
type scope map[string][]string

func newScope() scope { return scope{"": {""}, "xml": {spaceXML}} }

func (s scope) push(prefix, space string) { s[prefix] = append(s[prefix], space) }

func (s scope) pop(prefix string) { s[prefix] = s[prefix][:len(s[prefix])-1] }

func (s scope) enter(e *Element) {
	for _, d := range e.Declarations {
		s.push(d.Prefix, d.Space)
	}
}

func (s scope) leave(e *Element) {
	for _, d := range e.Declarations {
		s.pop(d.Prefix)
	}
}

// lookup returns what a prefix stands for; the empty prefix always stands for something, if only for no namespace.
func (s scope) lookup(prefix string) (space string, ok bool) {
	meanings := s[prefix]
	if len(meanings) == 0 {
		return "", false
	}
	return meanings[len(meanings)-1], true
}
