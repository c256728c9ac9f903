package wire

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// maxParts bounds the entries of all lists together, so that a few bytes each cannot fill the memory.
// Five hundred files with twenty signatures each, or a hundred receivers with a hundred tasks, are less.
const maxParts = 50_000

// maxList bounds the lists that have no limit of their own in the form.
const maxList = 1000

// one is a nested message without presence: left out when all its fields are zero.
func one[T any](c *coder, n protowire.Number, v *T, body func(*coder, *T)) {
	if c.mode == reading && !c.at(n, protowire.BytesType) {
		return
	}
	nested(c, step{n, -1}, v, false, body)
}

// maybe is a nested message with presence: nil is left out, empty is not.
func maybe[T any](c *coder, n protowire.Number, v **T, body func(*coder, *T)) {
	if c.mode == reading && c.at(n, protowire.BytesType) {
		*v = new(T)
	}
	if *v != nil {
		nested(c, step{n, -1}, *v, true, body)
	}
}

// many is a list of at most limit nested messages.
func many[T any](c *coder, n protowire.Number, v *[]T, limit int, body func(*coder, *T)) {
	if c.mode == reading {
		*v = list[T](c, n, limit)
	}
	for i := range *v {
		nested(c, step{n, i}, &(*v)[i], true, body)
		if c.mode == reading && c.fault != nil {
			return
		}
	}
}

// nested takes body over the fields of v, one message deeper. While reading it stands next.
func nested[T any](c *coder, s step, v *T, present bool, body func(*coder, *T)) {
	c.trail = append(c.trail, s)
	switch c.mode {
	case measuring:
		outer, slot := c.size, len(c.sizes)
		c.sizes = append(c.sizes, 0)
		c.size = 0
		body(c, v)
		if c.size > 0 || present {
			c.sizes[slot] = c.size
			c.size = outer + protowire.SizeTag(s.field) + protowire.SizeBytes(c.size)
		} else {
			c.sizes = c.sizes[:slot+1] // writing will not look inside
			c.size = outer
		}
	case writing:
		size := c.sizes[c.turn]
		c.turn++
		if size > 0 || present {
			c.out = protowire.AppendTag(c.out, s.field, protowire.BytesType)
			c.out = protowire.AppendVarint(c.out, uint64(size))
			body(c, v)
		}
	case reading:
		c.readNested(s.field, func() { body(c, v) })
	}
	c.trail = c.trail[:len(c.trail)-1]
}

// readNested reads the message that is the value of field n.
func (c *coder) readNested(n protowire.Number, body func()) {
	inner, size := protowire.ConsumeBytes(c.in)
	if size < 0 {
		c.fail(0, "truncated")
		return
	}
	rest := c.in[size:]
	c.in = inner
	c.advance()
	body()
	c.end()
	if c.fault == nil {
		c.in = rest
		c.advance()
	}
}

// list counts the entries of list n, which stand next to each other, and makes room for them once they
// are known to be within the limits.
func list[T any](c *coder, n protowire.Number, limit int) []T {
	if !c.at(n, protowire.BytesType) {
		return nil
	}
	count, rest := 0, c.in
	for {
		_, size := protowire.ConsumeBytes(rest)
		if size < 0 {
			c.fail(n, "truncated")
			return nil
		}
		rest = rest[size:]
		count++
		next, typ, size := protowire.ConsumeTag(rest)
		if size < 0 || next != n || typ != protowire.BytesType {
			break
		}
		rest = rest[size:]
	}
	c.parts += count
	switch {
	case count > limit:
		c.refuse(n, document.PacketParts, strconv.Itoa(count), strconv.Itoa(limit))
		return nil
	case c.parts > maxParts:
		c.refuse(n, document.PacketParts, strconv.Itoa(c.parts), strconv.Itoa(maxParts))
		return nil
	}
	return make([]T, count)
}
