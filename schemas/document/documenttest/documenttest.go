// Package documenttest makes packets to test codecs with: packets in which anything may be said, and the same packet with
// one thing said otherwise.
package documenttest

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Packet makes a packet; pick chooses a number from 0 to most. Every field of the vocabulary comes with some chance, and
// what it says is of the form that exchange formats agree on: trimmed texts, days that exist, enumerations within their bounds.
func Packet(pick func(most int) int) *document.Packet {
	p := new(document.Packet)
	f := &filler{pick: pick}
	f.fill(reflect.ValueOf(p).Elem())
	p.Edition, p.Kind = document.Edition, document.Main
	if len(p.To) == 0 {
		p.To = []document.Receiver{{Contour: "receiver", System: document.System{Name: "Получатель"}}}
	}
	if p.Document == nil {
		p.Document = new(document.Document)
		f.fill(reflect.ValueOf(p.Document).Elem())
	}
	for i := range p.Tasks {
		for j := range p.Tasks[i].Executors {
			p.Tasks[i].Executors[j].Contour = p.To[0].Contour
		}
	}
	return p
}

type filler struct {
	pick  func(most int) int
	count int
}

var words = []string{"Приказ", "о", "порядке", "№ 7", "«О»", "a<b>&\"c\"'", "x", "Ё", "1", "2026"}

func (f *filler) text() string {
	var s []string
	for range f.pick(2) + 1 {
		s = append(s, words[f.pick(len(words)-1)])
	}
	return strings.Join(s, " ")
}

func (f *filler) code() string {
	f.count++
	return fmt.Sprintf("c%d-%d", f.count, f.pick(9))
}

func (f *filler) date() document.Date {
	return document.DateOf(time.Date(2020+f.pick(9), time.Month(1+f.pick(11)), 1+f.pick(27), 0, 0, 0, 0, time.UTC))
}

// fill sets v, or leaves it as it is.
func (f *filler) fill(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *document.Date:
		*x = f.date()
	case *time.Time:
		*x = time.Date(2026, 11, 1+f.pick(27), f.pick(23), f.pick(59), f.pick(59), 0, time.UTC)
	case *document.TaskKind:
		*x = []document.TaskKind{document.Sign, document.Inform, document.Errand, document.Agree}[f.pick(3)]
	case *document.Outcome:
		*x = []document.Outcome{document.Signed, document.Noted, document.Declined, document.Reported, document.Agreed}[f.pick(4)]
	case *document.PacketKind:
		*x = document.Main
	case *document.Acknow:
		*x = document.Acknow(f.pick(2))
	case *document.DocumentType:
		*x = document.DocumentType(f.pick(2))
	case *document.FolderKind:
		*x = document.FolderKind(f.pick(2))
	case *document.Contact:
		*x = document.Contact{Type: f.pick(6), Text: f.text()}
	case *document.Party:
		f.party(x)
	case *document.Validator:
		x.Attestation = f.text()
		if f.pick(2) == 0 {
			x.Number = new(document.DocNumber)
			f.fill(reflect.ValueOf(x.Number).Elem())
			return
		}
		f.party(&x.Party)
	case *document.Attachment:
		f.attachment(x)
	case *document.Signature:
		f.structure(v)
		x.CMS = []byte{0x30, 1, byte(f.pick(255))}
	case *document.Expansion:
		f.structure(v)
		x.Variables = nil
	default:
		f.plain(v)
	}
}

func (f *filler) party(p *document.Party) {
	if f.pick(1) == 0 {
		p.Organization = new(document.Organization)
		f.fill(reflect.ValueOf(p.Organization).Elem())
	} else {
		p.Person = new(document.Person)
		f.fill(reflect.ValueOf(p.Person).Elem())
	}
}

func (f *filler) attachment(a *document.Attachment) {
	f.structure(reflect.ValueOf(a).Elem())
	a.Name = f.code() + ".pdf"
	a.Inline = []byte(f.text())
	a.Size, a.SHA256 = int64(len(a.Inline)), sha256.Sum256(a.Inline)
	a.ReferenceID = ""
}

func (f *filler) structure(v reflect.Value) {
	for i := range v.NumField() {
		f.fill(v.Field(i))
	}
}

func (f *filler) plain(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		switch v.Type() {
		case reflect.TypeFor[document.ContourCode](), reflect.TypeFor[document.MsgID](), reflect.TypeFor[document.ParticipantCode]():
			v.SetString(f.code())
		default:
			v.SetString(f.text())
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(1 + f.pick(98)))
	case reflect.Bool:
		v.SetBool(f.pick(1) == 1)
	case reflect.Pointer:
		if f.pick(1) == 1 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		n := f.pick(2)
		for range n {
			e := reflect.New(v.Type().Elem()).Elem()
			f.fill(e)
			v.Set(reflect.Append(v, e))
		}
	case reflect.Struct:
		f.structure(v)
	}
}

// Changes yields, one by one, what the packet says, as a path of fields, each time with that one thing changed in p; after
// each it is as before. What follows from something else is left alone: sizes, digests and contents of files, the edition.
func Changes(p *document.Packet) iter.Seq[string] {
	return func(yield func(string) bool) {
		change(reflect.ValueOf(p).Elem(), "packet", yield)
	}
}

func change(v reflect.Value, path string, yield func(string) bool) bool {
	try := func(to any) bool {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		v.Set(reflect.ValueOf(to).Convert(v.Type()))
		ok := yield(path)
		v.Set(before)
		return ok
	}
	switch x := v.Interface().(type) {
	case document.Date:
		return try(document.Date{Year: 2031, Month: 5, Day: 6})
	case time.Time:
		return try(x.Add(time.Second))
	case document.TaskKind:
		return try(map[bool]document.TaskKind{true: document.Errand, false: document.Sign}[x == document.Sign])
	case document.Outcome:
		return try(map[bool]document.Outcome{true: document.Noted, false: document.Declined}[x == document.Declined])
	case document.PacketKind:
		return true
	case document.Acknow, document.DocumentType, document.FolderKind:
		return try((v.Int() + 1) % 3)
	case document.Contact:
		return try(document.Contact{Type: (x.Type + 1) % 7, Text: x.Text})
	}
	switch v.Kind() {
	case reflect.String:
		return try("другое " + v.String())
	case reflect.Int:
		return try(v.Int() + 1)
	case reflect.Bool:
		return try(!v.Bool())
	case reflect.Pointer:
		return v.IsNil() || change(v.Elem(), path, yield)
	case reflect.Slice:
		for i := range v.Len() {
			if v.Type().Elem().Kind() != reflect.Uint8 && !change(v.Index(i), fmt.Sprintf("%s[%d]", path, i), yield) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "Size" || name == "SHA256" || name == "Inline" || name == "Edition" {
				continue
			}
			if !change(v.Field(i), path+"."+name, yield) {
				return false
			}
		}
	}
	return true
}

// Diff says how two values differ, as cmp.Diff does with empty and absent lists being one; nothing when they are the same.
// Most are, and that is seen quickly.
func Diff(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}
