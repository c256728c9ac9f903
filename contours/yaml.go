package contours

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Limits of a contours file. A nation's file (10,000 contours, 40,000 pairs) takes about a quarter.
const (
	MaxFile  = 32 << 20 // bytes
	maxDepth = 24       // of nesting
)

// node is a value of the file with its place.
type node struct {
	line, column int
	value        any // what it means in JSON: map[string]any, []any, string, int64, bool, nil …
	fields       map[string]*node
	items        []*node
}

// readYAML turns the file into a tree. Only plain YAML is read: without anchors, aliases, merges, tags and
// several documents there are no bombs, and what a reviewer sees is what applies.
func readYAML(file []byte) (*node, Problems) {
	if len(file) > MaxFile {
		return nil, Problems{{1, 1, "", FileTooLarge, []string{decimal(int64(len(file))), decimal(MaxFile)}}}
	}
	if !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0 {
		return nil, Problems{{1, 1, "", FileSyntax, []string{"UTF-8"}}}
	}
	tokens := lexer.Tokenize(string(file))
	if p := plain(tokens); p != nil {
		return nil, p
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, Problems{syntax(err)}
	}
	if len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		return nil, Problems{{1, 1, "", FileSyntax, []string{"empty"}}}
	}
	var r yamlReader
	root := r.read(parsed.Docs[0].Body, "", 0)
	return root, r.problems
}

// plain refuses, before anything nests, what would let a small file grow or sink the parser.
func plain(tokens token.Tokens) Problems {
	flow, entries, line, documents := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType, token.MappingKeyType:
			return Problems{at(t, "", FileForm, clip(t.Value))}
		case token.DocumentHeaderType:
			documents++
		case token.InvalidType:
			return Problems{at(t, "", FileSyntax, clip(t.Error))}
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType:
			entries++
		}
		if flow > maxDepth || entries > maxDepth || t.Position.IndentLevel > 2*maxDepth {
			return Problems{at(t, "", FileTooLarge, "> "+decimal(maxDepth), decimal(maxDepth))}
		}
		if documents > 1 {
			return Problems{at(t, "", FileForm, "---")}
		}
	}
	return nil
}

func syntax(err error) Problem {
	var e *yaml.SyntaxError
	if errors.As(err, &e) && e.Token != nil {
		return at(e.Token, "", FileSyntax, clip(e.Message))
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return Problem{1, 1, "", FileSyntax, []string{clip(first)}}
}

func at(t *token.Token, path string, code document.FaultCode, args ...string) Problem {
	p := Problem{1, 1, path, code, args}
	if t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	return p
}

// yamlReader walks the syntax tree.
type yamlReader struct{ problems Problems }

func (r *yamlReader) read(n ast.Node, path string, depth int) *node {
	t := n.GetToken()
	if depth > maxDepth {
		r.problems = append(r.problems, at(t, path, FileTooLarge, decimal(int64(depth)), decimal(maxDepth)))
		return &node{}
	}
	place := at(t, path, "")
	result := &node{line: place.Line, column: place.Column}
	switch n := n.(type) {
	case *ast.MappingNode:
		r.mapping(result, n.Values, path, depth)
	case *ast.MappingValueNode:
		r.mapping(result, []*ast.MappingValueNode{n}, path, depth)
	case *ast.SequenceNode:
		r.sequence(result, n, path, depth)
	case *ast.StringNode:
		result.value = n.Value
	case *ast.LiteralNode:
		result.value = n.Value.Value
	case *ast.IntegerNode:
		result.value = n.Value
	case *ast.BoolNode:
		result.value = n.Value
	case *ast.FloatNode:
		result.value = float(n)
	case *ast.NullNode:
	default:
		r.problems = append(r.problems, at(t, path, FileForm, n.Type().String()))
	}
	return result
}

// float is a number where JSON has one.
func float(n *ast.FloatNode) any {
	if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
		return n.Token.Value
	}
	return n.Value
}

func (r *yamlReader) mapping(result *node, values []*ast.MappingValueNode, path string, depth int) {
	result.fields = make(map[string]*node, len(values))
	object := make(map[string]any, len(values))
	for i, v := range values {
		t := v.Key.GetToken()
		key := t.Value
		if s, isString := v.Key.(*ast.StringNode); isString {
			key = s.Value
		}
		if i == 0 && t.Position != nil { // a mapping begins at its first key, not at the ':' after it
			result.line, result.column = t.Position.Line, t.Position.Column
		}
		if _, twice := object[key]; twice {
			r.problems = append(r.problems, at(t, join(path, key), FileKeyTwice, clip(key)))
			continue
		}
		child := r.read(v.Value, join(path, key), depth+1)
		result.fields[key], object[key] = child, child.value
	}
	result.value = object
}

func (r *yamlReader) sequence(result *node, n *ast.SequenceNode, path string, depth int) {
	result.items = make([]*node, len(n.Values))
	list := make([]any, len(n.Values))
	for i, v := range n.Values {
		result.items[i] = r.read(v, index(path, i), depth+1)
		list[i] = result.items[i].value
	}
	result.value = list
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// clip keeps what a message repeats short and printable.
func clip(s string) string {
	const most = 200
	return strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, string([]rune(s)[:min(most, len([]rune(s)))]))
}
