package xmldsig

import (
	"encoding/base64"
	"strings"
)

// bareAlgorithm returns the Algorithm of an element without parameters, or what is no algorithm's URI.
func bareAlgorithm(e *Element) string {
	if len(e.Elements()) > 0 || !onlyBlanks(e) {
		return "with parameters"
	}
	uri, _ := e.Attribute(Name{"", "Algorithm"})
	return uri
}

// children returns the child elements when they are those named, of XMLDSig's namespace, and nothing else is there
// but blanks.
func children(e *Element, names ...string) ([]*Element, bool) {
	all := e.Elements()
	if len(all) != len(names) || !onlyBlanks(e) {
		return nil, false
	}
	for i, child := range all {
		if child.Name != (Name{spaceDS, names[i]}) {
			return nil, false
		}
	}
	return all, true
}

// onlyBlanks reports whether there is nothing but blanks beside child elements: text would be read by some programs
// and not by others, and comments are not signed.
func onlyBlanks(e *Element) bool {
	for _, n := range e.Children {
		switch n := n.(type) {
		case *Element:
		case *Text:
			if strings.Trim(n.Data, " \t\r\n") != "" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// octets reads base64, in lines or not, from an element of one text.
func octets(e *Element) ([]byte, bool) {
	if len(e.Children) != 1 {
		return nil, false
	}
	text, ok := e.Children[0].(*Text)
	if !ok {
		return nil, false
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text.Data), ""))
	return decoded, err == nil && len(decoded) > 0
}
