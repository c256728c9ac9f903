package openapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

func contract(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := yaml.Unmarshal(Spec(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at follows a reference: "#/components/schemas/Packet".
func at(doc map[string]any, ref string) any {
	var v any = doc
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	doc, n := contract(t), 0
	used := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				n++
				used[ref] = true
				if at(doc, ref) == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(doc)
	if n < 300 {
		t.Errorf("only %d references", n)
	}
	for name := range at(doc, "#/components/schemas").(map[string]any) {
		if !used["#/components/schemas/"+name] {
			t.Errorf("schema %s is not used", name)
		}
	}
}

func TestEveryOperationIsDescribedAndTellsItsErrors(t *testing.T) {
	doc := contract(t)
	if doc["openapi"] != "3.0.3" || len(doc["security"].([]any)) == 0 {
		t.Errorf("openapi %v, security %v", doc["openapi"], doc["security"])
	}
	ids := map[string]string{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, v := range item.(map[string]any) {
			o, ok := v.(map[string]any)
			if !ok {
				continue
			}
			name := method + " " + path
			id, _ := o["operationId"].(string)
			if id == "" || ids[id] != "" {
				t.Errorf("%s: operationId %q, also of %q", name, id, ids[id])
			}
			ids[id] = name
			responses := o["responses"].(map[string]any)
			if o["summary"] == nil || o["tags"] == nil || responses["default"] == nil || responses["401"] == nil || responses["403"] == nil {
				t.Errorf("%s: summary, tags, 401, 403 and default are told by every operation", name)
			}
			if strings.Contains(path, "{packet}") && responses["404"] == nil {
				t.Errorf("%s: does not tell 404", name)
			}
			for _, place := range strings.Split(path, "{")[1:] {
				place, _, _ = strings.Cut(place, "}")
				if !hasParameter(doc, item, o, place) {
					t.Errorf("%s: no parameter %s", name, place)
				}
			}
		}
	}
}

func hasParameter(doc map[string]any, item any, operation map[string]any, name string) bool {
	all, _ := item.(map[string]any)["parameters"].([]any)
	more, _ := operation["parameters"].([]any)
	for _, p := range append(append([]any(nil), all...), more...) {
		p := p.(map[string]any)
		if ref, ok := p["$ref"].(string); ok {
			p = at(doc, ref).(map[string]any)
		}
		if p["name"] == name && p["in"] == "path" && p["required"] == true {
			return true
		}
	}
	return false
}

// The examples are what people copy: they must be of the form.
func TestExamplesOfPacketsAreRead(t *testing.T) {
	doc, n := contract(t), 0
	var walk func(v any)
	walk = func(v any) {
		object, ok := v.(map[string]any)
		if !ok {
			if list, ok := v.([]any); ok {
				for _, inner := range list {
					walk(inner)
				}
			}
			return
		}
		schema, _ := object["schema"].(map[string]any)
		if example := object["example"]; example != nil && schema != nil {
			into := map[string]any{"Packet": &Packet{}, "Sending": &Sending{}, "Report": &Report{}, "Decision": &Decision{}, "TaskNote": &TaskNote{},
				"TaskSignature": &TaskSignature{}, "RuleQuestion": &RuleQuestion{}, "NewKey": &NewKey{}, "Rollback": &Rollback{}, "Confirmation": &Confirmation{},
				"NewSignature": &NewSignature{}}[strings.TrimPrefix(fmt.Sprint(schema["$ref"]), "#/components/schemas/")]
			if into != nil {
				n++
				text, err := json.Marshal(example)
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(text, into); err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
		}
		for _, inner := range object {
			walk(inner)
		}
	}
	walk(doc)
	if n < 10 {
		t.Errorf("only %d examples", n)
	}
}

// The words of the contract are those of the vocabulary.
func TestEnumerationsAreThoseOfTheVocabulary(t *testing.T) {
	doc := contract(t)
	var stages []any
	for _, s := range []document.Stage{document.Deliver, document.Register, document.UserNote, document.Accept, document.Forward, document.Reject, document.Block,
		document.OldFormat, document.Hold, document.Withdraw, document.Expire, document.Execute, document.Close, document.Overdue, document.Conflict, document.Flag,
		document.EditRefused, document.Redeliver, document.AnswerPacket} {
		stages = append(stages, s.String())
	}
	if diff := cmp.Diff(stages, at(doc, "#/components/schemas/Stage/enum")); diff != "" {
		t.Errorf("stages (-vocabulary +contract)\n%s", diff)
	}
	want := []any{"sign", "inform", "errand", "agree"}
	for _, k := range want {
		if !document.TaskKind(k.(string)).Known() {
			t.Errorf("unknown kind of task %q", k)
		}
	}
	if diff := cmp.Diff(want, at(doc, "#/components/schemas/TaskKind/enum")); diff != "" {
		t.Error(diff)
	}
}

// A comma in an unquoted text would make a keyword of what follows it.
func TestSchemasHaveKeywordsOfOpenAPIOnly(t *testing.T) {
	known := map[string]bool{}
	for _, word := range strings.Fields("$ref type format enum description example default pattern minLength maxLength minimum maximum minItems maxItems items properties required additionalProperties") {
		known[word] = true
	}
	doc, n := contract(t), 0
	var check func(path string, v any)
	check = func(path string, v any) {
		schema, ok := v.(map[string]any)
		if !ok {
			return
		}
		n++
		for word, inner := range schema {
			if !known[word] && !strings.HasPrefix(word, "x-go-") {
				t.Errorf("%s: %q is no keyword", path, word)
			}
			if word == "items" {
				check(path+"[]", inner)
			}
			if properties, ok := inner.(map[string]any); ok && word == "properties" {
				for name, p := range properties {
					check(path+"."+name, p)
				}
			}
		}
	}
	for name, s := range at(doc, "#/components/schemas").(map[string]any) {
		check(name, s)
	}
	var find func(path string, v any)
	find = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if s, ok := v["schema"]; ok {
				check(path, s)
			}
			for name, inner := range v {
				find(path+"/"+name, inner)
			}
		case []any:
			for i, inner := range v {
				find(fmt.Sprint(path, "/", i), inner)
			}
		}
	}
	find("paths", doc["paths"])
	find("parameters", at(doc, "#/components/parameters"))
	if n < 500 {
		t.Errorf("only %d schemas were looked at", n)
	}
}
