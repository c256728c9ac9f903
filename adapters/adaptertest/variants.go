package adaptertest

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
)

// Variants are copies of a JSON object in which one value, at any depth, is missing or is something else. With each comes
// where it was changed and to what.
func Variants(of map[string]any) iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		_ = vary(of, "", func(what string) bool {
			text, err := json.Marshal(of)
			if err != nil {
				panic(err)
			}
			var variant map[string]any
			if err := json.Unmarshal(text, &variant); err != nil {
				panic(err)
			}
			return yield(what, variant)
		})
	}
}

// others are what stands in a value's place.
var others = []any{nil, "", "x", 7, -1, true, []any{}, []any{nil}, map[string]any{}, map[string]any{"value": "x"}, map[string]any{"message": "x"}}

// vary changes one value after another, tells so, and puts it back.
func vary(v any, path string, changed func(what string) bool) bool {
	each := func(path string, old any, set func(any)) bool {
		for _, o := range others {
			set(o)
			text, _ := json.Marshal(o)
			if !changed(path + " = " + string(text)) {
				return false
			}
		}
		set(old)
		return vary(old, path, changed)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			old := v[name]
			delete(v, name)
			if !changed(path+"/"+name+" missing") || !each(path+"/"+name, old, func(o any) { v[name] = o }) {
				return false
			}
		}
	case []any:
		for i, old := range v {
			if !each(path+"/0", old, func(o any) { v[i] = o }) {
				return false
			}
		}
	}
	return true
}
