package recordtest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// start is a day on which nothing happens by itself. Times are whole microseconds: PostgreSQL keeps no more.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A filler gives every field of a row a value of its own, so that a column that is forgotten, or taken for its
// neighbour, is noticed, also one that is added after this was written.
type filler struct{ n int }

func (f *filler) fill(row any) { f.value(reflect.ValueOf(row).Elem()) }

func (f *filler) value(v reflect.Value) {
	f.n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = start.Add(time.Duration(f.n) * (time.Second + time.Microsecond))
		return
	case *document.Date:
		*x = document.DateOf(start.AddDate(0, 0, f.n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("x%d", f.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 251))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.value(v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			f.value(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.value(v.Index(0))
		f.value(v.Index(1))
	case reflect.Map:
		f.pairs(v)
	case reflect.Pointer: // what is loaded beside a row
	default:
		panic("no filling for " + v.Type().String())
	}
}

func (f *filler) pairs(m reflect.Value) {
	m.Set(reflect.MakeMap(m.Type()))
	for range 2 {
		k, v := reflect.New(m.Type().Key()).Elem(), reflect.New(m.Type().Elem()).Elem()
		f.value(k)
		f.value(v)
		m.SetMapIndex(k, v)
	}
}
