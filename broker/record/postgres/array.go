package postgres

import (
	"encoding/binary"
	"fmt"
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
		a.buf = append(a.buf, 0xff, 0xff, 0xff, 0xff)
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

// arrayCodec teaches a connection to send arrays as they are.
type arrayCodec struct{ pgtype.Codec }

func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(*array); ok && format == pgtype.BinaryFormatCode {
		return arrayPlan{}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

type arrayPlan struct{}

func (arrayPlan) Encode(value any, buf []byte) ([]byte, error) {
	a, ok := value.(*array)
	if !ok {
		return nil, fmt.Errorf("no array but %T", value)
	}
	return append(slices.Grow(buf, a.ahead), a.encoded()...), nil
}

// teachArrays makes m send arrays of all the types that columns have.
func teachArrays(m *pgtype.Map) {
	for _, oid := range []uint32{pgtype.BoolArrayOID, pgtype.ByteaArrayOID, pgtype.Int8ArrayOID, pgtype.Int4ArrayOID, pgtype.Int2ArrayOID, pgtype.TextArrayOID, pgtype.TimestamptzArrayOID, pgtype.UUIDArrayOID} {
		if t, ok := m.TypeForOID(oid); ok {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: oid, Codec: arrayCodec{t.Codec}})
		}
	}
}
