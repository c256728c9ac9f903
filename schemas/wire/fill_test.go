package wire

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// filler sets every exported field of a value, also those that somebody adds tomorrow.
type filler struct {
	t interface {
		Helper()
		Fatalf(string, ...any)
	}
	pick func(most int) int // 0..most
	text func() string
	full bool // leave nothing zero
}

// fullFiller gives each field a value of its own.
func fullFiller(t *testing.T) filler {
	n := 0
	return filler{t: t, full: true,
		pick: func(most int) int { n++; return 1 + n%most },
		text: func() string { n++; return fmt.Sprintf("текст %d", n) },
	}
}

func (f filler) fill(v reflect.Value) {
	f.t.Helper()
	switch v.Interface().(type) {
	case document.Date:
		if f.some() {
			v.Set(reflect.ValueOf(document.Date{Year: 2000 + f.pick(99), Month: f.pick(11) + 1, Day: f.pick(27) + 1}))
		}
		return
	case time.Time:
		if f.some() {
			v.Set(reflect.ValueOf(time.Unix(int64(f.pick(1<<30)), int64(1+f.pick(1000))).UTC()))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		if f.some() {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		f.slice(v)
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(f.pick(255)))
		}
	case reflect.String:
		v.SetString(f.text())
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.pick(1000)))
		if f.pick(4) == 1 {
			v.SetInt(-v.Int())
		}
	case reflect.Bool:
		v.SetBool(f.some())
	default:
		f.t.Fatalf("the filler does not know %s: teach it", v.Type())
	}
}

func (f filler) slice(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if f.some() {
			v.SetBytes([]byte("x" + f.text()))
		}
		return
	}
	n := 2
	if !f.full {
		n = f.pick(2)
	}
	if n == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		f.fill(v.Index(i))
	}
}

func (f filler) some() bool { return f.full || f.pick(1) == 1 }

// filled returns a T without a zero field.
func filled[T any](t *testing.T) *T {
	t.Helper()
	v := new(T)
	fullFiller(t).fill(reflect.ValueOf(v).Elem())
	if path := zeroField(reflect.ValueOf(v).Elem(), "value"); path != "" {
		t.Fatalf("the filler left %s zero", path)
	}
	return v
}

func zeroField(v reflect.Value, path string) string {
	if v.IsZero() {
		return path
	}
	switch v.Kind() {
	case reflect.Pointer:
		return zeroField(v.Elem(), path)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			return zeroField(v.Index(0), path+"[0]")
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return ""
		}
		for i := range v.NumField() {
			if field := zeroField(v.Field(i), path+"."+v.Type().Field(i).Name); field != "" {
				return field
			}
		}
	}
	return ""
}
