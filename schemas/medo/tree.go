package medo

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
	"github.com/smdo-hub/smdo-hub/schemas/markup"
)

// parse reads XML as a tree in which names of МЭДО have no namespace, so that the versions look alike. space is the one of
// the root.
func parse(data []byte, l markup.Limits) (root *markup.Element, space string, err error) {
	if l == (markup.Limits{}) {
		l = markup.Limits{Bytes: 16 << 20, Depth: 32, Elements: 50_000, Attrs: 64}
	}
	root, err = markup.Parse(data, l)
	if err != nil {
		return nil, "", err
	}
	space = root.Space
	strip(root, space)
	prune(root, func(c *markup.Element) bool { return c.Name == "number" || c.Name == "date" })
	return root, space, nil
}

// malformed tells why a text is no XML.
func malformed(code Code, err error) Problems {
	detail := "not МЭДО"
	var s *markup.SyntaxError
	if errors.As(err, &s) {
		detail = s.Error()
	}
	return problemsOf(code, document.Faults{document.NewFault(document.PacketMalformed, "", detail)})
}

// foreign begins the names of attributes that are not МЭДО's.
const foreign = "foreign."

func ours(space, root string) bool {
	return space == "" || space == root || space == spaceOld || space == spaceMessage || space == spacePassport || space == spaceContainer
}

// strip takes our namespaces away, and the one of the root, whatever it is: that it is the wrong one is told once. Attributes should be qualified and are read when they are not; foreign ones are called
// "foreign.<namespace in hexadecimal>.name", those of XMLSchema-instance are hints and forgotten.
func strip(e *markup.Element, root string) {
	if ours(e.Space, root) {
		e.Space = ""
	}
	if slices.ContainsFunc(e.Attrs, func(a markup.Attr) bool { return a.Space == spaceXSI }) {
		e.Attrs = slices.DeleteFunc(e.Attrs, func(a markup.Attr) bool { return a.Space == spaceXSI })
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if !ours(a.Space, root) {
			a.Name = foreign + hex.EncodeToString([]byte(a.Space)) + "." + a.Name
		}
		a.Space = ""
	}
	for _, c := range e.Children {
		strip(c, root)
	}
}

// qualify gives the names their namespace back, as МЭДО demands of elements and of attributes.
func qualify(root *markup.Element, space, prefix string) {
	prune(root, func(*markup.Element) bool { return false })
	qualifyAll(root, prefix+":")
	root.Attrs = slices.Insert(root.Attrs, 0, markup.Attr{Name: "xmlns:" + prefix, Value: space})
}

func qualifyAll(e *markup.Element, prefix string) {
	if e.Space == "" {
		e.Name = prefix + e.Name
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if space, name, ok := strings.Cut(strings.TrimPrefix(a.Name, foreign), "."); ok && strings.HasPrefix(a.Name, foreign) {
			if s, err := hex.DecodeString(space); err == nil && len(s) > 0 {
				a.Space, a.Name = string(s), name
				continue
			}
		}
		a.Name = prefix + a.Name
	}
	for _, c := range e.Children {
		qualifyAll(c, prefix)
	}
}

// prune takes away what says nothing: empty elements and attributes are forbidden, but for numbers and days that are not
// given yet.
func prune(e *markup.Element, may func(*markup.Element) bool) {
	e.Attrs = slices.DeleteFunc(e.Attrs, func(a markup.Attr) bool { return a.Value == "" })
	for _, c := range e.Children {
		prune(c, may)
	}
	e.Children = slices.DeleteFunc(e.Children, func(c *markup.Element) bool { return silent(c) && !may(c) })
}

func silent(e *markup.Element) bool {
	return len(e.Attrs) == 0 && len(e.Children) == 0 && strings.TrimSpace(e.Text) == ""
}

// Names of variables that keep what the vocabulary has no word for.
const (
	prefix      = "medo:"
	ofMessage   = prefix + "communication/"
	ofPassport  = prefix + "container/"
	ofContainer = prefix + "file/" // small files of a container that are neither documents nor signatures, in base64
)

// kept are the variables of a packet with a prefix, without it.
func kept(p *document.Packet, prefix string) (list []document.Variable) {
	if p == nil || p.Expansion == nil {
		return nil
	}
	for _, v := range p.Expansion.Variables {
		if name, ok := strings.CutPrefix(v.Name, prefix); ok {
			list = append(list, document.Variable{Name: name, Value: v.Value})
		}
	}
	return list
}

// keep puts variables into a packet.
func keep(p *document.Packet, prefix string, list []document.Variable) {
	if len(list) > 0 && p.Expansion == nil {
		p.Expansion = new(document.Expansion)
	}
	if p.Expansion != nil {
		p.Expansion.Variables = slices.Grow(p.Expansion.Variables, len(list))
	}
	for _, v := range list {
		p.Expansion.Variables = append(p.Expansion.Variables, document.Variable{Name: prefix + v.Name, Value: v.Value})
	}
}
