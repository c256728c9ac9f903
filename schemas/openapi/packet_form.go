package openapi

import (
	"encoding/hex"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// The words of numbered values, in the order of their numbers.
const (
	packetKinds   = "notification main additions answer additions_to_answer"
	acknows       = "none on_error always"
	documentTypes = "outgoing incoming internal"
	folderKinds   = "enclosure information link"
)

// A scalar says how a type stands in JSON as a string.
type scalar struct {
	write func(reflect.Value) string
	read  func(string, reflect.Value) bool // false: not of the form
	want  string                           // the form, for the text of the fault
}

// scalarOf returns the form of types that are not what their kind suggests.
func scalarOf(t reflect.Type) (scalar, bool) {
	switch t {
	case reflect.TypeFor[document.PacketKind]():
		return words(packetKinds), true
	case reflect.TypeFor[document.Acknow]():
		return words(acknows), true
	case reflect.TypeFor[document.DocumentType]():
		return words(documentTypes), true
	case reflect.TypeFor[document.FolderKind]():
		return words(folderKinds), true
	case reflect.TypeFor[[32]byte]():
		return scalar{writeDigest, readDigest, "64 hexadecimal digits"}, true
	case reflect.TypeFor[document.Date]():
		return scalar{writeDate, readDate, "YYYY-MM-DD"}, true
	case reflect.TypeFor[time.Time]():
		return scalar{writeTime, readTime, "YYYY-MM-DDThh:mm:ssZ"}, true
	}
	return scalar{}, false
}

func words(list string) scalar {
	return scalar{
		write: func(v reflect.Value) string { return word(list, int(v.Int())) },
		read: func(s string, v reflect.Value) bool {
			n, ok := number(list, s)
			v.SetInt(int64(n))
			return ok
		},
		want: strings.ReplaceAll(list, " ", ", "),
	}
}

func word(list string, n int) string {
	if all := strings.Fields(list); n >= 0 && n < len(all) {
		return all[n]
	}
	return strconv.Itoa(n) // of a packet that was refused for it
}

func number(list, name string) (int, bool) {
	n := slices.Index(strings.Fields(list), name)
	return max(n, 0), n >= 0
}

func writeDigest(v reflect.Value) string {
	d := v.Interface().([32]byte)
	return hex.EncodeToString(d[:])
}

func readDigest(s string, v reflect.Value) bool {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != v.Len() {
		return false
	}
	reflect.Copy(v, reflect.ValueOf(b))
	return true
}

func writeDate(v reflect.Value) string { return v.Interface().(document.Date).String() }

func readDate(s string, v reflect.Value) bool {
	d, err := document.ParseDate(s)
	v.Set(reflect.ValueOf(d))
	return err == nil
}

func writeTime(v reflect.Value) string {
	return v.Interface().(time.Time).UTC().Format(time.RFC3339Nano)
}

func readTime(s string, v reflect.Value) bool {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return false
	}
	v.Set(reflect.ValueOf(t.UTC()))
	return true
}

// A member is a field of a struct as it stands in JSON.
type member struct {
	name  string
	index []int
	show  bool // also when it is the zero value
}

// members are the fields of a struct type in their order.
func members(t reflect.Type) []member {
	var all []member
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Type == reflect.TypeFor[document.PacketID]():
			all = append(all, member{"sender", []int{i, 0}, false}, member{"msg_id", []int{i, 1}, false})
		case t == reflect.TypeFor[document.Attachment]() && f.Name == "Inline":
			all = append(all, member{"content", []int{i}, false})
		default:
			show := f.Type == reflect.TypeFor[document.PacketKind]() || f.Type == reflect.TypeFor[document.Acknow]()
			all = append(all, member{snake(f.Name), []int{i}, show})
		}
	}
	return all
}

// snake writes a field's Go name in snake case: MsgID is msg_id, SHA256 is sha256.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := i > 0 && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
