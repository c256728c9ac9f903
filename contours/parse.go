package contours

import (
	"encoding/json"
	"fmt"

	"github.com/smdo-hub/smdo-hub/contours/journal"
	"github.com/smdo-hub/smdo-hub/schemas/document"
)

// Parse reads a contours file: the YAML form, then the published schema, then what only the whole file can
// show. Problems of one of these stages are told all at once, each with its place; where there are any, the
// config is nil and nothing may be applied.
func Parse(file []byte) (*Config, Problems) {
	var c Config
	root, problems := read(file, "", &c)
	if problems != nil {
		return nil, problems
	}
	c.setDefaults()
	if problems := check(&c, root); problems != nil {
		return nil, problems
	}
	return &c, nil
}

// read fills value from a file that suits the schema's fragment.
func read(file []byte, fragment string, value any) (*node, Problems) {
	root, problems := readYAML(file)
	if len(problems) > 0 {
		problems.sort()
		return nil, problems
	}
	form, err := newForm(fragment)
	if err != nil {
		return nil, Problems{{1, 1, "", FieldForm, []string{"", err.Error()}}}
	}
	if problems := form.check(root); len(problems) > 0 {
		problems.sort()
		return nil, problems
	}
	if problems := units(root, ""); len(problems) > 0 {
		problems.sort()
		return nil, problems
	}
	if err := decode(root, value); err != nil {
		return nil, Problems{{1, 1, "", FileSyntax, []string{clip(err.Error())}}}
	}
	return root, nil
}

// decode carries the tree into Go values.
func decode(root *node, value any) error {
	text, err := json.Marshal(root.value)
	if err != nil {
		return fmt.Errorf("write as JSON: %w", err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("read as JSON: %w", err)
	}
	return nil
}

// units looks for dates, lengths of time and sizes that have the right form and do not exist: the 31st of
// February, 9999 days.
func units(n *node, path string) Problems {
	var found Problems
	for key, child := range n.fields {
		if err := unit(key, child.value); err != nil {
			found = append(found, Problem{child.line, child.column, join(path, key), FieldForm, []string{clip(fmt.Sprint(child.value)), err.Error()}})
		}
		found = append(found, units(child, join(path, key))...)
	}
	for i, child := range n.items {
		found = append(found, units(child, index(path, i))...)
	}
	return found
}

func (c *Config) setDefaults() {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set((*string)(&c.Approval), string(ApprovalNone))
	set((*string)(&c.Answers), string(AnswersAllowed))
	for i := range c.Organisations {
		set((*string)(&c.Organisations[i].State), string(Active))
	}
	for i := range c.Contours {
		c.Contours[i].setDefaults()
	}
	for i := range c.Trust {
		p := &c.Trust[i]
		set((*string)(&p.ID), string(p.From)+">"+string(p.To))
		if p.Tasks == nil {
			p.Tasks = []document.TaskKind{document.Sign, document.Inform}
		}
		set((*string)(&p.Signatures.Emulator), string(RefuseEmulator))
		set((*string)(&p.Signatures.Undeterminable), string(HoldUndeterminable))
		if p.Signatures.HoldFor == 0 {
			p.Signatures.HoldFor = Duration(DefaultTTL)
		}
	}
}

func (c *Contour) setDefaults() {
	if c.TimeZone == "" {
		c.TimeZone = "Europe/Minsk"
	}
	if c.TTL == 0 {
		c.TTL = Duration(DefaultTTL)
	}
	for i := range c.Journals {
		j := &c.Journals[i]
		if j.Template == "" {
			j.Template = journal.Standard
		}
		if j.Register == "" {
			j.Register = Auto
			if j.Kind == document.JournalIncoming {
				j.Register = Clerk
			}
		}
	}
	for i := range c.Participants {
		if c.Participants[i].Rights == nil {
			c.Participants[i].Rights = []Right{MayExecute}
		}
	}
}
