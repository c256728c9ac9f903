package receipts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Diagram draws the life of an exchange and of a task as Mermaid state diagrams, from the tables themselves.
func Diagram(l document.Lang) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> queued\n")
	for _, from := range sortedKeys(next) {
		fmt.Fprintf(&b, "    %s: %s\n", from, StateText(from, l))
	}
	for _, from := range sortedKeys(next) {
		for _, step := range sortedKeys(next[from]) {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", from, next[from][step], step)
		}
	}
	b.WriteString("```\n\n```mermaid\nstateDiagram-v2\n    [*] --> active\n")
	for _, s := range sortedKeys(taskWords) {
		fmt.Fprintf(&b, "    %s: %s\n", s, TaskText(s, l))
	}
	for _, from := range sortedKeys(taskNext) {
		for _, stage := range sortedKeys(taskNext[from]) {
			to := taskNext[from][stage]
			name := stage.String()
			if to == document.TaskDeclined {
				name = "declined"
			}
			fmt.Fprintf(&b, "    %s --> %s: %s\n", from, to, name)
		}
	}
	b.WriteString("```\n")
	return b.String()
}

func sortedKeys[K ~string | ~int, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
