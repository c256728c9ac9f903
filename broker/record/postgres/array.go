package postgres

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// array is a column of many rows on its way to the server, in PostgreSQL's binary form of an array: a header,
// then each element behind its length. The rows of a batch are written into it field by field, without
// reflection and without a copy in between.
type array struct {
	buf   []byte
	ahead int // bytes of this array and of those sent behind it: makes room for all of them at once
	rows  int // expected
	n     uint32
	nulls bool
}

// elementOID says what an array is made of, by the name of the type in SQL.
var elementOID = map[string]uint32{
	"boolean": pgtype.BoolOID, "bytea": pgtype.ByteaOID, "bigint": pgtype.Int8OID, "integer": pgtype.Int4OID, "smallint": pgtype.Int2OID,
	"text": pgtype.TextOID, "timestamptz": pgtype.TimestamptzOID, "uuid": pgtype.UUIDOID,
}

const arrayHeader = 20 // dimensions, nulls, element type, length, lower bound

func newArray(sqlType string, rows int) *array {
	oid, ok := elementOID[sqlType]
	if !ok {
		panic("no array of " + sqlType)
	}
	a := &array{buf: make([]byte, arrayHeader), rows: rows}
	binary.BigEndian.PutUint32(a.buf[0:], 1)
	binary.BigEndian.PutUint32(a.buf[8:], oid)
	binary.BigEndian.PutUint32(a.buf[16:], 1)
	return a
}

// length begins an element. The first one says how much room all of them are likely to need.
func (a *array) length(n int) {
	if a.n == 0 {
		a.buf = slices.Grow(a.buf, a.rows*(n+n/8+4))
	}
	a.n++
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(n))
}

func (a *array) octets(b []byte) {
	a.length(len(b))
	a.buf = append(a.buf, b...)
}

func (a *array) text(s string) {
	a.length(len(s))
	a.buf = append(a.buf, s...)
}

func (a *array) bigint(v int64) {
	a.length(8)
	a.buf = binary.BigEndian.AppendUint64(a.buf, uint64(v))
}

func (a *array) integer(v int32) {
	a.length(4)
	a.buf = binary.BigEndian.AppendUint32(a.buf, uint32(v))
}

func (a *array) boolean(v bool) {
	a.length(1)
	if v {
		a.buf = append(a.buf, 1)
	} else {
		a.buf = append(a.buf, 0)
	}
}

var epoch2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// instant writes microseconds since 2000, or null for the zero time.
func (a *array) instant(t time.Time) {
	if t.IsZero() {
		a.n++
		a.nulls = true
		a.buf = binary.BigEndian.AppendUint32(a.buf, null)
		return
	}
	a.bigint(t.UnixMicro() - epoch2000.UnixMicro())
}

// encoded returns the whole array.
func (a *array) encoded() []byte {
	if a.nulls {
		binary.BigEndian.PutUint32(a.buf[4:], 1)
	}
	binary.BigEndian.PutUint32(a.buf[12:], a.n)
	return a.buf
}

// element is one element of an array, as it stands there behind its length; nil for null. In binary form a parameter of
// the type looks the same.
func element(withLength []byte) cell {
	if binary.BigEndian.Uint32(withLength) == null {
		return nil
	}
	return withLength[4:]
}

type cell []byte

// null stands in place of the length of an element that is null.
const null = 0xffff_ffff

// arrayCodec teaches a connection to send arrays and cells as they are.
type arrayCodec struct{ pgtype.Codec }

func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	switch value.(type) {
	case *array:
		return arrayPlan{}
	case cell:
		return cellPlan{}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

// PreferredFormat is binary also for texts, which are the same in both.
func (c arrayCodec) PreferredFormat() int16 { return pgtype.BinaryFormatCode }

type cellPlan struct{}

func (cellPlan) Encode(value any, buf []byte) ([]byte, error) {
	return append(buf, value.(cell)...), nil
}

type arrayPlan struct{}

func (arrayPlan) Encode(value any, buf []byte) ([]byte, error) {
	a := value.(*array)
	return append(slices.Grow(buf, a.ahead), a.encoded()...), nil
}

// teachArrays makes m send arrays and cells of all the types that columns have.
func teachArrays(m *pgtype.Map) {
	for _, oid := range elementOID {
		of, _ := m.TypeForOID(oid)
		in, _ := m.TypeForName("_" + of.Name)
		for _, t := range []*pgtype.Type{of, in} {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: t.OID, Codec: arrayCodec{t.Codec}})
		}
	}
}
