package markup

import (
	"bytes"
	"errors"
)

// errAttrs is more attributes than the limits allow.
var errAttrs = errors.New("too many attributes")

// scanAttrs counts attributes ahead of the parser, which would hold all those of an element before anybody could refuse
// them: a megabyte of attributes takes twenty in memory. In all there may be eight times as many as elements.
func scanAttrs(data []byte, l Limits) (at int, err error) {
	total := 0
	for at < len(data) {
		i := bytes.IndexByte(data[at:], '<')
		if i < 0 {
			break
		}
		at += i
		rest := data[at:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			at += beyond(rest, "-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			at += beyond(rest, "]]>")
		case bytes.HasPrefix(rest, []byte("<?")):
			at += beyond(rest, "?>")
		default:
			size, n := scanTag(rest)
			if total += n; n > l.Attrs || total > 8*l.Elements {
				return at, errAttrs
			}
			at += size
		}
	}
	return 0, nil
}

// scanTag measures a tag and counts the values in it.
func scanTag(tag []byte) (size, values int) {
	for size < len(tag) {
		i := bytes.IndexAny(tag[size:], `>"'`)
		if i < 0 {
			break
		}
		size += i + 1
		quote := tag[size-1]
		if quote == '>' {
			return size, values
		}
		values++
		i = bytes.IndexByte(tag[size:], quote)
		if i < 0 {
			break
		}
		size += i + 1
	}
	return len(tag), values
}

// beyond is where what is ended by end is over.
func beyond(data []byte, end string) int {
	if i := bytes.Index(data, []byte(end)); i >= 0 {
		return i + len(end)
	}
	return len(data)
}
