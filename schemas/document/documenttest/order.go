package documenttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// Misplaced says what is wrong with the order and the number of the children of an element and of all below it, and which
// mandatory attribute is missing; nothing when it keeps to the forms. A form is the sequence of an element's children: each
// exactly once, or with ? at most once, with * any number of times, with + at least once; alternatives stand between bars.
// After a slash stand mandatory attributes. Of an element called any, nothing is said.
func Misplaced(e *markup.Element, order map[string]string) string {
	form, known := order[e.Name]
	if !known {
		return "unknown element " + e.Name
	}
	if form == "any" {
		return ""
	}
	children, attrs, _ := strings.Cut(form, "/")
	for _, a := range strings.Fields(attrs) {
		if _, ok := e.Attr(a); !ok {
			return e.Name + " lacks " + a
		}
	}
	at := 0
	for _, item := range strings.Fields(children) {
		names := strings.Split(strings.TrimRight(item, "?*+"), "|")
		n := 0
		for at < len(e.Children) && slices.Contains(names, e.Children[at].Name) {
			at, n = at+1, n+1
		}
		switch item[len(item)-1] {
		case '*':
		case '+':
			if n == 0 {
				return e.Name + " lacks " + item
			}
		case '?':
			if n > 1 {
				return e.Name + " has too many " + item
			}
		default:
			if n != 1 {
				return fmt.Sprintf("%s has %d of %s", e.Name, n, item)
			}
		}
	}
	if at < len(e.Children) {
		return e.Name + " has " + e.Children[at].Name + " in a wrong place"
	}
	for _, c := range e.Children {
		if wrong := Misplaced(c, order); wrong != "" {
			return wrong
		}
	}
	return ""
}
