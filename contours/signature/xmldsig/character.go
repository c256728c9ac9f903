package xmldsig

import (
	"strings"
	"unicode/utf8"
)

// isSpace: XML 1.0, production 3.
func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// isChar: XML 1.0, production 2. Surrogates do not occur in valid UTF-8.
func isChar(r rune) bool {
	return r >= 0x20 && r <= 0xd7ff || r == '\t' || r == '\n' || r == '\r' || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

// charsOK reports whether s is UTF-8 of characters that XML allows.
func charsOK(s string) bool {
	for i, r := range s {
		if !isChar(r) {
			return false
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}

// nameStart lists what a name without colon may begin with (Namespaces in XML 1.0, NCName; XML 1.0, production 4).
var nameStart = [...][2]rune{
	{'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d},
	{0x2070, 0x218f}, {0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
}

// nameMore lists what it may go on with besides.
var nameMore = [...][2]rune{{'-', '.'}, {'0', '9'}, {0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}}

func within(ranges [][2]rune, r rune) bool {
	for _, x := range ranges {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}

// nameLength returns how many octets of s are a name without colon.
func nameLength(s string) int {
	for i, r := range s {
		if !within(nameStart[:], r) && (i == 0 || !within(nameMore[:], r)) {
			return i
		}
	}
	return len(s)
}

func isNCName(s string) bool { return s != "" && nameLength(s) == len(s) }

// normaliseLines: XML 1.0, 2.11: before anything else, CR LF and CR become LF.
func normaliseLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
