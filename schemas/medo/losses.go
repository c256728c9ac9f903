package medo

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Losses are what a writer could not say in МЭДО, by path. A message with Missing or Unfit must not be sent.
type Losses struct {
	Lost    []string // fields of the vocabulary that a reader of the message will not get back as they were; with "medo:", variables and texts by their path in the XML
	Made    []string // fields that nobody filled and a reader of the message will find filled
	Missing []string // paths in the XML that the format demands, and nobody said it
	Unfit   Problems // what was said and does not keep to the schema: too long, no GUID …
}

// compare finds the losses by looking: what was written has been read again as got. So nothing is dropped in silence,
// whatever the mapping forgets. Contents of files travel beside a message and are not looked at, neither are the codes of
// contours, which are the caller's to resolve.
func (l *Losses) compare(want, got any) {
	d := differ{losses: l}
	d.value("", reflect.ValueOf(want), reflect.ValueOf(got))
	l.Lost, l.Made = tidy(l.Lost), tidy(l.Made)
}

// leftOver notes the variables of this format that belong to another part of it than those that were written.
func (l *Losses) leftOver(p *document.Packet, written ...string) {
	for _, v := range kept(p, "") {
		if strings.HasPrefix(v.Name, prefix) && !slices.ContainsFunc(written, func(of string) bool { return strings.HasPrefix(v.Name, of) }) {
			l.Lost = append(l.Lost, v.Name)
		}
	}
}

func tidy(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

type differ struct{ losses *Losses }

func (d differ) lost(path string) { d.losses.Lost = append(d.losses.Lost, path) }

// value compares one field. Only what was said can be lost.
func (d differ) value(path string, want, got reflect.Value) {
	if want.Type() == reflect.TypeFor[*document.Expansion]() {
		d.expansion(path, want, got)
		return
	}
	if nothing(want) {
		if !nothing(got) {
			d.losses.Made = append(d.losses.Made, path)
		}
		return
	}
	if t, ok := want.Interface().(time.Time); ok {
		if !t.Equal(got.Interface().(time.Time)) {
			d.lost(path)
		}
		return
	}
	switch want.Kind() {
	case reflect.Pointer:
		if got.IsNil() {
			d.lost(path)
			return
		}
		d.value(path, want.Elem(), got.Elem())
	case reflect.Struct:
		for i := range want.NumField() {
			if name := want.Type().Field(i).Name; !beside(want.Type(), name) {
				d.value(join(path, snake(name)), want.Field(i), got.Field(i))
			}
		}
	case reflect.Slice:
		if want.Len() != got.Len() {
			d.lost(path)
			return
		}
		for i := range want.Len() {
			d.value(path+"["+strconv.Itoa(i)+"]", want.Index(i), got.Index(i))
		}
	default:
		if !want.Equal(got) {
			d.lost(path)
		}
	}
}

func nothing(v reflect.Value) bool { return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 }

// expansion compares without the variables that are of this format: the writer has reported those that it left over.
func (d differ) expansion(path string, want, got reflect.Value) {
	plain := func(v reflect.Value) reflect.Value {
		var x document.Expansion
		if !v.IsNil() {
			x = v.Elem().Interface().(document.Expansion)
		}
		x.Variables = others(x.Variables)
		return reflect.ValueOf(x)
	}
	d.value(path, plain(want), plain(got))
}

func others(list []document.Variable) (rest []document.Variable) {
	for _, v := range list {
		if !strings.HasPrefix(v.Name, prefix) {
			rest = append(rest, v)
		}
	}
	return rest
}

// beside says whether a field is not part of a message: contents travel as files, the subject in the envelope, and codes
// of contours and the hub's edition are not of this format.
func beside(of reflect.Type, field string) bool {
	switch of {
	case reflect.TypeFor[document.Attachment]():
		return field == "Size" || field == "SHA256" || field == "Inline"
	case reflect.TypeFor[document.Signature]():
		return field == "CMS"
	case reflect.TypeFor[document.Packet]():
		return field == "Edition" || field == "Subject"
	case reflect.TypeFor[document.Receiver](), reflect.TypeFor[document.Parent]():
		return field == "Contour"
	case reflect.TypeFor[document.PacketID]():
		return field == "Sender"
	case reflect.TypeFor[document.Report]():
		return field == "Reporter"
	}
	return false
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

// snake is a field as paths write it: "SignedAt" is "signed_at", "MsgID" is "msg_id".
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
