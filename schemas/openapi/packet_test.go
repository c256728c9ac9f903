package openapi

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// filled sets every field of a value to something, two entries a list.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 25, 10, 0, *n%60, 123, time.UTC)))
		return
	case reflect.TypeFor[document.Date]():
		v.Set(reflect.ValueOf(document.Date{Year: 2026, Month: 1 + *n%12, Day: 1 + *n%28}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("текст " + strings.Repeat("x", *n%7))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(1 + *n%2)) // a known number of every numbered type
	case reflect.Uint8:
		v.SetUint(uint64(*n % 251))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			filled(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	}
}

func TestAPacketPassesThroughJSONWithoutLoss(t *testing.T) {
	var want document.Packet
	n := 0
	filled(reflect.ValueOf(&want).Elem(), &n)
	text, err := json.Marshal(Packet(want))
	if err != nil {
		t.Fatal(err)
	}
	var got Packet
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, document.Packet(got)); diff != "" {
		t.Errorf("(-sent +read)\n%s", diff)
	}
	if n < 500 {
		t.Errorf("only %d fields were filled", n)
	}
}

func TestAnEmptyFileIsNotAnAbsentOne(t *testing.T) {
	for _, want := range []document.Attachment{{Name: "a"}, {Name: "a", Inline: []byte{}}} {
		text, err := encode(&want)
		if err != nil {
			t.Fatal(err)
		}
		var got document.Attachment
		if err := decode(text, &got); err != nil {
			t.Fatal(err)
		}
		if (got.Inline == nil) != (want.Inline == nil) {
			t.Errorf("%s: content %#v, want %#v", text, got.Inline, want.Inline)
		}
	}
}

func TestEverythingThatCannotBeReadIsToldAtOnce(t *testing.T) {
	var p Packet
	err := json.Unmarshal([]byte(`{"kind":"x","documnet":1,"to":[{"contour":5}],"document":{"sheets":"two"}}`), &p)
	var faults document.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("error %v", err)
	}
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	if got, want := strings.Join(fields, " "), "kind to[0].contour document.sheets documnet"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestAbsentFieldsMeanWhatTheContractSays(t *testing.T) {
	var p Packet
	if err := json.Unmarshal([]byte(`{}`), &p); err != nil {
		t.Fatal(err)
	}
	if p.Kind != document.Main || p.Acknow != document.AcknowAlways || p.Edition != document.Edition {
		t.Errorf("packet %+v", p)
	}
	if err := json.Unmarshal([]byte(`{"acknow":"none"}`), &p); err != nil || p.Acknow != document.AcknowNone {
		t.Errorf("acknow %v, %v", p.Acknow, err)
	}
	text, err := json.Marshal(p)
	if err != nil || !strings.Contains(string(text), `"acknow":"none"`) {
		t.Errorf("%s, %v", text, err)
	}
}

// schema is as much of a schema as the test looks at.
type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       string            `yaml:"type"`
	Properties map[string]schema `yaml:"properties"`
	Items      *schema           `yaml:"items"`
	Additional *bool             `yaml:"additionalProperties"`
}

func TestTheSchemaNamesExactlyTheFieldsOfThePacket(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]schema `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(Spec(), &doc); err != nil {
		t.Fatal(err)
	}
	resolve := func(s schema) schema {
		if s.Ref != "" {
			s = doc.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		}
		return s
	}
	seen := map[reflect.Type]bool{}
	var compare func(path string, typ reflect.Type, s schema)
	compare = func(path string, typ reflect.Type, s schema) {
		s = resolve(s)
		want := "string"
		_, is := scalarOf(typ)
		switch {
		case is:
		case typ.Kind() == reflect.Pointer:
			compare(path, typ.Elem(), s)
			return
		case typ.Kind() == reflect.Slice && typ.Elem().Kind() != reflect.Uint8:
			want = "array"
			if s.Items == nil {
				t.Errorf("%s: no items", path)
				return
			}
			compare(path+"[]", typ.Elem(), *s.Items)
		case typ.Kind() == reflect.Bool:
			want = "boolean"
		case typ.Kind() == reflect.Int || typ.Kind() == reflect.Int64:
			want = "integer"
		case typ.Kind() == reflect.Struct:
			want = "object"
			if s.Additional == nil || *s.Additional {
				t.Errorf("%s: unknown fields are refused, but not by the schema", path)
			}
			if seen[typ] {
				break
			}
			seen[typ] = true
			names := map[string]bool{}
			for _, m := range members(typ) {
				names[m.name] = true
				field, ok := s.Properties[m.name]
				if !ok {
					t.Errorf("%s.%s is not in the schema", path, m.name)
					continue
				}
				compare(path+"."+m.name, typ.FieldByIndex(m.index).Type, field)
			}
			for name := range s.Properties {
				if !names[name] {
					t.Errorf("%s.%s is only in the schema", path, name)
				}
			}
		}
		if s.Type != want {
			t.Errorf("%s: type %q, want %q", path, s.Type, want)
		}
	}
	compare("packet", reflect.TypeFor[document.Packet](), doc.Components.Schemas["Packet"])
	if len(seen) < 20 {
		t.Errorf("only %d types were compared", len(seen))
	}
}

func FuzzPacket(f *testing.F) {
	var a document.Attachment // a whole packet would be too much to mutate
	n := 0
	filled(reflect.ValueOf(&a).Elem(), &n)
	text, err := json.Marshal(Packet{Document: &document.Document{ID: "1", Files: []document.Attachment{a}}, Tasks: []document.Task{{ID: "1", SMDO: true}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"sender":"a","msg_id":"b","kind":"answer","sent":"2026-11-25T10:00:00+03:00","tasks":[{"date":"2026-11-25"}]}`))
	f.Add([]byte(`{"to":[null],"document":{"files":[{"content":""}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var first, second Packet
		if json.Unmarshal(text, &first) != nil {
			return
		}
		once, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(once, &second); err != nil {
			t.Fatalf("%v in %s", err, once)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}
