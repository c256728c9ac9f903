package contours

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/smdo-hub/smdo-hub/schemas/config"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// form is the published schema, compiled, and its text for examples.
type form struct {
	schema *jsonschema.Schema
	text   any
}

// newForm compiles the published schema, or one of its definitions ("#/$defs/cases").
func newForm(fragment string) (*form, error) {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.ContoursSchema()))
	if err != nil {
		return nil, fmt.Errorf("read contours schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(config.ContoursURL, text); err != nil {
		return nil, fmt.Errorf("add contours schema: %w", err)
	}
	s, err := c.Compile(config.ContoursURL + fragment)
	if err != nil {
		return nil, fmt.Errorf("compile contours schema: %w", err)
	}
	return &form{s, text}, nil
}

// check returns what the schema finds wrong with the tree.
func (f *form) check(root *node) Problems {
	err := f.schema.Validate(root.value)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return Problems{{1, 1, "", FileSyntax, []string{clip(err.Error())}}}
	}
	var found Problems
	f.collect(invalid, root, &found)
	return found
}

// collect takes the leaves of the validator's tree: the causes, not what they led to.
func (f *form) collect(e *jsonschema.ValidationError, root *node, found *Problems) {
	for _, cause := range e.Causes {
		f.collect(cause, root, found)
	}
	if len(e.Causes) > 0 {
		return
	}
	here := e.InstanceLocation
	inside := func(step string) []string { return append(slices.Clone(here), step) }
	say := func(code document.FaultCode, place []string, args ...string) {
		line, column, path := root.locate(place)
		*found = append(*found, Problem{line, column, path, code, args})
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			say(FieldMissing, here, name)
		}
	case *kind.AdditionalProperties:
		for _, name := range slices.Sorted(slices.Values(k.Properties)) {
			say(FieldUnknown, inside(name), clip(name))
		}
	case *kind.Type:
		if k.Got == "number" && slices.Equal(k.Want, []string{"string"}) {
			say(FieldUnquoted, here)
			return
		}
		say(FieldType, here, k.Got, k.Want[0])
	case *kind.Enum:
		say(FieldChoice, here, clip(fmt.Sprint(k.Got)), choices(k.Want))
	case *kind.Const:
		say(FieldChoice, here, clip(fmt.Sprint(k.Got)), fmt.Sprint(k.Want))
	case *kind.Pattern:
		say(FieldForm, here, clip(k.Got), f.example(e.SchemaURL))
	case *kind.UniqueItems:
		second := inside(strconv.Itoa(k.Duplicates[1]))
		say(FieldTwice, second, clip(fmt.Sprint(root.find(second).value)))
	default:
		code, args := ranges(e.ErrorKind)
		say(code, here, args...)
	}
}

// example is what the part of the schema gives as an example.
func (f *form) example(url string) string {
	_, pointer, _ := strings.Cut(url, "#/")
	part := f.text
	for step := range strings.SplitSeq(pointer, "/") {
		fields, _ := part.(map[string]any)
		part = fields[step]
	}
	fields, _ := part.(map[string]any)
	examples, _ := fields["examples"].([]any)
	return choices(examples)
}

func choices(want []any) string {
	texts := make([]string, len(want))
	for i, w := range want {
		texts[i] = fmt.Sprint(w)
	}
	return strings.Join(texts, ", ")
}

// ranges words the limits of lengths, counts and numbers.
func ranges(k jsonschema.ErrorKind) (document.FaultCode, []string) {
	between := func(got int, sign string, want int) (document.FaultCode, []string) {
		return FieldRange, []string{strconv.Itoa(got), sign + " " + strconv.Itoa(want)}
	}
	switch k := k.(type) {
	case *kind.MinLength:
		return between(k.Got, "≥", k.Want)
	case *kind.MaxLength:
		return between(k.Got, "≤", k.Want)
	case *kind.MinItems:
		return between(k.Got, "≥", k.Want)
	case *kind.MaxItems:
		return between(k.Got, "≤", k.Want)
	case *kind.Minimum:
		return FieldRange, []string{k.Got.RatString(), "≥ " + k.Want.RatString()}
	case *kind.Maximum:
		return FieldRange, []string{k.Got.RatString(), "≤ " + k.Want.RatString()}
	}
	return FieldForm, []string{"", strings.Join(k.KeywordPath(), "/")}
}

// find returns the value at the place, or the nearest one around it that the file has.
func (n *node) find(place []string) *node {
	for _, step := range place {
		next := n.fields[step]
		if i, err := strconv.Atoi(step); err == nil && n.items != nil && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// locate returns where the place is in the file, and its path for people.
func (n *node) locate(place []string) (line, column int, path string) {
	for i, step := range place {
		if list := n.find(place[:i]); list.items != nil {
			path += "[" + step + "]"
			continue
		}
		path = join(path, step)
	}
	found := n.find(place)
	return max(found.line, 1), max(found.column, 1), path
}
