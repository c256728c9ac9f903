package medo

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// filler sets every exported field of a value, also those that somebody adds tomorrow.
type filler struct {
	pick func(most int) int // 0..most
	text func() string
}

func (f filler) fill(v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case document.Date:
		if f.pick(3) > 0 {
			v.Set(reflect.ValueOf(document.Date{Year: 2000 + f.pick(99), Month: f.pick(11) + 1, Day: f.pick(27) + 1}))
		}
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(f.pick(1<<30)), int64(f.pick(999_999_999))).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), depth)
		}
	case reflect.Pointer:
		if f.pick(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		n := f.pick(2)
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(f.pick(255)))
		}
	case reflect.Uint8:
		v.SetUint(uint64(f.pick(255)))
	case reflect.String:
		v.SetString(f.text())
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.pick(6)) - 1)
	case reflect.Bool:
		v.SetBool(f.pick(1) == 1)
	default:
		panic("the filler does not know " + v.Type().String() + ": teach it")
	}
}

// texts are what people and programs write; some of it is meant for МЭДО, some is not.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "", "Ведомство Б", "01-05/77", "document.pdf", "Письмо.pdf", "a.docx", "файл.p7s", "document.p7s", "b.pdf: c", " пробелы ", "две\nстроки", "a\tb",
			"11111111-1111-4111-8111-111111111111", "medo:x", "Для служебного пользования", "Общий", Agreeing, Approving, "<&>\"'", "\x01", strings.Repeat("я", 600), "+7 000"}),
		rapid.StringN(0, 12, 40),
		rapid.StringMatching(`[А-Яа-я]{1,8}( [А-Яа-я]{1,8})?`),
	)
}

func packets() *rapid.Generator[document.Packet] {
	texts := texts()
	return rapid.Custom(func(t *rapid.T) document.Packet {
		var p document.Packet
		f := filler{
			pick: func(most int) int { return rapid.IntRange(0, most).Draw(t, "pick") },
			text: func() string { return texts.Draw(t, "text") },
		}
		f.fill(reflect.ValueOf(&p).Elem(), 0)
		return p
	})
}

// A packet that was written and read again differs only in the fields that were reported. This looks for the differences in
// another way than the writer does.
func TestNothingIsLostInSilence(t *testing.T) {
	for _, v := range []Version{V25, V27, V271} {
		t.Run(string(v), func(t *testing.T) {
			packets := packets()
			rapid.Check(t, func(t *rapid.T) {
				p := packets.Draw(t, "packet")
				got, losses := throughMEDO(t, &p, v)
				for _, path := range differences(p, *got) {
					if !reported(path, losses) {
						t.Fatalf("%s differs, reported are lost %q, made %q", path, losses.Lost, losses.Made)
					}
				}
			})
		})
	}
}

// throughMEDO writes a packet and reads it again, contents apart.
func throughMEDO(t interface{ Fatal(...any) }, p *document.Packet, v Version) (*document.Packet, Losses) {
	message, losses := Encode(Of(p, v), Options{})
	m, _ := Decode(message, Options{})
	if m == nil {
		t.Fatal("the message is none: ", string(message))
	}
	if !v.Container() && m.Packet != nil {
		return m.Packet, losses
	}
	if !v.Container() {
		return new(document.Packet), losses
	}
	text, _, more := EncodePassport(p, v, Options{})
	passport, _ := DecodePassport(text, Options{})
	if passport == nil {
		t.Fatal("the passport is none: ", string(text))
	}
	more.Lost, more.Made = append(more.Lost, losses.Lost...), append(more.Made, losses.Made...)
	return m.Take(&Container{Passport: *passport}, Options{}), more
}

// differences are the paths of everything that one packet says and the other does not.
func differences(want, got document.Packet) (paths []string) {
	want.Expansion, got.Expansion = withoutOurs(want.Expansion), withoutOurs(got.Expansion)
	w, g := map[string]string{}, map[string]string{}
	flatten("", reflect.ValueOf(want), w)
	flatten("", reflect.ValueOf(got), g)
	for path := range w {
		if g[path] != w[path] {
			paths = append(paths, path)
		}
	}
	for path := range g {
		if w[path] == "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// flatten writes down what a value says, by path.
func flatten(path string, v reflect.Value, all map[string]string) {
	if t, ok := v.Interface().(time.Time); ok && !v.IsZero() {
		all[path] = t.UTC().String()
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			flatten(path, v.Elem(), all)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				flatten(strings.TrimPrefix(path+"."+snake(v.Type().Field(i).Name), "."), v.Field(i), all)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			flatten(fmt.Sprintf("%s[%d]", path, i), v.Index(i), all)
		}
	default:
		if !v.IsZero() {
			all[path] = fmt.Sprint(v.Interface())
		}
	}
}

// reported says whether a field, or what it is in, stands in the lists; or whether it is none of a message's.
func reported(path string, l Losses) bool {
	for _, apart := range []string{"id.sender", "edition", "subject", "contour", "cms", "size", "sha256", "inline"} {
		if path == apart || strings.HasSuffix(path, "."+apart) || strings.Contains(path, "."+apart+"[") || strings.HasPrefix(path, apart+".") {
			return true
		}
	}
	for _, list := range [][]string{l.Lost, l.Made} {
		for _, r := range list {
			if path == r || strings.HasPrefix(path, r+".") || strings.HasPrefix(path, r+"[") {
				return true
			}
		}
	}
	return false
}

// withoutOurs leaves the variables out that are of this format.
func withoutOurs(x *document.Expansion) *document.Expansion {
	var y document.Expansion
	if x != nil {
		y = *x
	}
	y.Variables = others(y.Variables)
	return &y
}
