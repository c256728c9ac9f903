package xmldsig

import (
	"errors"
	"strconv"
	"strings"
)

// scanner goes through the text of a document.
type scanner struct{ rest string }

// take returns the next n octets.
func (s *scanner) take(n int) (taken string) {
	taken, s.rest = s.rest[:n], s.rest[n:]
	return taken
}

// skip passes a token if it comes next.
func (s *scanner) skip(token string) (ok bool) {
	s.rest, ok = strings.CutPrefix(s.rest, token)
	return ok
}

// until returns what comes before a token, and passes both.
func (s *scanner) until(token string) (before string, ok bool) {
	i := strings.Index(s.rest, token)
	if i < 0 {
		return "", false
	}
	before = s.take(i)
	s.skip(token)
	return before, true
}

// spaces passes white space and reports whether there was any.
func (s *scanner) spaces() bool {
	before := len(s.rest)
	s.rest = strings.TrimLeft(s.rest, " \t\n")
	return len(s.rest) < before
}

// qname reads a name with at most one prefix.
func (s *scanner) qname() (prefix, local string, err error) {
	local = s.take(nameLength(s.rest))
	if local != "" && s.skip(":") {
		prefix, local = local, s.take(nameLength(s.rest))
	}
	if local == "" {
		return "", "", errors.New("name expected")
	}
	return prefix, local, nil
}

// value reads ="…" or ='…' and resolves what is between.
func (s *scanner) value() (string, error) {
	s.spaces()
	if !s.skip("=") {
		return "", errors.New("= expected")
	}
	s.spaces()
	if s.rest == "" || s.rest[0] != '"' && s.rest[0] != '\'' {
		return "", errors.New("quote expected")
	}
	raw, ok := s.until(s.take(1))
	if !ok || strings.Contains(raw, "<") {
		return "", errors.New("attribute unfinished, or < in it")
	}
	return resolve(blanks.Replace(raw))
}

// blanks: XML 1.0, 3.3.3: literal white space in an attribute is blanks. References are resolved after this, so that
// what they stand for stays.
var blanks = strings.NewReplacer("\t", " ", "\n", " ")

// resolve replaces character references and the five entities that need no declaration.
func resolve(raw string) (string, error) {
	before, after, found := strings.Cut(raw, "&")
	if !found {
		return raw, nil
	}
	var b strings.Builder
	for found {
		b.WriteString(before)
		name, rest, ok := strings.Cut(after, ";")
		if !ok {
			return "", errors.New("& without reference")
		}
		r, err := reference(name)
		if err != nil {
			return "", err
		}
		b.WriteRune(r)
		before, after, found = strings.Cut(rest, "&")
	}
	b.WriteString(before)
	return b.String(), nil
}

func reference(name string) (rune, error) {
	switch name {
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "amp":
		return '&', nil
	case "quot":
		return '"', nil
	case "apos":
		return '\'', nil
	}
	digits, numeric := strings.CutPrefix(name, "#")
	if !numeric {
		return 0, errors.New("entity not defined")
	}
	base := 10
	if hexadecimal, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hexadecimal, 16
	}
	n, err := strconv.ParseUint(digits, base, 21) // signs and underscores it refuses
	if err != nil || !isChar(rune(n)) {
		return 0, errors.New("character reference malformed")
	}
	return rune(n), nil
}
