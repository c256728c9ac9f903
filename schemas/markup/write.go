package markup

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Document returns a document in UTF-8 with its declaration, an element a line.
func (e *Element) Document() []byte {
	out := append(make([]byte, 0, e.Size()), `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	return append(e.append(out, 0, ""), '\n')
}

// Size is about how long the element will be when written.
func (e *Element) Size() int {
	n := 64 + 3*len(e.Name) + len(e.Text)
	for i := range e.Attrs {
		n += 8 + len(e.Attrs[i].Name) + len(e.Attrs[i].Value)
	}
	for _, c := range e.Children {
		n += c.Size()
	}
	return n
}

// append writes the element. One with text is written on one line, so that nothing is added to the text. space is the
// default namespace around it.
func (e *Element) append(out []byte, depth int, space string) []byte {
	for range depth {
		out = append(out, "  "...)
	}
	out = append(append(out, '<'), e.Name...)
	if e.Space != space && !strings.Contains(e.Name, ":") {
		space = e.Space
		out = append(escape(append(out, ` xmlns="`...), space, true), '"')
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		out = append(out, ' ')
		if a.Space != "" {
			prefix := "n" + strconv.Itoa(i)
			out = append(append(append(out, "xmlns:"...), prefix...), `="`...)
			out = append(append(append(escape(out, a.Space, true), `" `...), prefix...), ':')
		}
		out = append(append(out, a.Name...), `="`...)
		out = append(escape(out, a.Value, true), '"')
	}
	if e.Text == "" && len(e.Children) == 0 {
		return append(out, "/>"...)
	}
	out = append(out, '>')
	out = escape(out, e.Text, false)
	for _, c := range e.Children {
		out = c.append(append(out, '\n'), depth+1, space)
	}
	if len(e.Children) > 0 {
		out = append(out, '\n')
		for range depth {
			out = append(out, "  "...)
		}
	}
	return append(append(append(out, "</"...), e.Name...), '>')
}

// escape writes text so that a reader gets it back as it is. What XML cannot hold becomes U+FFFD.
func escape(out []byte, s string, attr bool) []byte {
	done := 0
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		var with string
		switch {
		case r == '<':
			with = "&lt;"
		case r == '>':
			with = "&gt;"
		case r == '&':
			with = "&amp;"
		case r == '"' && attr:
			with = "&#34;"
		case r == '\r' || attr && (r == '\n' || r == '\t'):
			with = "&#" + strconv.Itoa(int(r)) + ";"
		case r < ' ' && r != '\n' && r != '\t', r == utf8.RuneError && n == 1, r == 0xfffe, r == 0xffff:
			with = "\ufffd"
		}
		if with != "" {
			out = append(append(out, s[done:i]...), with...)
			done = i + n
		}
		i += n
	}
	return append(out, s[done:]...)
}

// Clean is s with its ends trimmed and every run of blanks made one, as people mean texts in forms.
func Clean(s string) string { return strings.Join(strings.Fields(s), " ") }
