package contours

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Change is one difference between two contours files, by meaning: the order of entries, comments and
// defaults written out are no difference.
type Change struct {
	What What
	ID   string // code or rule id; "contour/code" for journals and participants
	How  How
	// Field, Old and New tell what changed inside; empty when the whole was added or removed. They may hold
	// a participant's name, so they are for the operators' screen and never for logs (D17).
	Field    string // "signatures.emulator"
	Old, New string
}

// What says what a change is about.
type What string

// What the file describes.
const (
	SettingChange      What = "setting"
	OrganisationChange What = "organisation"
	ContourChange      What = "contour"
	JournalChange      What = "journal"
	ParticipantChange  What = "participant"
	PairChange         What = "pair"
	PolicyChange       What = "policy"
	CaseChange         What = "case"
)

// How says what became of it.
type How string

// The ways of change.
const (
	Added   How = "added"
	Removed How = "removed"
	Changed How = "changed"
)

// Diff returns what is different in the new file, in the order of the file's sections and by code.
// Old may be nil: then everything is added.
func Diff(old, new *Config) []Change {
	before, after := things(old), things(new)
	var changes []Change
	for _, what := range []What{SettingChange, OrganisationChange, ContourChange, JournalChange, ParticipantChange, PairChange, PolicyChange, CaseChange} {
		all := maps.Clone(before[what])
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, after[what])
		for _, id := range sortedKeys(all) {
			changes = append(changes, compare(what, id, before[what], after[what])...)
		}
	}
	return changes
}

func compare(what What, id string, before, after map[string]any) []Change {
	old, was := before[id]
	new, is := after[id]
	if !was {
		return []Change{{What: what, ID: id, How: Added}}
	}
	if !is {
		return []Change{{What: what, ID: id, How: Removed}}
	}
	from, to := map[string]string{}, map[string]string{}
	flatten("", old, from)
	flatten("", new, to)
	all := maps.Clone(from)
	maps.Copy(all, to)
	var changes []Change
	for _, field := range sortedKeys(all) {
		if from[field] != to[field] {
			changes = append(changes, Change{what, id, Changed, field, from[field], to[field]})
		}
	}
	return changes
}

// things takes a file apart into what it describes, each by its identity. Parts that have an identity of
// their own are left out of the whole.
func things(c *Config) map[What]map[string]any {
	t := map[What]map[string]any{}
	if c == nil {
		return t
	}
	put := func(what What, id string, value any) {
		if t[what] == nil {
			t[what] = map[string]any{}
		}
		t[what][id] = value
	}
	put(SettingChange, "approval", c.Approval)
	put(SettingChange, "answers", c.Answers)
	put(SettingChange, "kinds", slices.Sorted(slices.Values(c.Kinds)))
	for _, o := range c.Organisations {
		put(OrganisationChange, string(o.Code), o)
	}
	for _, k := range c.Contours {
		for _, j := range k.Journals {
			put(JournalChange, string(k.Code)+"/"+string(j.Code), j)
		}
		for _, p := range k.Participants {
			p.Rights = slices.Sorted(slices.Values(p.Rights))
			put(ParticipantChange, string(k.Code)+"/"+string(p.Code), p)
		}
		k.Journals, k.Participants, k.Reports = nil, nil, slices.Sorted(slices.Values(k.Reports))
		put(ContourChange, string(k.Code), k)
	}
	for _, p := range c.Trust {
		p.Kinds, p.Tasks = slices.Sorted(slices.Values(p.Kinds)), slices.Sorted(slices.Values(p.Tasks))
		p.Executors, p.Requisites = slices.Sorted(slices.Values(p.Executors)), slices.Sorted(slices.Values(p.Requisites))
		put(PairChange, string(p.ID), p)
	}
	for _, p := range c.Policies {
		put(PolicyChange, p.ID, p)
	}
	for _, k := range c.Cases {
		put(CaseChange, k.Name, k)
	}
	return t
}

// flatten writes the value as fields of text.
func flatten(path string, value any, into map[string]string) {
	text, err := json.Marshal(value)
	if err != nil {
		into[path] = err.Error() // cannot happen: the value came out of JSON
		return
	}
	var tree any
	if json.Unmarshal(text, &tree) == nil {
		flattenTree(path, tree, into)
	}
}

func flattenTree(path string, tree any, into map[string]string) {
	switch t := tree.(type) {
	case map[string]any:
		for key, v := range t {
			flattenTree(join(path, key), v, into)
		}
	case []any:
		parts := make([]string, len(t))
		for i, v := range t {
			part := map[string]string{}
			flattenTree("", v, part)
			for _, key := range sortedKeys(part) {
				parts[i] += strings.TrimLeft(" "+key+part[key], " ")
			}
		}
		into[path] = strings.Join(parts, ", ")
	case nil:
		into[path] = ""
	default:
		into[path] = fmt.Sprint(t)
	}
}

// Text is the change in words.
func (c Change) Text(l document.Lang) string {
	nouns := map[What][2]string{
		SettingChange: {"настройка", "setting"}, OrganisationChange: {"организация", "organisation"},
		ContourChange: {"контур", "contour"}, JournalChange: {"журнал", "journal"},
		ParticipantChange: {"участник", "participant"}, PairChange: {"правило доверия", "trust rule"},
		PolicyChange: {"политика", "policy"}, CaseChange: {"проверочный случай", "case"},
	}
	what := l.Pick(nouns[c.What][0], nouns[c.What][1])
	switch c.How {
	case Added:
		return fill(l.Pick("+ {0} «{1}»", "+ {0} \"{1}\""), what, c.ID)
	case Removed:
		return fill(l.Pick("− {0} «{1}»", "− {0} \"{1}\""), what, c.ID)
	}
	field := c.Field
	if field != "" {
		field = " " + field
	}
	return fill(l.Pick("~ {0} «{1}»{2}: {3} → {4}", "~ {0} \"{1}\"{2}: {3} → {4}"), what, c.ID, field, orNothing(c.Old), orNothing(c.New))
}

func orNothing(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
