package adaptertest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
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
var others = []any{nil, "", "x", -1, []any{}, []any{nil}, map[string]any{}, map[string]any{"value": "x"}, map[string]any{"message": "x"}}

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

// XMLVariants are copies of a document in which one element is missing, empty, doubled or holds a text alone, or one
// attribute is missing or says something else. With each comes where it was changed.
func XMLVariants(text []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		replace := func(what string, from, to int, by string) bool {
			return yield(what+" = "+by, slices.Concat(text[:from], []byte(by), text[to:]))
		}
		for _, at := range attribute.FindAllSubmatchIndex(text, -1) {
			name := string(text[at[2]:at[3]])
			if strings.HasPrefix(name, "xmlns") {
				continue
			}
			if !replace(name, at[0], at[1], "") || !replace(name, at[4], at[5], "") || !replace(name, at[4], at[5], "x") || !replace(name, at[4], at[5], "-1") {
				return
			}
		}
		type place struct {
			name        string
			start, body int // octets
		}
		var open []place
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			before := int(d.InputOffset())
			token, err := d.Token()
			if err != nil {
				return // the end
			}
			switch token := token.(type) {
			case xml.StartElement:
				open = append(open, place{token.Name.Local, before, int(d.InputOffset())})
			case xml.EndElement:
				e, end := open[len(open)-1], int(d.InputOffset())
				if open = open[:len(open)-1]; len(open) == 0 {
					return
				}
				if !replace(e.name, e.start, end, "") || !replace(e.name, end, end, string(text[e.start:end])) ||
					e.body <= before && (!replace(e.name, e.body, before, "") || !replace(e.name, e.body, before, "x")) {
					return
				}
			}
		}
	}
}

var attribute = regexp.MustCompile(`\s([\w:]+)="([^"]*)"`)
