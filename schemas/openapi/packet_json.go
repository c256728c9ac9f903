package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// encode writes the JSON form of a value of the vocabulary.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b, reflect.ValueOf(v))
	return b.Bytes(), err
}

func write(b *bytes.Buffer, v reflect.Value) error {
	if s, ok := scalarOf(v.Type()); ok {
		return plain(b, s.write(v))
	}
	switch v.Kind() {
	case reflect.Pointer:
		return write(b, v.Elem())
	case reflect.Struct:
		return writeObject(b, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return plain(b, v.Bytes()) // base64
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := write(b, v.Index(i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	return plain(b, v.Interface())
}

func writeObject(b *bytes.Buffer, v reflect.Value) error {
	b.WriteByte('{')
	first := true
	for _, m := range members(v.Type()) {
		f := v.FieldByIndex(m.index)
		if f.IsZero() && !m.show {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(`"` + m.name + `":`)
		if err := write(b, f); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func plain(b *bytes.Buffer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	b.Write(text)
	return nil
}

// decode reads the JSON form into a value of the vocabulary and returns all that cannot be read as
// document.Faults.
func decode(text []byte, into any) error {
	var d decoder
	d.read(text, reflect.ValueOf(into).Elem(), "")
	if len(d.faults) > 0 {
		return d.faults
	}
	return nil
}

type decoder struct {
	faults document.Faults
	parts  int // entries of lists so far
}

// maxParts bounds the entries of all lists together: an entry takes far less room in JSON than in memory.
const maxParts = 20_000

func (d *decoder) wrong(field, what string) {
	if len(d.faults) < document.MaxFaults {
		d.faults = append(d.faults, document.NewFault(document.PacketMalformed, field, what))
	}
}

func (d *decoder) read(text []byte, v reflect.Value, field string) {
	if string(text) == "null" {
		return // like an absent field
	}
	if s, ok := scalarOf(v.Type()); ok {
		var word string
		if json.Unmarshal(text, &word) != nil || !s.read(word, v) {
			d.wrong(field, s.want)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.read(text, v.Elem(), field)
	case reflect.Struct:
		d.readObject(text, v, field)
	case reflect.Slice:
		d.readList(text, v, field)
	default:
		if json.Unmarshal(text, v.Addr().Interface()) != nil {
			d.wrong(field, v.Kind().String())
		}
	}
}

func (d *decoder) readList(text []byte, v reflect.Value, field string) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		if json.Unmarshal(text, v.Addr().Interface()) != nil {
			d.wrong(field, "base64")
		}
		return
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		d.wrong(field, "array")
		return
	}
	if d.parts += len(list); d.parts > maxParts {
		d.faults = append(d.faults, document.NewFault(document.PacketParts, field, strconv.Itoa(d.parts), strconv.Itoa(maxParts)))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, item := range list {
		d.read(item, v.Index(i), field+"["+strconv.Itoa(i)+"]")
	}
}

func (d *decoder) readObject(text []byte, v reflect.Value, field string) {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		d.wrong(field, "object")
		return
	}
	prefix := field
	if prefix != "" {
		prefix += "."
	}
	for _, m := range members(v.Type()) {
		if item, ok := object[m.name]; ok {
			delete(object, m.name)
			d.read(item, v.FieldByIndex(m.index), prefix+m.name)
		}
	}
	unknown := make([]string, 0, len(object))
	for name := range object {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		d.wrong(prefix+clip(name), "unknown field")
	}
}

// clip keeps a stranger's field name short.
func clip(name string) string {
	const most = 64
	if r := []rune(name); len(r) > most {
		return string(r[:most]) + "…"
	}
	return name
}
