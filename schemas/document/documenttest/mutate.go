package documenttest

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// weird is what senders and attackers put where something else is meant.
var weird = []string{"", " ", "\n", "0", "1", "2", "9", "-1", "00", "1.0", "x", " x ", "2026-11-23", "2026-02-30", "01.02.2026", "0001-01-01", "0001-01-01T00:00:00Z",
	"2026-11-23T08:15:00+03:00", "\u00a0", "\u2028x", "Отклонено", "поручение", "подпись", "attach1", "MAA=", "не base64", "value", "<&\"'>\r\n\t", "SDIP-1.0", "sdip-2.1.1"}

// names are of elements and attributes, in places where they belong and where they do not.
var names = []string{"Document", "Task", "RegNumber", "TaskNumber", "Referred", "DocParent", "Expansion", "Econtact", "Address", "Folder", "Note", "Varset", "Чужой",
	"idnumber", "type", "value", "retype", "deadline", "inn", "x-1", "name"}

// Mutate says a few things in a message otherwise; pick chooses a number from 0 to most.
func Mutate(root *markup.Element, pick func(most int) int) {
	for range 1 + pick(3) {
		e := root
		for len(e.Children) > 0 && pick(4) > 0 {
			e = e.Children[pick(len(e.Children)-1)]
		}
		mutate(e, pick)
	}
}

func mutate(e *markup.Element, pick func(most int) int) {
	some := func(list []string) string { return list[pick(len(list)-1)] }
	switch n, m := len(e.Attrs), len(e.Children); pick(7) {
	case 0, 1:
		if n > 0 {
			e.Attrs[pick(n-1)].Value = some(weird)
		}
	case 2:
		if n > 0 {
			i := pick(n - 1)
			e.Attrs = slices.Delete(slices.Clone(e.Attrs), i, i+1)
		}
	case 3:
		if name := some(names); !slices.ContainsFunc(e.Attrs, func(a markup.Attr) bool { return a.Name == name }) {
			e.Set(name, some(weird))
		}
	case 4:
		e.Text = some(weird)
	case 5:
		if m > 0 {
			i := pick(m - 1)
			e.Children = slices.Delete(slices.Clone(e.Children), i, i+1)
		}
	case 6:
		if m > 0 {
			e.Add(e.Children[pick(m-1)])
		}
	case 7:
		e.Add(markup.New(some(names))).Text = some(weird)
	}
}

// MutateJSON is the same for a JSON text.
func MutateJSON(text []byte, pick func(most int) int) []byte {
	var root any
	if err := json.Unmarshal(text, &root); err != nil {
		panic(err) // the text is the test's own
	}
	for range 1 + pick(3) {
		at, _ := root.(map[string]any)
		for at != nil && !mutateObject(at, pick) {
			at = inner(at, pick)
		}
	}
	out, err := json.Marshal(root)
	if err != nil {
		panic(err)
	}
	return out
}

// inner is an object within an object, or nil.
func inner(o map[string]any, pick func(most int) int) map[string]any {
	var list []map[string]any
	for _, k := range slices.Sorted(maps.Keys(o)) {
		switch v := o[k].(type) {
		case map[string]any:
			list = append(list, v)
		case []any:
			for _, x := range v {
				if m, ok := x.(map[string]any); ok {
					list = append(list, m)
				}
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[pick(len(list)-1)]
}

// mutateObject changes an object, or says that it did not.
func mutateObject(o map[string]any, pick func(most int) int) bool {
	keys := slices.Sorted(maps.Keys(o))
	if len(keys) == 0 || pick(2) > 0 {
		return false
	}
	k := keys[pick(len(keys)-1)]
	odd := []any{nil, weird[pick(len(weird)-1)], float64(pick(9)), 1.5, true, []any{}, []any{"x", 1, nil}, map[string]any{}, map[string]any{"value": nil}, map[string]any{"value": "x", "type": 1}, []any{map[string]any{"value": "y"}}}
	switch pick(4) {
	case 0:
		delete(o, k)
	case 1:
		o[names[pick(len(names)-1)]] = odd[pick(len(odd)-1)]
	case 2:
		o[k] = []any{o[k]}
	case 3:
		o[k] = []any{o[k], o[k]}
	default:
		o[k] = odd[pick(len(odd)-1)]
	}
	return true
}
