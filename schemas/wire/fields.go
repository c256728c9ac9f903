package wire

import (
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// text is a string in UTF-8, left out when empty.
func text[S ~string](c *coder, n protowire.Number, v *S) {
	switch c.mode {
	case measuring:
		if *v != "" {
			if !utf8.ValidString(string(*v)) {
				c.fail(n, "not UTF-8")
			}
			c.size += protowire.SizeTag(n) + protowire.SizeBytes(len(*v))
		}
	case writing:
		if *v != "" {
			c.out = protowire.AppendTag(c.out, n, protowire.BytesType)
			c.out = protowire.AppendString(c.out, string(*v))
		}
	case reading:
		if c.at(n, protowire.BytesType) {
			*v = S(c.utf8(n))
		}
	}
}

func (c *coder) utf8(n protowire.Number) string {
	b, ok := c.bytes(n)
	if ok && !utf8.Valid(b) {
		c.fail(n, "not UTF-8")
		return ""
	}
	return string(b)
}

// texts is a list of strings, the empty ones included.
func texts(c *coder, n protowire.Number, v *[]string) {
	if c.mode == reading {
		*v = list[string](c, n, maxList)
	}
	for i := range *v {
		s := &(*v)[i]
		switch c.mode {
		case measuring:
			if !utf8.ValidString(*s) {
				c.fail(n, "not UTF-8")
			}
			c.size += protowire.SizeTag(n) + protowire.SizeBytes(len(*s))
		case writing:
			c.out = protowire.AppendTag(c.out, n, protowire.BytesType)
			c.out = protowire.AppendString(c.out, *s)
		case reading:
			if c.fault == nil {
				*s = c.utf8(n)
			}
		}
	}
}

// integer is a number, left out when zero.
func integer[I ~int | ~int64](c *coder, n protowire.Number, v *I) {
	switch c.mode {
	case measuring:
		if *v != 0 {
			c.size += protowire.SizeTag(n) + protowire.SizeVarint(uint64(*v))
		}
	case writing:
		if *v != 0 {
			c.out = protowire.AppendTag(c.out, n, protowire.VarintType)
			c.out = protowire.AppendVarint(c.out, uint64(*v))
		}
	case reading:
		if c.at(n, protowire.VarintType) {
			u, _ := c.varint(n)
			if *v = I(u); int64(*v) != int64(u) {
				c.fail(n, "out of range") // int has 32 bits here
			}
		}
	}
}

// boolean is a yes, left out when no.
func boolean(c *coder, n protowire.Number, v *bool) {
	var i int64
	if *v {
		i = 1
	}
	integer(c, n, &i)
	if c.mode == reading {
		if *v = i == 1; i&^1 != 0 {
			c.fail(n, "neither 0 nor 1")
		}
	}
}

// day is a date as year*10000 + month*100 + day.
func day(c *coder, n protowire.Number, v *document.Date) {
	i := int64(v.Year)*10000 + int64(v.Month)*100 + int64(v.Day)
	integer(c, n, &i)
	if c.mode == reading && i != 0 {
		*v = document.Date{Year: int(i / 10000), Month: int(i / 100 % 100), Day: int(i % 100)}
	}
	if c.mode != writing && !v.IsZero() && !v.Valid() {
		c.fail(n, "no such day")
	}
}

// moment is a time as nanoseconds since 1970 in UTC.
func moment(c *coder, n protowire.Number, v *time.Time) {
	var i int64
	if !v.IsZero() {
		i = v.UnixNano()
	}
	integer(c, n, &i)
	switch {
	case c.mode == reading && i != 0:
		*v = time.Unix(0, i).UTC()
	case c.mode == measuring && !v.IsZero() && !time.Unix(0, i).Equal(*v):
		c.fail(n, "not between 1678 and 2262")
	}
}

// digest is 32 bytes, left out when all are zero.
func digest(c *coder, n protowire.Number, v *[32]byte) {
	var b []byte
	if *v != ([32]byte{}) {
		b = v[:]
	}
	blob(c, n, &b)
	if len(b) == 0 || c.mode != reading {
		return
	}
	if len(b) != len(v) {
		c.fail(n, "not 32 bytes")
		return
	}
	copy(v[:], b)
}

// blob is a string of bytes, left out when empty. What is read aliases the input.
func blob(c *coder, n protowire.Number, v *[]byte) {
	if c.mode == reading || len(*v) > 0 {
		content(c, n, v)
	}
	if c.mode == reading && len(*v) == 0 {
		*v = nil
	}
}

// content is a string of bytes with presence: nil is left out, empty is not. What is read aliases the
// input.
func content(c *coder, n protowire.Number, v *[]byte) {
	switch c.mode {
	case measuring:
		if *v != nil {
			c.size += protowire.SizeTag(n) + protowire.SizeBytes(len(*v))
		}
	case writing:
		if *v != nil {
			c.out = protowire.AppendTag(c.out, n, protowire.BytesType)
			c.out = protowire.AppendBytes(c.out, *v)
		}
	case reading:
		if c.at(n, protowire.BytesType) {
			*v, _ = c.bytes(n)
		}
	}
}
