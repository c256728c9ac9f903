package medo

import (
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// leaves counts everything that an element says, by path.
func leaves(e *markup.Element, path string, all map[string]int) {
	path += "/" + e.Name
	for _, a := range e.Attrs {
		all[path+"@"+a.Name+"="+a.Value]++
	}
	if text := strings.TrimSpace(e.Text); text != "" {
		all[path+"="+text]++
	}
	for _, c := range e.Children {
		leaves(c, path, all)
	}
}
