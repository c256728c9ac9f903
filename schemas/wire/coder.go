package wire

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// mode is what a coder does with the fields that it is shown.
type mode int

const (
	measuring mode = iota // find the size of every nested message, and what cannot be written
	writing
	reading
)

// coder is shown every field of a message in the order of the numbers, and measures, writes or reads it.
// The first fault sticks. Measuring and writing go on after it (the bytes are of no use then, except to
// ContentDigest); reading finds nothing more.
type coder struct {
	mode mode
	root protoreflect.ProtoMessage // whose fields the trail names

	size  int   // measuring: of the message so far
	sizes []int // of nested messages in the order in which they are met; made by measuring, used by writing
	turn  int   // writing: the next of sizes
	out   []byte

	in    []byte           // reading: what follows the tag below
	field protowire.Number // reading: the field that stands next; 0 at the end of the message
	typ   protowire.Type
	parts int // reading: list entries so far

	trail []step
	fault *document.Fault

	room [64]int // where sizes and trail begin, to spare allocations
	path [8]step
}

// step is one nested message on the way to a field; index is -1 outside of lists.
type step struct {
	field protowire.Number
	index int
}

// encode returns the only encoding of v, and what in v cannot be encoded faithfully.
func encode[T any](root protoreflect.ProtoMessage, v *T, body func(*coder, *T)) ([]byte, *document.Fault) {
	c := coder{mode: measuring, root: root}
	c.sizes, c.trail = c.room[:0], c.path[:0]
	body(&c, v)
	c.mode, c.out = writing, make([]byte, 0, c.size)
	body(&c, v)
	return c.out, c.fault
}

// measure returns the size of v's encoding.
func measure[T any](v *T, body func(*coder, *T)) int {
	c := coder{mode: measuring}
	c.sizes, c.trail = c.room[:0], c.path[:0]
	body(&c, v)
	return c.size
}

// decode reads b into v. Bytes of v may alias b.
func decode[T any](root protoreflect.ProtoMessage, b []byte, most int, v *T, body func(*coder, *T)) *document.Fault {
	if fault := tooLarge(len(b), most); fault != nil {
		return fault
	}
	c := coder{mode: reading, root: root, in: b}
	c.trail = c.path[:0]
	c.advance()
	body(&c, v)
	c.end()
	return c.fault
}

func tooLarge(size, most int) *document.Fault {
	if size <= most {
		return nil
	}
	fault := document.NewFault(document.PacketTooLarge, "", strconv.Itoa(size), strconv.Itoa(most))
	return &fault
}

// advance reads the tag of the next field.
func (c *coder) advance() {
	if len(c.in) == 0 {
		c.field = 0
		return
	}
	field, typ, n := protowire.ConsumeTag(c.in)
	if n < 0 {
		c.fail(0, "truncated")
		return
	}
	c.in, c.field, c.typ = c.in[n:], field, typ
}

// at says whether field n stands next, and refuses it where it has another type.
func (c *coder) at(n protowire.Number, typ protowire.Type) bool {
	if c.field != n {
		return false
	}
	if c.typ != typ {
		c.fail(n, "wrong type")
		return false
	}
	return true
}

// varint takes the value of field n, which stands next.
func (c *coder) varint(n protowire.Number) (uint64, bool) {
	v, size := protowire.ConsumeVarint(c.in)
	if size < 0 {
		c.fail(n, "truncated")
		return 0, false
	}
	c.in = c.in[size:]
	c.advance()
	return v, true
}

// bytes takes the value of field n, which stands next; it aliases the input.
func (c *coder) bytes(n protowire.Number) ([]byte, bool) {
	v, size := protowire.ConsumeBytes(c.in)
	if size < 0 {
		c.fail(n, "truncated")
		return nil, false
	}
	c.in = c.in[size:]
	c.advance()
	return v[:len(v):len(v)], true
}

// end refuses what the description of the message did not ask for.
func (c *coder) end() {
	if c.field == 0 || c.fault != nil {
		return
	}
	if c.message().Fields().ByNumber(c.field) != nil {
		c.fail(c.field, "given twice or out of order")
		return
	}
	c.fail(0, "unknown field "+strconv.Itoa(int(c.field)))
}

// fail records the first fault, at field n of the message where the coder is (0: the message itself).
func (c *coder) fail(n protowire.Number, why string) {
	c.refuse(n, document.PacketMalformed, why)
}

func (c *coder) refuse(n protowire.Number, code document.FaultCode, args ...string) {
	if c.fault == nil && c.root != nil {
		fault := document.NewFault(code, c.name(n), args...)
		c.fault = &fault
	}
	if c.mode == reading {
		c.in, c.field = nil, 0
	}
}

// message is the descriptor of the message where the coder is.
func (c *coder) message() protoreflect.MessageDescriptor {
	m := c.root.ProtoReflect().Descriptor()
	for _, s := range c.trail {
		m = m.Fields().ByNumber(s.field).Message()
	}
	return m
}

// name is the path of field n: "document.files[0].sha256".
func (c *coder) name(n protowire.Number) string {
	var path string
	m := c.root.ProtoReflect().Descriptor()
	for _, s := range c.trail {
		f := m.Fields().ByNumber(s.field)
		path += "." + string(f.Name())
		if s.index >= 0 {
			path += "[" + strconv.Itoa(s.index) + "]"
		}
		m = f.Message()
	}
	if n != 0 {
		path += "." + string(m.Fields().ByNumber(n).Name())
	}
	if path == "" {
		return ""
	}
	return path[1:]
}
